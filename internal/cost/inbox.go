package cost

import (
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// inbox is what waits for a core: as package node's, casts of one payload that
// can share a run become one event.
type inbox struct {
	mu     sync.Mutex
	events []core.Event
	open   core.Cast // comes after events; its N is 0 when there is none
	last   int       // bytes of the cast that was open before
}

func (b *inbox) put(ev core.Event) {
	b.mu.Lock()
	b.shut()
	b.events = append(b.events, ev)
	b.mu.Unlock()
}

func (b *inbox) cast(c core.Cast, head [2]byte, rest []byte) {
	b.mu.Lock()
	size := msg.CastSize(len(head) + len(rest))
	if o := &b.open; o.N == 0 || o.Proc != c.Proc || o.Dest != c.Dest || !o.Takes(&c, size) {
		b.shut()
		b.open = c
		b.open.Body = make([]byte, 0, max(size, b.last))
	}
	b.open.N++
	b.open.Body = msg.AppendParts(b.open.Body, head[:], rest)
	b.mu.Unlock()
}

func (b *inbox) shut() {
	if b.open.N > 0 {
		b.last = len(b.open.Body)
		b.events = append(b.events, b.open)
		b.open = core.Cast{}
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
