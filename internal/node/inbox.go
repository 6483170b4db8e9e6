package node

import (
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// inboxRoom bounds the bytes of received frames that wait for the core. Readers
// wait for room, and their peers' windows do then.
const inboxRoom = 64 << 20

// inbox is what waits for the core: events, in the order they were put, and
// functions to be run between two steps. Only what readers put is bounded here;
// what a program has under way is bounded by the windows of package flow.
type inbox struct {
	wake chan struct{} // holds one when there is something

	mu     sync.Mutex
	room   sync.Cond
	events []core.Event
	open   core.Cast // comes after events; its N is 0 when there is none
	last   int       // bytes of the cast that was open before
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
	if len(b.events)+len(b.calls)+int(b.open.N) > 0 {
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

// cast adds a cast of one payload, head and then rest, which it copies. Casts
// that come one after the other while the core is busy become one event, if they
// can share a run.
func (b *inbox) cast(c core.Cast, head [2]byte, rest []byte) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	size := msg.CastSize(len(head) + len(rest))
	if o := &b.open; o.N == 0 || o.Proc != c.Proc || o.Dest != c.Dest || o.InSession || c.InSession || !o.Takes(&c, size) {
		b.signal()
		b.shut()
		b.open = c
		b.open.Body = make([]byte, 0, max(size, b.last)) // who casts much goes on with it
	} else {
		o.Calls = append(o.Calls, c.Calls...)
	}
	b.open.N++
	b.open.Body = msg.AppendParts(b.open.Body, head[:], rest)
	b.mu.Unlock()
}

// shut makes the open cast an event like others.
func (b *inbox) shut() {
	if b.open.N > 0 {
		b.last = len(b.open.Body)
		b.events = append(b.events, b.open)
		b.open = core.Cast{}
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
