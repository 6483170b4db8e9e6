package core

import (
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// What comes from outside is given to a program, and its sender freed of it, no further
// than a window ahead of what the program has used: in a group by way of a member, and
// to a process. What does not fit comes when there is room, in its order, and one that is
// larger than the window goes alone.
func TestOutsidersKeepToWhatIsUsed(t *testing.T) {
	l, proc, group := founded(t)
	outsider := id.Process(1, 9)
	for _, dest := range []id.Address{group, proc} {
		given, freed, used, next := 0, 0, 0, byte(0)
		var waiting []Casts
		take := func(items []Item) {
			for _, i := range items {
				switch i := i.(type) {
				case Casts:
					if i.Sender != outsider || i.Run.Body[3] != next {
						t.Fatalf("to %v: cast %d of %v comes, want %d", dest, i.Run.Body[3], i.Sender, next)
					}
					next++
					given += i.Run.Size()
					waiting = append(waiting, i)
				case Freed:
					freed += i.Bytes
				}
			}
		}
		total := 0
		sizes := []int{200_000, 200_000, 200_000, 200_000, 200_000, 200_000, 2 * flow.OutsideWindow, 200_000, 20_000}
		for k, size := range sizes {
			c := Cast{Proc: outsider, Dest: dest, Order: msg.FIFO, N: 1, Body: msg.AppendCast(nil, make([]byte, size))}
			c.Body[3] = byte(k) // behind three bytes of length
			total += (&msg.Run{N: 1, Body: c.Body}).Size()
			items, _ := l.does(c)
			take(items)
		}
		if dest == group && given > flow.OutsideWindow || freed > flow.OutsideWindow {
			t.Errorf("to %v: %d bytes are given, and %d freed, with nothing used", dest, given, freed)
		}
		for len(waiting) > 0 {
			c := waiting[0]
			waiting = waiting[1:]
			used += c.Run.Size()
			items, _ := l.does(Used{Proc: c.Proc, Group: c.Group, Since: c.Since, Items: 1})
			take(items)
			if freed-used > flow.OutsideWindow && len(waiting) > 1 {
				t.Errorf("to %v: %d bytes are freed with %d used", dest, freed, used)
			}
		}
		if given != total || freed != total || int(next) != len(sizes) {
			t.Errorf("to %v: of %d casts with %d bytes %d come with %d, and %d bytes are freed", dest, len(sizes), total, next, given, freed)
		}
	}
}

// What waits for room holds up what its caller asked later, be it a cast to a list, which
// need not wait itself: the group takes what comes after a later request for a repeated one.
func TestRequestsKeepTheirOrder(t *testing.T) {
	l, proc, group := founded(t)
	one, other := id.Process(1, 8), id.Process(1, 9)
	member := l.site.groups.find(group, proc)
	ask := func(caller id.Address, first uint64, size int, listed *msg.Listed) {
		l.site.request(&msg.Request{
			Dest: group, Caller: caller, Relay: proc, Joined: member.joined, First: first, Order: msg.FIFO, N: 1,
			Body: msg.AppendCast(nil, make([]byte, size)), Listed: listed,
		})
	}
	ask(one, 1, flow.OutsideWindow, nil)
	ask(one, 2, 100, nil)
	ask(one, 3, 100, &msg.Listed{Num: 1})
	ask(other, 1, 100, &msg.Listed{Num: 2})
	member.relay(member.cur)
	var waiting []uint64
	for _, x := range member.waiting {
		if x.Caller == one {
			waiting = append(waiting, x.First)
		}
	}
	if !slices.Equal(waiting, []uint64{2, 3}) || len(member.waiting) != 2 {
		t.Errorf("of one's requests %v wait, want 2 and 3; %d in all, want no more", waiting, len(member.waiting))
	}
}

// A Flush of who is no member, or no longer, has an answer.
func TestFlushOfNoMember(t *testing.T) {
	l, proc, group := founded(t)
	other := id.Process(1, 2)
	items, _ := l.does(FlushGroup{Proc: other, Group: group, ID: 1})
	if f := find[Flushed](t, items); f.ID != 1 || !f.Unknown {
		t.Errorf("of who is no member: %+v", f)
	}
	items, _ = l.does(FlushGroup{Proc: proc, Group: group, ID: 2})
	if f := find[Flushed](t, items); f.ID != 2 || f.Unknown {
		t.Errorf("of a member: %+v", f)
	}
}
