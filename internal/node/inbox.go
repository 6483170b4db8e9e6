package node

import (
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
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
	events []core.Event
	casts  gather.Casts // come after events
	calls  []func()
	bytes  int // of frames in events
	closed bool
}

func newInbox() *inbox {
	b := &inbox{wake: make(chan struct{}, 1)}
	b.room.L = &b.mu
	return b
}

// signal wakes the core, before something is put into an empty inbox.
func (b *inbox) signal() {
	if len(b.events)+len(b.calls)+b.casts.Len() > 0 {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// put adds events, in order and with none in between. It never blocks.
func (b *inbox) put(evs ...core.Event) {
	b.mu.Lock()
	if !b.closed {
		b.signal()
		b.shut()
		b.events = append(b.events, evs...)
	}
	b.mu.Unlock()
}

// cast adds a cast of one payload, head and then rest, which it copies, if there is
// room in w. Casts that come one after the other while the core is busy become one
// event, if they can share a run.
func (b *inbox) cast(l gather.Lane, head [2]byte, rest []byte, w *gather.Window) bool {
	b.mu.Lock()
	ok := b.add(l, head, rest, w)
	b.mu.Unlock()
	return ok
}

// castEach adds casts as long as there is room, and returns how many. It ends after
// a run's worth as well: the core must not wait for long.
func (b *inbox) castEach(l gather.Lane, head [2]byte, list [][]byte, w *gather.Window) (n int) {
	b.mu.Lock()
	for left := core.MaxRun; n < len(list) && left > 0 && b.add(l, head, list[n], w); n++ {
		left -= len(list[n])
	}
	b.mu.Unlock()
	return n
}

// add is cast with the lock held.
func (b *inbox) add(l gather.Lane, head [2]byte, rest []byte, w *gather.Window) bool {
	size := msg.CastSize(len(head) + len(rest))
	if !w.Use(msg.Weight(1, size)) {
		return false
	}
	if b.closed {
		return true
	}
	if !b.casts.Takes(l, size) {
		b.signal()
		b.shut()
	}
	b.casts.Add(l, head, rest, size)
	return true
}

// shut makes the casts that came last an event like others.
func (b *inbox) shut() {
	if b.casts.Len() > 0 {
		b.events = append(b.events, b.casts.Close())
	}
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
		b.signal()
		b.shut()
		b.events = append(b.events, frames...)
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
		b.signal()
		b.calls = append(b.calls, f)
	}
	b.mu.Unlock()
	return open
}

// take empties the inbox. The slice of events is exchanged for spare.
func (b *inbox) take(spare []core.Event) (events []core.Event, calls []func()) {
	b.mu.Lock()
	b.shut()
	events, b.events = b.events, spare
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
