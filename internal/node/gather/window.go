package gather

import (
	"slices"
	"sync"
)

// Window bounds the bytes that a process has under way to one destination: cast,
// and not handled by all. It has no lock of its own but that of whatever its casts
// are put into, so that a cast takes one lock and not two. Its methods are safe for
// concurrent use, but for Use.
type Window struct {
	mu      *sync.Mutex
	limit   int
	used    int
	closed  bool
	waiting []chan struct{} // closed when there may be room
	closers []chan struct{} // closed with the window
}

// NewWindow returns a window of so many bytes, which mu guards.
func NewWindow(mu *sync.Mutex, limit int) *Window { return &Window{mu: mu, limit: limit} }

// Use takes room, if there is. The caller holds the lock. What is larger than the
// window has to be alone in it. A closed window has no room.
func (w *Window) Use(size int) bool {
	if w.closed || !w.fits(size) {
		return false
	}
	w.used += size
	return true
}

func (w *Window) fits(size int) bool { return w.used == 0 || w.used+size <= w.limit }

// Take is Use for who does not hold the lock.
func (w *Window) Take(size int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Use(size)
}

// Room returns a channel that is closed when there may be room for so many bytes, or
// the window is closed. Who waits for it no more says so with Forget.
func (w *Window) Room(size int) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	room := make(chan struct{})
	if w.closed || w.fits(size) {
		close(room)
	} else {
		w.waiting = append(w.waiting, room)
	}
	return room
}

// Forget ends the wait for what Room returned.
func (w *Window) Forget(room <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = slices.DeleteFunc(w.waiting, func(c chan struct{}) bool { return c == room })
}

// Release gives room back.
func (w *Window) Release(size int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.used = max(0, w.used-size)
	w.wake()
}

func (w *Window) wake() {
	for _, c := range w.waiting {
		close(c)
	}
	w.waiting = nil
}

// Close ends the window: nobody gets room in it any more.
func (w *Window) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.wake()
	for _, c := range w.closers {
		close(c)
	}
	w.closers = nil
}

// Closed reports whether the window has ended.
func (w *Window) Closed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// OnClose closes c when the window is closed.
func (w *Window) OnClose(c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		close(c)
		return
	}
	w.closers = append(w.closers, c)
}
