package core

import (
	"fmt"
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// founded is a site alone, with a process of it in a group g.
func founded(t *testing.T) (l *lone, proc, group id.Address) {
	t.Helper()
	l, proc = &lone{site: New(Defaults(view.Member{Site: 1, Name: "a", Addr: "a", Weight: 1})), now: 1}, id.Process(1, 1)
	l.does(Found{System: 7})
	items, _ := l.does(JoinGroup{Proc: proc, Name: "g"})
	return l, proc, find[Joined](t, items).Group
}

func note(proc, dest id.Address, order msg.Order) Cast {
	return Cast{Proc: proc, Dest: dest, Order: order, N: 1, Body: msg.AppendCast(nil, []byte("x"))}
}

// A site that is all there is of its system, and weighs too little, waits for others: if
// it halted, nobody could take it back.
func TestWhoIsAloneDoesNotHalt(t *testing.T) {
	cfg := Defaults(view.Member{Site: 1, Name: "a", Addr: "a", Weight: 1})
	cfg.Log.Least, cfg.HaltAfter = 2, effect.Second
	l := &lone{site: New(cfg), now: 1}
	items, _ := l.does(Found{System: 7})
	find[Stalled](t, items)
	l.now += 10 * cfg.HaltAfter
	items, _ = l.does()
	for _, i := range items {
		if h, ok := i.(Halted); ok {
			t.Fatalf("it has halted: %v", h)
		}
	}
}

// However many views a step has to go through, it is no mistake that it takes long.
func TestAStepOfManyViews(t *testing.T) {
	l, proc, group := founded(t)
	var evs []Event
	for range 4000 {
		evs = append(evs, note(proc, group, msg.Barrier), note(proc, group, msg.FIFO))
	}
	got := 0
	items, _ := l.does(evs...)
	for _, i := range items {
		if c, ok := i.(Casts); ok {
			got += int(c.Run.N)
		}
	}
	if got != len(evs) {
		t.Errorf("of %d casts %d are delivered", len(evs), got)
	}
}

// A process that is only ever delivered something keeps nothing of the groups that it
// has left.
func TestEndedMembershipsAreForgotten(t *testing.T) {
	l, proc, _ := founded(t)
	other := id.Process(1, 2)
	l.does(JoinGroup{Proc: other, Name: "g"}) // else its whole past is forgotten
	for k := range 10 {
		name := fmt.Sprint("passing ", k)
		items, _ := l.does(JoinGroup{Proc: proc, Name: name}, JoinGroup{Proc: other, Name: name})
		group := find[Joined](t, items).Group
		items, _ = l.does(note(proc, group, msg.Causal))
		for _, i := range items {
			if c, ok := i.(Casts); ok {
				l.does(Used{Proc: c.Proc, Group: c.Group, Since: c.Since, Items: 1})
			}
		}
		l.does(LeaveGroup{Proc: other, Group: group}, LeaveGroup{Proc: proc, Group: group})
	}
	if list := l.site.pasts.of(other).open; len(list) > 1 {
		t.Errorf("%d memberships that have ended are kept", len(list)-1)
	}
}
