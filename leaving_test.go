package cohort_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

// Who holds the state and leaves, leaves it to who has joined.
func TestTheStateStaysWithWhoHasJoined(t *testing.T) {
	leave := func(s *system, g *cohort.Group) error { return g.Leave(s.ctx) }
	leaveSystem := func(s *system, _ *cohort.Group) error { return s.nodes[0].Leave(s.ctx) }
	for what, c := range map[string]struct {
		replaces bool
		leave    func(*system, *cohort.Group) error
	}{
		"the group is left":                      {leave: leave},
		"the system is left":                     {leave: leaveSystem},
		"the system is left by who was replaced": {replaces: true, leave: leaveSystem},
	} {
		t.Run(what, func(t *testing.T) {
			s := newSystem(t, 3)
			g, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: &pieces{list: [][]byte{[]byte("state")}}})
			if err != nil {
				t.Fatal(err)
			}
			views, mine := make(chan cohort.View, 100), &pieces{}
			cfg := cohort.GroupConfig{State: mine, OnView: func(v cohort.View) { views <- v }}
			if c.replaces {
				cfg.Replaces = s.nodes[0].Address()
			}
			h, err := s.nodes[1].Join(s.ctx, "g", cfg)
			if err != nil || string(mine.read) != "state" {
				t.Fatalf("it joins with %q, %v", mine.read, err)
			}
			if err := c.leave(s, g); err != nil {
				t.Fatal(err)
			}
			for alone := false; !alone; {
				select {
				case v := <-views:
					alone = len(v.Members) == 1
				case <-h.Done():
					t.Fatal(h.Err())
				case <-s.ctx.Done():
					t.Fatal("it never is alone")
				}
			}
		})
	}
}

// Who joins with a State is not given nothing for it by a member without.
func TestNoStateIsGivenForOne(t *testing.T) {
	s := newSystem(t, 3)
	if _, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: &pieces{list: [][]byte{[]byte("state")}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{}); err != nil {
		t.Fatal(err)
	}
	third := &pieces{}
	if _, err := s.nodes[2].Join(s.ctx, "g", cohort.GroupConfig{State: third}); err == nil && string(third.read) != "state" {
		t.Errorf("it joins with %q", third.read)
	}
}

// silent is a State that captures nothing.
type silent struct{ pieces }

func (silent) Snapshot() (func(io.Writer) error, error) { return nil, nil }

// Whose State captures nothing tells who was to have it.
func TestNothingIsCaptured(t *testing.T) {
	s := newSystem(t, 2)
	if _, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: &silent{}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: &pieces{}}); err == nil || !strings.Contains(err.Error(), "Snapshot returned nothing") {
		t.Errorf("Join ends with %v", err)
	}
}

// caster is a member or a client.
type caster interface {
	Cast(context.Context, cohort.Order, cohort.Entry, any, ...cohort.Option) error
}

// What a node has cast by any way is delivered when Leave has returned nil.
func TestLeaveLosesNothing(t *testing.T) {
	const casts = 300
	member := func(s *system, n *cohort.Node) *cohort.Group {
		g, err := n.Join(s.ctx, "g", cohort.GroupConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Cast(s.ctx, cohort.Barrier, mute, nil); err != nil { // the rest waits for the next view
			t.Fatal(err)
		}
		return g
	}
	for what, c := range map[string]struct {
		cast func(*system, cohort.Address) caster
		then func(*system, caster) error
	}{
		"a member": {cast: func(s *system, _ cohort.Address) caster { return member(s, s.nodes[2]) }},
		"a client": {cast: func(s *system, group cohort.Address) caster { return s.nodes[2].Client(group) }},
		"a session": {cast: func(s *system, group cohort.Address) caster {
			c, err := s.nodes[2].Client(group).Session(s.ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			return c
		}},
		"a member that gave up to leave": {
			cast: func(s *system, _ cohort.Address) caster { return member(s, s.nodes[2]) },
			then: func(s *system, c caster) error {
				ctx, cancel := context.WithCancel(s.ctx)
				cancel()
				if err := c.(*cohort.Group).Leave(ctx); !errors.Is(err, context.Canceled) {
					return err
				}
				return nil
			},
		},
		"a process that was closed": {
			cast: func(s *system, _ cohort.Address) caster {
				p, err := s.nodes[2].Process()
				if err != nil {
					t.Fatal(err)
				}
				s.nodes = append(s.nodes, p)
				return member(s, p)
			},
			then: func(s *system, _ caster) error { return s.nodes[3].Close() },
		},
	} {
		t.Run(what, func(t *testing.T) {
			s := newSystem(t, 3)
			handled := make(chan struct{}, 2*casts)
			group := s.handling(handled)
			by := c.cast(s, group)
			for range casts {
				if err := by.Cast(s.ctx, cohort.Total, note, cohort.Message{}); err != nil {
					t.Fatal(err)
				}
			}
			if c.then != nil {
				if err := c.then(s, by); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.nodes[2].Leave(s.ctx); err != nil {
				t.Fatal(err)
			}
			s.awaitHandled(handled, 2*casts)
		})
	}
}

// awaitHandled waits for so many deliveries.
func (s *system) awaitHandled(handled chan struct{}, want int) {
	s.t.Helper()
	for n := range want {
		select {
		case <-handled:
		case <-s.ctx.Done():
			s.t.Fatalf("Leave returned nil, and of %d deliveries %d are made", want, n)
		}
	}
}

// handling has the first two nodes join a group, and tell of each note.
func (s *system) handling(handled chan struct{}) (group cohort.Address) {
	s.t.Helper()
	for _, n := range s.nodes[:2] {
		g, err := n.Join(s.ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{note: func(*cohort.Request) { handled <- struct{}{} }}})
		if err != nil {
			s.t.Fatal(err)
		}
		group = g.Address()
	}
	return group
}

// begun waits until a leaving of g is under way.
func begun(t *testing.T, s *system, g *cohort.Group) {
	t.Helper()
	for !errors.Is(g.Cast(s.ctx, cohort.FIFO, mute, nil), cohort.ErrLeft) {
		if s.ctx.Err() != nil {
			t.Fatal("nobody leaves")
		}
		runtime.Gosched()
	}
}

// Who is cut off while it leaves is not told that nothing is lost.
func TestLeavingIsCutOff(t *testing.T) {
	for what, leave := range map[string]func(*system, *cohort.Group) error{
		"the group":  func(s *system, g *cohort.Group) error { return g.Leave(s.ctx) },
		"the system": func(s *system, _ *cohort.Group) error { return s.nodes[1].Leave(s.ctx) },
	} {
		t.Run(what, func(t *testing.T) {
			s := newSystem(t, 3)
			donor := &stuck{done: make(chan struct{})}
			defer close(donor.done)
			g, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: donor})
			if err != nil {
				t.Fatal(err)
			}
			joiner := &stuck{begun: make(chan struct{}), read: make(chan error, 1)}
			go func() { _, _ = s.nodes[2].Join(s.ctx, "g", cohort.GroupConfig{State: joiner}) }()
			<-joiner.begun // and the donor stays until it has all
			left := make(chan error, 1)
			go func() { left <- leave(s, g) }()
			begun(t, s, g)
			if err := s.nodes[1].EndIncarnation(); err != nil {
				t.Fatal(err)
			}
			if err := <-left; !errors.Is(err, cohort.ErrUnknown) {
				t.Errorf("the leaving ends with %v", err)
			}
		})
	}
}

// A node leaves its groups at once: a handler that blocks keeps it in its own alone.
func TestOneGroupKeepsNoOther(t *testing.T) {
	s := newSystem(t, 2)
	block, entered := make(chan struct{}), make(chan struct{})
	first, err := s.nodes[1].Join(s.ctx, "first", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
		note: func(*cohort.Request) { close(entered); <-block },
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer close(block)
	views := make(chan cohort.View, 100)
	if _, err := s.nodes[0].Join(s.ctx, "second", cohort.GroupConfig{OnView: func(v cohort.View) { views <- v }}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.nodes[1].Join(s.ctx, "second", cohort.GroupConfig{}); err != nil {
		t.Fatal(err)
	}
	await(t, views, "both are in", func(v cohort.View) bool { return len(v.Members) == 2 })
	if err := first.Cast(s.ctx, cohort.FIFO, note, nil); err != nil {
		t.Fatal(err)
	}
	<-entered
	ctx, cancel := context.WithCancel(s.ctx)
	left := make(chan error, 1)
	go func() { left <- s.nodes[1].Leave(ctx) }()
	await(t, views, "the second group is left", func(v cohort.View) bool { return len(v.Members) == 1 })
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the leaving ends with %v", err)
	}
}

// slowly is a state whose Restore goes on when it may.
type slowly struct {
	pieces
	begun, goOn chan struct{}
}

func (s *slowly) Restore(r io.Reader) error {
	close(s.begun)
	<-s.goOn
	return s.pieces.Restore(r)
}

// Who gave up joining can join again: it waits for what still runs of the first try.
func TestJoinAfterOneThatWasGivenUp(t *testing.T) {
	s := newSystem(t, 2)
	if _, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: &pieces{list: [][]byte{[]byte("state")}}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	first := &slowly{begun: make(chan struct{}), goOn: make(chan struct{})}
	joined := make(chan error, 1)
	go func() {
		_, err := s.nodes[1].Join(ctx, "g", cohort.GroupConfig{State: first})
		joined <- err
	}()
	<-first.begun
	cancel()
	if err := <-joined; !errors.Is(err, context.Canceled) {
		t.Fatalf("the first ends with %v", err)
	}
	if _, err := s.nodes[1].Join(ctx, "g", cohort.GroupConfig{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the second, whose context has ended, ends with %v", err)
	}
	second := &pieces{}
	go func() {
		_, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: second})
		joined <- err
	}()
	close(first.goOn)
	if err := <-joined; err != nil || string(second.read) != "state" {
		t.Errorf("the third ends with %v and %q", err, second.read)
	}
}

// Who is a member but for its own OnView is one, whatever its context says: others may
// have left the state to it.
func TestJoinWaitsForItsOnView(t *testing.T) {
	s := newSystem(t, 2)
	g, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: &pieces{list: [][]byte{[]byte("state")}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	seen, goOn := make(chan struct{}), make(chan struct{})
	joined := make(chan error, 1)
	go func() {
		var once sync.Once
		_, err := s.nodes[1].Join(ctx, "g", cohort.GroupConfig{State: &pieces{}, OnView: func(cohort.View) {
			once.Do(func() { close(seen); <-goOn })
		}})
		joined <- err
	}()
	<-seen
	if err := g.Leave(s.ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-joined:
		t.Errorf("Join does not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(goOn)
	if err := <-joined; err != nil {
		t.Errorf("Join ends with %v", err)
	}
	if v, err := s.nodes[0].Lookup(s.ctx, "g"); err != nil || len(v.Members) != 1 {
		t.Errorf("the group is %v, %v", v, err)
	}
}
