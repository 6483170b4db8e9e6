package cohort_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/cohortkit/cohort"
)

// exiting is a state whose functions end their goroutine in place of returning.
type exiting struct {
	pieces
	snapshot, write, restore bool
}

func exitIf(exits bool) {
	if exits {
		runtime.Goexit()
	}
}

func (x *exiting) Snapshot() (func(io.Writer) error, error) {
	exitIf(x.snapshot)
	write, err := x.pieces.Snapshot()
	return func(w io.Writer) error {
		exitIf(x.write)
		return write(w)
	}, err
}

func (x *exiting) Restore(r io.Reader) error {
	exitIf(x.restore)
	return x.pieces.Restore(r)
}

// ends waits for the end of a membership, and looks whether the state may be seen after it.
func (s *system) ends(g *cohort.Group) {
	s.t.Helper()
	select {
	case <-g.Done():
	case <-s.ctx.Done():
		s.t.Fatal("its membership never ends")
	}
	if err := g.Err(); !errors.Is(err, cohort.ErrLeft) || !strings.Contains(err.Error(), "Goexit") {
		s.t.Errorf("its membership ended with %v", err)
	}
	g.Peek(func() {})
}

// A member whose handler or OnView ends its goroutine is one no more: nobody waits for it.
func TestAHandlerThatExits(t *testing.T) {
	for _, view := range []bool{false, true} {
		s := newSystem(t, 2)
		views := make(chan cohort.View, 100)
		echoes := map[cohort.Entry]cohort.Handler{echo: func(r *cohort.Request) { _ = r.Reply(r.Message()) }}
		a, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{Handlers: echoes, OnView: func(v cohort.View) { views <- v }})
		if err != nil {
			t.Fatal(err)
		}
		cfg := cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{echo: func(*cohort.Request) { exitIf(!view) }}}
		seen := 0
		cfg.OnView = func(cohort.View) { seen++; exitIf(view && seen == 2) }
		b, err := s.nodes[1].Join(s.ctx, "g", cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Cast(s.ctx, cohort.Barrier, mute, nil); err != nil {
			t.Fatal(err)
		}
		if replies, err := a.Call(s.ctx, cohort.Total, echo, cohort.Message{}, cohort.All); err != nil || len(replies) != 1 {
			t.Errorf("%d replies, %v", len(replies), err)
		}
		s.ends(b)
		await(t, views, "of two", func(v cohort.View) bool { return len(v.Members) == 2 })
		await(t, views, "without it", func(v cohort.View) bool { return len(v.Members) == 1 })
		if _, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{Handlers: echoes}); err != nil {
			t.Errorf("it cannot join again: %v", err)
		}
	}
}

// Nor does anybody wait for a state that is not handed over, or not taken.
func TestAStateThatExits(t *testing.T) {
	for what, c := range map[string]struct{ donor, joiner exiting }{
		"Snapshot": {donor: exiting{snapshot: true}},
		"write":    {donor: exiting{write: true}},
		"Restore":  {joiner: exiting{restore: true}},
	} {
		t.Run(what, func(t *testing.T) {
			s := newSystem(t, 2)
			c.donor.list = [][]byte{[]byte("state")}
			g, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: &c.donor})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: &c.joiner})
			if what == "Snapshot" {
				s.ends(g)
			} else if err != nil && !strings.Contains(err.Error(), "Goexit") {
				t.Errorf("Join ended with %v", err)
			}
			if err == nil || s.ctx.Err() != nil {
				t.Errorf("Join ended with %v", err)
			}
		})
	}
}

// Who asks a process whose handler ends its goroutine is told that nobody answers.
func TestAHandlerOfAProcessThatExits(t *testing.T) {
	s := newSystem(t, 2)
	if err := s.nodes[1].Receive(map[cohort.Entry]cohort.Handler{echo: func(*cohort.Request) { runtime.Goexit() }}); err != nil {
		t.Fatal(err)
	}
	c := s.nodes[0].Client(s.nodes[1].Address())
	for range 3 {
		if _, err := c.Call(s.ctx, cohort.FIFO, echo, cohort.Message{}, 1); !errors.Is(err, cohort.ErrNobody) {
			t.Errorf("Call ended with %v", err)
		}
	}
}
