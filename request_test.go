package cohort_test

import (
	"errors"
	"testing"

	"github.com/cohortkit/cohort"
)

// Who leaves a call to another is not heard of, whatever was asked.
func TestUnansweredIsANullReply(t *testing.T) {
	s := newSystem(t, 2)
	asked := make(chan int64, 10)
	var group cohort.Address
	for k, n := range s.nodes {
		g, err := n.Join(s.ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{note: func(r *cohort.Request) {
			if k > 0 {
				return
			}
			var x int64
			if err := r.Into(&x); err != nil {
				t.Error(err)
			}
			asked <- x
			_ = r.Reply(x + 1)
		}}})
		if err != nil {
			t.Fatal(err)
		}
		group = g.Address()
	}
	replies, err := s.nodes[1].Client(group).Call(s.ctx, cohort.Total, note, 41, cohort.All)
	if err != nil || len(replies) != 1 {
		t.Fatalf("%d replies, %v, want that of the oldest", len(replies), err)
	}
	var answer int
	if err := replies[0].Into(&answer); err != nil || answer != 42 || <-asked != 41 {
		t.Errorf("the reply is %d, %v", answer, err)
	}
}

// A request that was deferred stays of the view in which it was delivered.
func TestDeferredRequestKeepsItsView(t *testing.T) {
	s := newSystem(t, 2)
	deferred := make(chan *cohort.Request, 1)
	views := make(chan cohort.View, 10)
	cfg := cohort.GroupConfig{
		Handlers: map[cohort.Entry]cohort.Handler{note: func(r *cohort.Request) { r.Defer(); deferred <- r }},
		OnView:   func(v cohort.View) { views <- v },
	}
	g, err := s.nodes[0].Join(s.ctx, "g", cfg)
	if err != nil {
		t.Fatal(err)
	}
	first := <-views
	if err := g.Cast(s.ctx, cohort.Total, note, cohort.Message{}); err != nil {
		t.Fatal(err)
	}
	r := <-deferred
	if _, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{}); err != nil {
		t.Fatal(err)
	}
	if later := await(t, views, "of two", func(v cohort.View) bool { return len(v.Members) == 2 }); later.Number == first.Number {
		t.Fatal("no other view")
	}
	if v := r.View(); v.Number != first.Number || len(v.Members) != 1 || r.Rank() != 0 {
		t.Errorf("it is of view %d of %d members, with rank %d; want view %d", v.Number, len(v.Members), r.Rank(), first.Number)
	}
}

// A copy that no member could take is refused, and nothing is answered.
func TestCopyTooLarge(t *testing.T) {
	s := newSystem(t, 2)
	refused := make(chan error, 2)
	var groups []*cohort.Group
	for _, n := range s.nodes {
		g, err := n.Join(s.ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{note: func(r *cohort.Request) {
			refused <- r.ReplyCopy(cohort.Message{}, note, make([]byte, 64<<20))
			_ = r.Reply(cohort.Message{"n": 1})
		}}})
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g)
	}
	replies, err := groups[1].Call(s.ctx, cohort.Total, note, cohort.Message{}, cohort.All)
	if err != nil || len(replies) == 0 || replies[0].Int("n") != 1 {
		t.Errorf("%d replies, %v", len(replies), err)
	}
	if err := <-refused; !errors.Is(err, cohort.ErrTooLarge) {
		t.Errorf("a copy of more than 64 MiB: %v", err)
	}
}
