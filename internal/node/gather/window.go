package gather

import (
	"container/list"
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
	used    int       // beyond their shares
	waiting list.List // of *room, who has waited longest first
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
	retired bool // and closed
	waiting []*room
	closers []chan struct{} // closed with the window
}

// room is somebody's wait for room, until he is told of some by its window or the pool.
type room struct {
	may    chan struct{} // closed when there may be some
	window *Window
	size   int
	place  *list.Element // among those who wait for the pool, or nil
}

// Window returns a window of so many bytes.
func (p *Pool) Window(limit int) *Window { return &Window{pool: p, limit: limit} }

// Use takes room, if there is. The caller holds the lock. A closed window has none.
func (w *Window) Use(size int) bool {
	used, pool := w.used+size, w.pool.used+size
	if w.used < flow.Share || used > w.limit || pool > flow.Pool {
		return w.use(size)
	}
	w.used, w.pool.used = used, pool // all of it beyond the share, as with who casts much
	return true
}

func (w *Window) use(size int) bool {
	more := w.more(size)
	if w.closed || !w.fits(size, more) {
		return false
	}
	w.used += size
	w.pool.used += more
	return true
}

// fits reports whether there is room, and for that so much more in the pool.
func (w *Window) fits(size, more int) bool {
	return w.used == 0 || w.used+size <= w.limit && more <= max(0, flow.Pool-w.pool.used)
}

// more is how much of the pool so many bytes more would take.
func (w *Window) more(size int) int { return w.beyond(w.used+size) - w.beyond(w.used) }

// beyond is how much of used bytes is beyond the window's share. What a cast that goes
// alone has beyond the window's limit is nobody else's loss.
func (w *Window) beyond(used int) int { return max(0, min(used, w.limit)-flow.Share) }

func (w *Window) set(used int) {
	w.pool.used += w.beyond(used) - w.beyond(w.used)
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
	r := &room{may: make(chan struct{}), window: w, size: size}
	if w.closed || w.fits(size, w.more(size)) {
		close(r.may)
		return r.may
	}
	w.waiting = append(w.waiting, r)
	if w.used+size <= w.limit { // the pool has none
		r.place = w.pool.waiting.PushBack(r)
	}
	w.pool.wake() // who was told, and still waits, has not taken what there was
	return r.may
}

// Forget ends the wait for what Room returned. If that was told of room, somebody else
// is now.
func (w *Window) Forget(may <-chan struct{}) {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	if i := slices.IndexFunc(w.waiting, func(r *room) bool { return r.may == may }); i >= 0 {
		w.pool.leave(w.waiting[i])
		w.waiting = slices.Delete(w.waiting, i, i+1)
	}
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

// wake tells all who wait for the window.
func (w *Window) wake() {
	for _, r := range w.waiting {
		w.pool.leave(r)
		close(r.may)
	}
	w.waiting = nil
}

// wake tells as many who wait as the pool has room for, the first of them first.
func (p *Pool) wake() {
	left := max(0, flow.Pool-p.used)
	for e := p.waiting.Front(); e != nil; e = p.waiting.Front() {
		r := e.Value.(*room)
		w := r.window
		if w.used+r.size <= w.limit { // else it is its window that it waits for now
			more := w.more(r.size)
			if more > left {
				return
			}
			left -= more
			w.waiting = slices.DeleteFunc(w.waiting, func(x *room) bool { return x == r })
			close(r.may)
		}
		p.leave(r)
	}
}

// leave ends a wait for the pool.
func (p *Pool) leave(r *room) {
	if r.place != nil {
		p.waiting.Remove(r.place)
		r.place = nil
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

// Retire closes the window if nothing of it is used and nobody waits, and reports whether.
// Nothing has ended then: who comes to it late has to look for the one in its place.
func (w *Window) Retire() bool {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	if w.closed || w.used > 0 || len(w.waiting) > 0 {
		return false
	}
	w.closed, w.retired = true, true
	return true
}

// Retired reports whether there is, or can be, another in place of the window.
func (w *Window) Retired() bool {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	return w.retired
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
