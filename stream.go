package cohort

import (
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// queue is a group's stream on its way to the program. What is in it is bounded
// by the senders' windows.
type queue struct {
	mu     sync.Mutex
	some   sync.Cond
	items  []core.Item
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.some.L = &q.mu
	return q
}

func (q *queue) push(i core.Item) {
	q.mu.Lock()
	if !q.closed {
		q.items = append(q.items, i)
		q.some.Signal()
	}
	q.mu.Unlock()
}

// take waits for items and returns all there are, nil when the queue is closed.
func (q *queue) take(spare []core.Item) []core.Item {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.closed {
		q.some.Wait()
	}
	if q.closed {
		return nil
	}
	items := q.items
	q.items = spare[:0]
	return items
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.items = nil
	q.some.Broadcast()
	q.mu.Unlock()
}

// run is the group's goroutine: it handles the stream, one item at a time.
func (g *Group) run() {
	var items []core.Item
	for {
		if items = g.queue.take(items); items == nil {
			return
		}
		used := 0
		for k, i := range items {
			if g.handle(i) {
				if used++; used == 64 {
					g.used(used)
					used = 0
				}
			}
			items[k] = nil
		}
		g.used(used)
	}
}

// used gives the senders credit for handled casts.
func (g *Group) used(items int) {
	if l, addr, err := g.membership(); err == nil && items > 0 {
		l.node.Post(core.Used{Proc: l.process(g.n.number), Group: addr, Items: items})
	}
}

// membership is like address, but for a group that is being left as well.
func (g *Group) membership() (*life, Address, error) {
	g.n.mu.Lock()
	defer g.n.mu.Unlock()
	if g.life == nil || g.addr == 0 {
		return nil, 0, ErrLeft
	}
	return g.life, g.addr, nil
}

// handle handles one item and reports whether it was casts.
func (g *Group) handle(i core.Item) bool {
	switch i := i.(type) {
	case core.Viewed:
		g.viewed(i)
	case core.Casts:
		g.casts(i)
		return true
	case core.Capture:
		g.capture(i)
	case core.Restore:
		g.restore(i)
	case core.RestoreBlock:
		if g.loader != nil && g.loader.xfer == i.Xfer {
			g.loader.block(i.Bytes)
		}
	case core.RestoreEnd:
		if g.loader != nil && g.loader.xfer == i.Xfer {
			g.loader.end(i.Err)
		}
	case core.Left:
		g.ended(i)
	}
	return false
}

func (g *Group) viewed(i core.Viewed) {
	v := viewFrom(i)
	g.mu.Lock()
	g.view = v
	g.mu.Unlock()
	if g.cfg.OnView != nil {
		g.cfg.OnView(v)
	}
	g.mu.Lock()
	if !g.entered {
		g.entered = true
		close(g.in)
	}
	g.mu.Unlock()
}

// casts hands each cast of a run to its handler.
func (g *Group) casts(i core.Casts) {
	g.n.mu.Lock()
	l := g.life
	g.n.mu.Unlock()
	rest := i.Run.Body
	for k := range int(i.Run.N) {
		payload, next, ok := msg.NextCast(rest)
		if !ok {
			return // the codec has checked it: it cannot be
		}
		rest = next
		r := &Request{g: g, life: l, Sender: i.Sender, Order: Order(i.Run.Order), wants: i.Run.Call, request: i.Request(k)}
		r.dispatch(payload)
	}
}

// ended takes the end of a membership. After a halt the group comes back with
// the node.
func (g *Group) ended(i core.Left) {
	if g.loader != nil {
		g.loader.stop()
		g.loader = nil
	}
	switch i.Why {
	case "lost":
		g.finish(ErrLost)
	case "behind":
		g.again()
	case "left":
		why := ErrLeft
		if g.restoreErr != nil {
			why = g.restoreErr
		}
		g.finish(why)
	}
}
