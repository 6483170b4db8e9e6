package core

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// lone is a site alone in its system.
type lone struct {
	site *Site
	now  effect.Time
}

// does steps the site with events, and lets some time pass.
func (l *lone) does(evs ...Event) (items []Item, returns []msg.Loan) {
	for range 50 {
		var out Output
		l.site.Step(&Input{Now: l.now, Events: evs}, &out)
		items, returns = append(items, out.Items...), append(returns, out.Returns...)
		evs, l.now = nil, l.now+effect.Millisecond
	}
	return items, returns
}

func find[T Item](t *testing.T, items []Item) T {
	t.Helper()
	for _, i := range items {
		if i, ok := i.(T); ok {
			return i
		}
	}
	t.Fatalf("no %T among %v", *new(T), items)
	return *new(T)
}

type memory struct{}

func (*memory) Return() {}
func (*memory) Keep()   {}

// TestUsedOfAnEarlierMembership has a program say late what it has used as the
// member that it was before: what it was given since does not count as used.
func TestUsedOfAnEarlierMembership(t *testing.T) {
	l := lone{site: New(Defaults(view.Member{Site: 7, Name: "a", Addr: "a:1", Weight: 1})), now: effect.Second}
	l.does(Found{System: 9})
	proc := id.Process(7, 1)
	cast := func(group id.Address) Casts {
		items, returns := l.does(Cast{
			Proc: proc, Dest: group, Order: msg.Total, N: 1, Body: msg.AppendCast(nil, []byte("x")), Loan: new(memory),
		})
		if len(returns) != 0 {
			t.Fatal("given back before it is used")
		}
		return find[Casts](t, items)
	}
	join := func() Joined {
		items, _ := l.does(JoinGroup{Proc: proc, Name: "g"})
		return find[Joined](t, items)
	}
	before := cast(join().Group)
	items, _ := l.does(LeaveGroup{Proc: proc, Group: before.Group})
	find[Left](t, items)
	now := cast(join().Group)
	late := Used{Proc: proc, Group: now.Group, Since: before.Since, Items: 1}
	if _, returns := l.does(late); len(returns) != 0 {
		t.Error("what was used by an earlier member counts for the one that is")
	}
	late.Since = now.Since
	if _, returns := l.does(late); len(returns) != 1 {
		t.Errorf("%d loans come back for the one that was used", len(returns))
	}
}
