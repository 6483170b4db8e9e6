package core

import (
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
