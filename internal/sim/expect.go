package sim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// doExpect demands something of the present:
//
//	expect site 1,2,4 [at 1,2]       the site view, oldest first
//	expect view g 1,2,4 [at 1,2]     the group view, as programs have seen it
//	expect ready g 1,2               those that the log calls ready, at all sites
//	expect handled 2 g a b c         what 2's program has handled since it joined
//	expect alike g                   its members hold the same state
//	expect running|stalled|stopped 3
//	expect call 3 1 2:reply done     the outcomes of 3's first call
//	expect count takeover 1          how often a fact was told
//	expect drained                   no sender waits for credit
//	expect undrained                 some sender does
//	expect why 3 has to come first   its site says so of something that waits, or was removed
func (s *Story) doExpect(args []string) error {
	if len(args) == 1 && args[0] == "drained" {
		return same("credit", s.w.drained(), "")
	}
	if len(args) == 1 && args[0] == "undrained" {
		if s.w.drained() == "" {
			return errors.New("no sender waits for credit")
		}
		return nil
	}
	if err := want(args, 2, "expect what …"); err != nil {
		return err
	}
	what, rest := args[0], args[1:]
	switch what {
	case "site":
		return s.expectSite(rest)
	case "view":
		return s.expectView(rest)
	case "ready":
		return s.expectReady(rest)
	case "handled":
		return s.expectHandled(rest)
	case "alike":
		if problem := s.w.compare(); problem != "" {
			return errors.New(problem)
		}
		return nil
	case "running", "stalled", "stopped":
		return s.expectState(what, rest)
	case "call":
		key := strings.Join(rest[:min(2, len(rest))], " ")
		return same("call "+key, strings.Join(s.tale.calls[key], " "), strings.Join(rest[min(2, len(rest)):], " "))
	case "why":
		return s.expectWhy(rest)
	case "count":
		if err := want(rest, 2, "expect count takeover 1"); err != nil {
			return err
		}
		return same(rest[0]+" facts", strconv.Itoa(s.tale.facts[rest[0]]), rest[1])
	}
	return fmt.Errorf("cannot expect %q", what)
}

func same(what, got, want string) error {
	if got != want {
		return fmt.Errorf("%s: %s, expected %s", what, got, want)
	}
	return nil
}

// at reads "at 1,2", or else takes the hosts of the list.
func (s *Story) at(args []string, otherwise string) ([]*host, error) {
	if len(args) == 2 && args[0] == "at" {
		return s.hosts(args[1])
	}
	return s.hosts(otherwise)
}

func (s *Story) expectSite(args []string) error {
	where, err := s.at(args[1:], args[0])
	for _, h := range where {
		var got []string
		if v := h.site.core.View(); v != nil {
			for _, m := range v.Members {
				got = append(got, strings.TrimRight(label(m.Site), "'"))
			}
		}
		err = errors.Join(err, same(fmt.Sprintf("site view at %d", h.index+1), strings.Join(got, ","), args[0]))
	}
	return err
}

func (s *Story) expectView(args []string) error {
	if err := want(args, 2, "expect view g 1,2"); err != nil {
		return err
	}
	where := args[1]
	if len(args) == 4 && args[2] == "at" {
		where = args[3]
	}
	list, err := s.programs(where)
	for _, p := range list {
		var got []string
		if m := p.named(args[0]); m != nil && m.view.View != nil {
			for _, gm := range m.view.View.Members {
				got = append(got, strings.ReplaceAll(labelled(gm.Proc), "'", ""))
			}
		}
		err = errors.Join(err, same(fmt.Sprintf("view of %s at %s", args[0], p.name()), strings.Join(got, ","), args[1]))
	}
	return err
}

func (s *Story) expectHandled(args []string) error {
	if err := want(args, 2, "expect handled 2 g a b"); err != nil {
		return err
	}
	list, err := s.programs(args[0])
	for _, p := range list {
		key := labelled(p.proc) + " " + args[1]
		err = errors.Join(err, same("handled at "+key, strings.Join(s.tale.all[key], " "), strings.Join(args[2:], " ")))
	}
	return err
}

func (s *Story) expectState(what string, args []string) error {
	where, err := s.hosts(args[0])
	for _, h := range where {
		is := "running"
		switch {
		case !h.site.running():
			is = "stopped"
		case h.site.core.Stalled():
			is = "stalled"
		}
		err = errors.Join(err, same(fmt.Sprintf("site %d", h.index+1), is, what))
	}
	return err
}

// expectReady compares whom the log calls ready in a group, as all sites have it.
func (s *Story) expectReady(args []string) error {
	if err := want(args, 2, "expect ready g 1,2"); err != nil {
		return err
	}
	for _, h := range s.w.hosts {
		if !h.site.running() {
			continue
		}
		got := "nobody"
		if g := h.site.core.Lookup(args[0]); g != nil {
			got = strings.ReplaceAll(list(g.ReadyProcs()), " ", ",")
		}
		if err := same("ready in "+args[0]+" at "+label(h.site.id), got, args[1]); err != nil {
			return err
		}
	}
	return nil
}
