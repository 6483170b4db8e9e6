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
func (q *Queue) Empty() bool { return q.casts.n == 0 && len(q.events) == 0 }

// Put adds events.
func (q *Queue) Put(evs ...core.Event) {
	q.shut()
	q.events = append(q.events, evs...)
}

// Cast adds a cast of one payload, which it copies. Without room in the path's window
// it does nothing and reports false.
func (q *Queue) Cast(p *Path, k Kind, h Head, payload []byte) bool {
	size := Size(payload)
	if !p.Window.Use(msg.Weight(1, size)) {
		return false
	}
	if !q.casts.takes(p, k, size) {
		q.shut()
		q.casts.path, q.casts.kind = p, k
	}
	q.casts.add(h, payload, size)
	return true
}

// CastEach adds casts as long as there is room in the window, and returns how many. It
// ends with the run as well: the core must not wait for the lock for long.
func (q *Queue) CastEach(p *Path, k Kind, h Head, list [][]byte) int {
	if len(list) == 0 || !q.Cast(p, k, h, list[0]) {
		return 0
	}
	return 1 + q.casts.addEach(h, list[1:])
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
