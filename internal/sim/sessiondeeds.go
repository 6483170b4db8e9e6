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
		if err == nil {
			err = from.known(args[3])
		}
		if err != nil {
			return err
		}
		takeClient(x.host, from)
		return nil
	}
	if len(args) > 2 {
		if x.host.client == nil {
			return fmt.Errorf("host %s has had no session", args[0])
		}
		if err := x.host.client.known(args[0]); err != nil {
			return err
		}
		x.host.client.ended = false
		x.host.client.speak()
		return nil
	}
	g := x.core.Lookup(args[1])
	if g == nil {
		return fmt.Errorf("site %s knows no group %q", label(x.id), args[1])
	}
	x.host.client = newClient(x.host, g)
	return nil
}

// doAsk asks within a session, for one answer, so many or all; for none it is a
// cast: ask 4 q, ask 4 2 q, ask 4 all q, ask 4 0 q.
func (s *Story) doAsk(args []string) error {
	if err := want(args, 2, "ask 4 [2 | all | 0] q"); err != nil {
		return err
	}
	c, err := s.client(args[0])
	if err != nil {
		return err
	}
	wanted := 1
	if len(args) > 2 {
		if wanted, err = wantedIn(args[1]); err != nil {
			return err
		}
	}
	b, err := payload(args[len(args)-1])
	if err == nil {
		c.ask(b, wanted)
	}
	return err
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

// known says if there is no session yet that anybody could go on with.
func (c *client) known(word string) error {
	if c.session == 0 {
		return fmt.Errorf("host %s does not know its session yet", word)
	}
	return nil
}

// doReplace joins in the place of a member: replace 4 g 1 [conservatively]. Of one that runs, or
// of just that incarnation: replace 4 g 1#1.
func (s *Story) doReplace(args []string) error {
	if err := want(args, 3, "replace 4 g 1"); err != nil {
		return err
	}
	p, err := s.program(args[0])
	if err != nil {
		return err
	}
	if p.named(args[1]) != nil {
		return fmt.Errorf("site %s is in %s already", args[0], args[1])
	}
	old, ok := exact(args[2])
	if !ok {
		q, _, err := s.member([]string{args[2], args[1]}, "replace 4 g 1")
		if err != nil {
			return err
		}
		old = q.proc
	}
	s.w.replaceMember(p, args[1], old, slices.Contains(args, "conservatively"))
	return nil
}

// served tells what a client got.
func (s *Story) served(c *client, i core.Item) {
	if s.silent {
		return
	}
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
			t.note(who, strings.TrimSpace(fmt.Sprintf("hears %s of %s", i.Event.Body, labelled(i.Event.Member))))
		}
	}
}
