package gather

import (
	"slices"
	"sync"

	"github.com/cohortkit/cohort/internal/core/flow"
)

// Pool is the windows of one node, and what they share: each has flow.Share of its own,
// and the rest of what it may use only as long as all of them together have no more than
// flow.Pool of that. So many busy destinations take little more memory than a few, and
// one from which nobody takes anything cannot stop the casts to others.
type Pool struct {
	mu      *sync.Mutex
	used    int // beyond their shares
	waiting []*room
}

// NewPool returns a pool without windows. All of them are guarded by mu.
func NewPool(mu *sync.Mutex) *Pool { return &Pool{mu: mu} }

// Window bounds the bytes that a process has under way to one destination: cast,
// and not handled by all. One cast may always go alone. It has no lock of its own but
// that of whatever its casts are put into, so that a cast takes one lock and not two.
// Its methods are safe for concurrent use, but for Use.
type Window struct {
	pool    *Pool
	limit   int
	used    int
	closed  bool
	waiting []*room
	closers []chan struct{} // closed with the window
}

// room is somebody's wait for room.
type room struct {
	may  chan struct{} // closed when there may be some
	size int
	told bool // by its window, or the pool
}

// Window returns a window of so many bytes.
func (p *Pool) Window(limit int) *Window { return &Window{pool: p, limit: limit} }

// Use takes room, if there is. The caller holds the lock. A closed window has none.
func (w *Window) Use(size int) bool {
	if w.closed || !w.fits(size) {
		return false
	}
	w.set(w.used + size)
	return true
}

func (w *Window) fits(size int) bool {
	switch after := w.used + size; {
	case w.used == 0:
		return true
	case after > w.limit:
		return false
	default:
		return after <= flow.Share || w.pool.used+beyond(after)-beyond(w.used) <= flow.Pool
	}
}

// beyond is how much of used bytes is beyond a window's share.
func beyond(used int) int { return max(0, used-flow.Share) }

func (w *Window) set(used int) {
	w.pool.used += beyond(used) - beyond(w.used)
	w.used = used
}

// Take is Use for who does not hold the lock.
func (w *Window) Take(size int) bool {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	return w.Use(size)
}

// Room returns a channel that is closed when there may be room for so many bytes, or
// the window is closed. Who waits for it no more says so with Forget.
func (w *Window) Room(size int) <-chan struct{} {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	r := &room{may: make(chan struct{}), size: size}
	if w.closed || w.fits(size) {
		r.tell()
		return r.may
	}
	w.waiting = append(w.waiting, r)
	if w.used+size <= w.limit { // the pool has none
		w.pool.waiting = append(w.pool.waiting, r)
	}
	return r.may
}

// Forget ends the wait for what Room returned. If that was told of room, somebody else
// is now.
func (w *Window) Forget(may <-chan struct{}) {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	is := func(r *room) bool { return r.may == may }
	w.waiting = slices.DeleteFunc(w.waiting, is)
	w.pool.waiting = slices.DeleteFunc(w.pool.waiting, is)
	w.pool.wake()
}

// Release gives room back.
func (w *Window) Release(size int) {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	w.set(max(0, w.used-size))
	w.wake()
	w.pool.wake()
}

func (w *Window) wake() {
	for _, r := range w.waiting {
		r.tell()
	}
	w.waiting = nil
}

// wake tells as many who wait as the pool has room for, the first of them first.
func (p *Pool) wake() {
	n, left := 0, flow.Pool-p.used
	for ; n < len(p.waiting); n++ {
		r := p.waiting[n]
		if r.told {
			continue
		}
		if left < r.size {
			break
		}
		left -= r.size
		r.tell()
	}
	p.waiting = slices.Delete(p.waiting, 0, n)
}

func (r *room) tell() {
	if !r.told {
		r.told = true
		close(r.may)
	}
}

// Close ends the window: nobody gets room in it any more.
func (w *Window) Close() {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	w.closed = true
	w.set(0)
	w.wake()
	w.pool.wake()
	for _, c := range w.closers {
		close(c)
	}
	w.closers = nil
}

// Closed reports whether the window has ended.
func (w *Window) Closed() bool {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	return w.closed
}

// OnClose closes c when the window is closed.
func (w *Window) OnClose(c chan struct{}) {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	if w.closed {
		close(c)
		return
	}
	w.closers = append(w.closers, c)
}
