package gather

import (
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Queue is events in the order in which they were put. Casts that come one after the
// other are one event, if they can share a run. The zero value is empty. Its owner's
// lock guards it, and the windows that its casts take room in.
type Queue struct {
	events []core.Event
	casts  casts // come after events
}

// Empty reports whether nothing waits.
func (q *Queue) Empty() bool { return len(q.events) == 0 && q.casts.n == 0 }

// Put adds events.
func (q *Queue) Put(evs ...core.Event) {
	q.shut()
	q.events = append(q.events, evs...)
}

// Cast adds a cast of one payload, head and then rest, which it copies. Without room
// in w it does nothing and reports false.
func (q *Queue) Cast(l Lane, head [2]byte, rest []byte, w *Window) bool {
	size := msg.CastSize(len(head) + len(rest))
	if !w.Use(msg.Weight(1, size)) {
		return false
	}
	if !q.casts.takes(l, size) {
		q.shut()
		q.casts.lane = l
	}
	q.casts.add(head, rest, size)
	return true
}

// CastEach adds casts as long as there is room in w, and returns how many. It ends
// with the run as well: the core must not wait for the lock for long.
func (q *Queue) CastEach(l Lane, head [2]byte, list [][]byte, w *Window) int {
	if len(list) == 0 || !q.Cast(l, head, list[0], w) {
		return 0
	}
	return 1 + q.casts.addEach(head, list[1:], w)
}

// Take empties the queue. The slice of events is exchanged for spare.
func (q *Queue) Take(spare []core.Event) (events []core.Event) {
	q.shut()
	events, q.events = q.events, spare
	return events
}

// shut makes the casts that came last an event like others.
func (q *Queue) shut() {
	if q.casts.n > 0 {
		q.events = append(q.events, q.casts.close())
	}
}
