package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
)

// doOpen opens the session of a host with a group: open 4 g. A site that runs
// there later goes on with it, and asks again: open 4 g again. And another host can
// take it from one that runs: open 5 g as 4.
func (s *Story) doOpen(args []string) error {
	if err := want(args, 2, "open 4 g [again | as 3]"); err != nil {
		return err
	}
	x, err := s.running(args[0])
	if err != nil {
		return err
	}
	if len(args) == 4 {
		from, err := s.client(args[3])
		if err != nil {
			return err
		}
		x.host.client = &client{h: x.host, group: from.group, session: from.session, asks: slices.Clone(from.asks), next: from.next}
		x.host.client.speak()
		return nil
	}
	if len(args) > 2 {
		if x.host.client == nil {
			return fmt.Errorf("host %s has had no session", args[0])
		}
		x.host.client.ended = false
		x.host.client.speak()
		return nil
	}
	g := x.core.Lookup(args[1])
	if g == nil {
		return fmt.Errorf("site %s knows no group %q", label(x.id), args[1])
	}
	x.host.client = newClient(x.host, g.Group)
	return nil
}

// doAsk asks within a session, for one answer or all: ask 4 q, ask 4 all q.
func (s *Story) doAsk(args []string) error {
	if err := want(args, 2, "ask 4 [all] q"); err != nil {
		return err
	}
	c, err := s.client(args[0])
	if err != nil {
		return err
	}
	if args[1] == "all" {
		c.ask([]byte(args[2]), call.All)
	} else {
		c.ask([]byte(args[1]), 1)
	}
	return nil
}

// doClose closes a session: close 4.
func (s *Story) doClose(args []string) error {
	if err := want(args, 1, "close 4"); err != nil {
		return err
	}
	c, err := s.client(args[0])
	if err == nil {
		c.close()
	}
	return err
}

func (s *Story) client(word string) (*client, error) {
	x, err := s.running(word)
	if err != nil {
		return nil, err
	}
	if x.host.client == nil || x.host.client.site != x {
		return nil, fmt.Errorf("site %s has no session: open one", word)
	}
	return x.host.client, nil
}

// doReplace joins in the place of the member at another host: replace 4 g 1.
func (s *Story) doReplace(args []string) error {
	if err := want(args, 3, "replace 4 g 1"); err != nil {
		return err
	}
	x, err := s.running(args[0])
	if err != nil {
		return err
	}
	old, _, err := s.member([]string{args[2], args[1]}, "replace 4 g 1")
	if err == nil {
		s.w.replaceMember(x.programs[0], args[1], old.proc)
	}
	return err
}

// served tells what a client got.
func (s *Story) served(c *client, i core.Item) {
	t, who := &s.tale, label(c.site.id)
	switch i := i.(type) {
	case core.SessionOpened:
		if i.Proc == c.proc {
			t.note(who, fmt.Sprintf("has session %d after request %d", i.Session, i.Last))
		}
	case core.SessionEnded:
		if i.Proc == c.proc {
			t.note(who, fmt.Sprintf("has session %d no more", i.Session))
		}
	case core.Called:
		if i.Proc == c.proc && i.Event.Outcome == call.Replied {
			t.note(who, strings.TrimSpace(fmt.Sprintf("hears %s of %s", i.Event.Body, label(i.Event.Member.Site()))))
		}
	}
}
