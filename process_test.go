package cohort_test

import (
	"errors"
	"testing"

	"github.com/cohortkit/cohort"
)

// Two processes of one node are two members of one group: one feeds the other
// its state, both are delivered everything, and both come back with the node.
func TestTwoProcessesOfANodeInOneGroup(t *testing.T) {
	s := newSystem(t, 2)
	first := s.nodes[0]
	second, err := first.Process()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := first.Address(), second.Address(); a == b || a == 0 || b == 0 {
		t.Fatalf("addresses %v and %v", a, b)
	}
	all := []*cohort.Node{first, second, s.nodes[1]}
	var groups []*cohort.Group
	for k, node := range all {
		c := newCounter()
		close(c.gate)
		g, err := node.Join(s.ctx, "count", cohort.GroupConfig{Handlers: c.handlers(), State: cohort.JSON(c)})
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g)
		if r := g.View().Rank(node.Address()); r != k {
			t.Errorf("process %v has rank %d, want %d", node.Address(), r, k)
		}
		for got := 0; got != k+1; { // who has just joined answers from the next view on
			replies, err := g.Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range replies {
				if r.Int("n") != replies[0].Int("n") {
					t.Fatalf("%v has counted to %d, %v to %d", r.From, r.Int("n"), replies[0].From, replies[0].Int("n"))
				}
			}
			got = len(replies)
		}
	}
	if _, err := second.Join(s.ctx, "count", cohort.GroupConfig{}); !errors.Is(err, cohort.ErrJoined) {
		t.Errorf("a process joins twice: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if _, err := second.Join(s.ctx, "other", cohort.GroupConfig{}); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("a process that has ended joins: %v", err)
	}
	if err := groups[1].Err(); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("the membership of a process that has ended: %v", err)
	}
	for {
		replies, err := groups[2].Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
		if err != nil {
			t.Fatal(err)
		}
		if len(replies) == 2 {
			return
		}
	}
}

// The processes of a node that was cut off come back with it.
func TestProcessesComeBackWithTheirNode(t *testing.T) {
	s := newSystem(t, 3)
	log := newDiary()
	watcher := s.join(s.nodes[0], log)
	node := s.nodes[2]
	other, err := node.Process()
	if err != nil {
		t.Fatal(err)
	}
	s.join(node, newDiary())
	s.join(other, newDiary())
	log.await(t, "three members", is("view of 3, 0 left"))
	log.add("cut")
	if err := node.EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	log.await(t, "the loss of both", is("view of 1, 2 left"))
	for len(watcher.View().Members) != 3 { // each view takes a call or two
		if _, err := watcher.Call(s.ctx, cohort.Total, echo, cohort.Message{}, cohort.All); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := node.Address(), other.Address(); watcher.View().Rank(a) < 1 || watcher.View().Rank(b) < 1 || a == b {
		t.Errorf("%v and %v in %v", a, b, watcher.View())
	}
}

// A member moves to another node: in one view the old one is gone and the new one
// has its rank and its state.
func TestAMemberMoves(t *testing.T) {
	s := newSystem(t, 3)
	members, _, _ := s.counters(2)
	open(members)
	watched := make(chan cohort.View, 64)
	place := s.nodes[0].Address()
	moved := newCounter()
	close(moved.gate)
	g, err := s.nodes[2].Join(s.ctx, "count", cohort.GroupConfig{
		Handlers: moved.handlers(), State: cohort.JSON(moved), Replaces: place, OnView: func(v cohort.View) { watched <- v },
	})
	if err != nil {
		t.Fatal(err)
	}
	var last cohort.View
	for v := range watched {
		if v.Rank(place) >= 0 {
			last = v
			continue
		}
		if r := v.Rank(s.nodes[2].Address()); r != 0 || len(v.Members) != 2 || len(last.Members) != 3 {
			t.Errorf("view %v after %v", v, last)
		}
		break
	}
	if replies, err := g.Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All); err != nil || len(replies) != 2 {
		t.Errorf("%d replies, %v", len(replies), err)
	}
	var bad *cohort.ConfigError
	if _, err := s.nodes[0].Join(s.ctx, "count", cohort.GroupConfig{Replaces: place}); !errors.As(err, &bad) {
		t.Errorf("a member without a state replaces another: %v", err)
	}
}
