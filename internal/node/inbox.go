package node

import (
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// inboxRoom bounds the bytes of received frames that wait for the core. Readers
// wait for room, and their peers' windows do then.
const inboxRoom = 8 << 20

// inbox is what waits for the core: events, in the order they were put, and
// functions to be run between two steps. Only what readers put is bounded here;
// what a program has under way is bounded by the windows of package flow.
type inbox struct {
	wake chan struct{} // holds one when there is something

	mu     sync.Mutex
	room   sync.Cond
	events gather.Queue
	calls  []func()
	bytes  int // of frames in events
	closed bool

	windows *gather.Pool // of what programs cast
}

func newInbox() *inbox {
	b := &inbox{wake: make(chan struct{}, 1)}
	b.room.L = &b.mu
	b.windows = gather.NewPool(&b.mu)
	return b
}

// empty reports whether the core need not look here. Who puts something into an
// empty inbox wakes it.
func (b *inbox) empty() bool { return b.events.Empty() && len(b.calls) == 0 }

// idle is empty for who does not hold the lock.
func (b *inbox) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.empty()
}

// signal lets the core's goroutine go on.
func (b *inbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// put adds events, in order and with none in between. It never blocks.
func (b *inbox) put(evs ...core.Event) {
	b.mu.Lock()
	if !b.closed {
		b.add(evs)
	}
	b.mu.Unlock()
}

// add is put with the lock held, to an open inbox.
func (b *inbox) add(evs []core.Event) {
	if b.empty() {
		b.signal()
	}
	b.events.Put(evs...)
}

// cast is gather.Queue's. A closed inbox takes casts and forgets them.
func (b *inbox) cast(p *gather.Path, k gather.Kind, h gather.Head, payload []byte) bool {
	b.mu.Lock()
	empty, ok := b.empty(), true
	if !b.closed {
		ok = b.events.Cast(p, k, h, payload)
	}
	b.mu.Unlock()
	if empty && ok {
		b.signal()
	}
	return ok
}

// castEach is gather.Queue's. A closed inbox takes casts and forgets them.
func (b *inbox) castEach(p *gather.Path, k gather.Kind, h gather.Head, list [][]byte) int {
	b.mu.Lock()
	empty, n := b.empty(), len(list)
	if !b.closed {
		n = b.events.CastEach(p, k, h, list)
	}
	b.mu.Unlock()
	if empty && n > 0 {
		b.signal()
	}
	return n
}

// putFrames adds frames of so many bytes, when there is room. It reports false
// when the inbox is closed.
func (b *inbox) putFrames(frames []core.Event, bytes int) bool {
	b.mu.Lock()
	for b.bytes > inboxRoom && !b.closed {
		b.room.Wait()
	}
	open := !b.closed
	if open {
		b.add(frames)
		b.bytes += bytes
	}
	b.mu.Unlock()
	return open
}

// call adds a function to run on the core's goroutine, and reports false when
// it never will be.
func (b *inbox) call(f func()) bool {
	b.mu.Lock()
	open := !b.closed
	if open {
		if b.empty() {
			b.signal()
		}
		b.calls = append(b.calls, f)
	}
	b.mu.Unlock()
	return open
}

// take empties the inbox. The slice of events is exchanged for spare.
func (b *inbox) take(spare []core.Event) (events []core.Event, calls []func()) {
	b.mu.Lock()
	events = b.events.Take(spare)
	calls, b.calls = b.calls, nil
	if b.bytes > inboxRoom {
		b.room.Broadcast()
	}
	b.bytes = 0
	b.mu.Unlock()
	return events, calls
}

// close drops what is put from now on and lets go of who waits.
func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	b.room.Broadcast()
	b.mu.Unlock()
}
