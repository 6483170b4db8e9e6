package cost

import (
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// inbox is what waits for a core: as package node's, casts of one payload that
// can share a run become one event.
type inbox struct {
	mu     sync.Mutex
	events []core.Event
	casts  gather.Casts // come after events
}

func (b *inbox) put(ev core.Event) {
	b.mu.Lock()
	b.shut()
	b.events = append(b.events, ev)
	b.mu.Unlock()
}

func (b *inbox) cast(l gather.Lane, head [2]byte, rest []byte, w *gather.Window) bool {
	size := msg.CastSize(len(head) + len(rest))
	b.mu.Lock()
	defer b.mu.Unlock()
	if !w.Use(msg.Weight(1, size)) {
		return false
	}
	if !b.casts.Takes(l, size) {
		b.shut()
	}
	b.casts.Add(l, head, rest, size)
	return true
}

func (b *inbox) shut() {
	if b.casts.Len() > 0 {
		b.events = append(b.events, b.casts.Close())
	}
}

// take empties the inbox. The slice of events is exchanged for spare.
func (b *inbox) take(spare []core.Event) (events []core.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shut()
	events, b.events = b.events, spare
	return events
}
