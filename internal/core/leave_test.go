package core

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/id"
)

// Who alone holds the state and leaves stays until somebody else does, unless its program
// is gone: then it has failed for who was to be given the state.
func TestWhoIsGoneWaitsForNobody(t *testing.T) {
	l, proc, group := founded(t)
	other := id.Process(1, 2)
	items, _ := l.does(JoinGroup{Proc: other, Name: "g", Stateful: true})
	find[Capture](t, items)
	left := func(gone bool) map[id.Address]string {
		whys := map[id.Address]string{}
		items, _ := l.does(LeaveGroup{Proc: proc, Group: group, Gone: gone})
		for _, i := range items {
			if i, ok := i.(Left); ok {
				whys[i.Proc] = i.Why
			}
		}
		return whys
	}
	if whys := left(false); len(whys) > 0 {
		t.Errorf("the state is lost with who leaves: %v", whys)
	}
	if whys := left(true); whys[proc] != "left" || whys[other] != "lost" {
		t.Errorf("the memberships end with %v", whys)
	}
}

// An heir that asks for the place of a member that is still being given the state has a place
// of its own: that one leaves, for its program may never take the state over.
func TestWhoIsLoadingHasNoHeir(t *testing.T) {
	l, proc, group := founded(t)
	second, third := id.Process(1, 2), id.Process(1, 3)
	l.does(JoinGroup{Proc: second, Name: "g", Stateful: true})
	items, _ := l.does(JoinGroup{Proc: third, Name: "g", Stateful: true, Replaces: second})
	var to Capture
	for _, i := range items {
		if c, ok := i.(Capture); ok && c.Joiner == third {
			to = c
		}
	}
	items, _ = l.does(StateBlock{Proc: proc, Group: group, Joiner: third, Xfer: to.Xfer, Last: true})
	find[RestoreEnd](t, items)
	items, _ = l.does(Restored{Proc: third, Group: group, Xfer: to.Xfer})
	if i := find[Left](t, items); i.Proc != second || i.Why != "left" {
		t.Errorf("there ends %v", i)
	}
	if g := l.site.Group(group); len(g.Members) != 2 || !g.Members[1].Ready {
		t.Errorf("what is left is %v", g)
	}
}

// Who asks twice to be let in is so once, as it said last.
func TestTheLastWishCounts(t *testing.T) {
	l, _, group := founded(t)
	other := id.Process(1, 2)
	l.does(JoinGroup{Proc: other, Name: "g", Conservative: true}, JoinGroup{Proc: other, Name: "g"})
	if m := l.site.groups.find(group, other); m == nil || m.conservative || len(l.site.groups.joining) > 0 {
		t.Errorf("it is in as it said first, or not in, and %d wishes are left", len(l.site.groups.joining))
	}
}
