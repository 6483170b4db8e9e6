package cohort

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// queue is a group's stream on its way to the program. What is in it is bounded
// by the senders' windows.
type queue struct {
	mu     sync.Mutex
	some   sync.Cond
	items  []queued
	closed atomic.Bool // set with mu held
}

// queued is an item with the incarnation that it came to: it may be handled when
// the node has come back as the next one, which knows nothing of it.
type queued struct {
	life *life
	core.Item
}

func newQueue() *queue {
	q := &queue{}
	q.some.L = &q.mu
	return q
}

// push adds an item. It reports false when the queue is closed.
func (q *queue) push(l *life, i core.Item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed.Load() {
		return false
	}
	q.items = append(q.items, queued{l, i})
	q.some.Signal()
	return true
}

// await waits until there are items, or the queue is closed.
func (q *queue) await() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.closed.Load() {
		q.some.Wait()
	}
}

// take returns all items there are, and false when the queue is closed: those are not
// to be handled.
func (q *queue) take(spare []queued) ([]queued, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = spare[:0]
	return items, !q.closed.Load()
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed.Store(true)
	q.some.Broadcast()
	q.mu.Unlock()
}

// run is the group's goroutine: it handles the stream, one item at a time.
func (g *Group) run() {
	host := g.n.host
	ticket := host.Ticket()
	var items []queued
	var done credit
	returned := false
	defer g.n.exits(&returned, func() {
		done.give()
		g.exited(items)
	})
	defer func() {
		if g.loader != nil { // who reads a state must not wait for ever
			g.loader.stop()
		}
	}()
	for open := true; open; {
		g.queue.await()
		host.Turn(ticket)
		items, open = g.queue.take(items)
		for k, i := range items {
			items[k] = queued{}
			if k > 0 {
				host.Turn(ticket)
			}
			if g.queue.closed.Load() {
				g.drop(i)
				continue
			}
			if c, ok := i.Item.(core.Casts); ok {
				done.count(i.life, c)
			}
			g.handle(i.life, i.Item)
			if done.items == 64 || done.bytes >= flow.AckBytes {
				done.give()
			}
		}
		done.give()
	}
	returned = true
}

// errExited is ErrLeft with the reason.
var errExited = fmt.Errorf("%w: a function that the program gave to its Group ended its goroutine, as runtime.Goexit and testing's FailNow do", ErrLeft)

// exits, deferred, does what is to be done when a function of the program has ended the
// goroutine in place of returning. A panic ends the process, and is passed on; and what a
// process does whose site has crashed nobody is to see.
func (n *system) exits(returned *bool, do func()) {
	if *returned || n.host.Dead() {
		return
	}
	if why := recover(); why != nil {
		panic(why)
	}
	do()
}

// exited ends what a goroutine handled that is no more, and what it had yet to handle.
func (g *Group) exited(items []queued) {
	if !g.direct {
		g.over(errExited)
		return
	}
	if r := g.asked; r != nil {
		if !r.deferred {
			r.decline()
		}
		r.run.life.decline(r.run.Casts, r.index+1)
	}
	g.queue.close()
	rest, _ := g.queue.take(nil)
	for _, i := range append(items, rest...) {
		g.drop(i)
	}
}

// drop answers for a process that was closed: nobody but us knows of that. Whom a member
// that has left does not answer the core tells.
func (g *Group) drop(i queued) {
	if c, ok := i.Item.(core.Casts); ok && g.direct {
		i.life.declineAll(c)
	}
}

// credit is what the senders get for handled casts.
type credit struct {
	life  *life
	proc  Address
	group Address
	since uint64
	items int
	bytes int
}

func (c *credit) count(l *life, i core.Casts) {
	if c.life != l || c.group != i.Group || c.since != i.Since {
		c.give()
	}
	c.life, c.proc, c.group, c.since = l, i.Proc, i.Group, i.Since
	c.items++
	c.bytes += i.Run.Size()
}

func (c *credit) give() {
	if c.items > 0 {
		c.life.node.Post(core.Used{Proc: c.proc, Group: c.group, Since: c.since, Items: c.items})
		c.items, c.bytes = 0, 0
	}
}

// isMember reports whether l is the present incarnation and in the group, or
// about to leave it.
func (g *Group) isMember(l *life) bool {
	g.n.mu.Lock()
	defer g.n.mu.Unlock()
	return g.life == l && g.addr != 0
}

// handle handles one item that came to l.
func (g *Group) handle(l *life, i core.Item) {
	switch i := i.(type) {
	case core.Viewed:
		g.viewed(l, i)
	case core.Casts:
		g.casts(l, i)
	case core.Capture:
		g.capture(l, i)
	case core.CaptureRoom:
		g.room(i)
	case core.Restore:
		g.restore(l, i)
	case core.RestoreBlock:
		if g.loader != nil && g.loader.xfer == i.Xfer {
			g.loader.add(block{i.Bytes, i.Loan})
		}
	case core.RestoreEnd:
		if g.loader != nil && g.loader.xfer == i.Xfer {
			g.loader.end(i.Err)
		}
	case core.Settled:
		g.readers.settled(i)
	case core.Left:
		g.ended(l, i)
	}
}

// viewed shows a view to the program. Who was being given the state when its node was
// excluded may be the first of a new group when that is back: the others have lost what
// it has half of.
func (g *Group) viewed(l *life, i core.Viewed) {
	if g.torn && !g.loader.whole(l) {
		g.over(ErrLost)
		return
	}
	g.torn = false
	v := viewFrom(i)
	g.mu.Lock()
	g.view = v
	g.mu.Unlock()
	if g.cfg.OnView != nil {
		g.readers.state.write(func() { g.cfg.OnView(v) })
	}
	g.mu.Lock()
	if !g.entered {
		g.entered = true
		close(g.in)
	}
	g.mu.Unlock()
}

// casts hands each cast of a run to its handler.
func (g *Group) casts(l *life, i core.Casts) {
	run := g.delivery(l, i)
	if loan := i.Run.Loan; loan != nil && i.Run.Call {
		loan.Keep() // its requests may be kept
	}
	g.readers.state.Lock()
	defer g.readers.state.Unlock()
	r := g.request(run)
	body := i.Run.Body
	for k, next := 0, 0; k < int(i.Run.N); k, next = r.index+1, r.end {
		from, to := msg.CastAt(body, next)
		switch {
		case to > len(body):
			return // the codec has checked it: it cannot be
		case g.queue.closed.Load(): // nothing is begun after Close
			if g.direct {
				l.decline(i, k)
			}
			return
		}
		if k > 0 {
			g.readers.state.letRead(k)
		}
		if r.used() {
			r = g.request(run)
		}
		r.Sender, r.Order, r.index, r.end = i.Sender, Order(i.Run.Order), k, to
		r.dispatch(g, body[from:to:to])
	}
	if !run.kept {
		run.Casts = core.Casts{}
		g.lent = run
	}
}

// delivery is what the requests of a run share. It serves again as they do.
func (g *Group) delivery(l *life, i core.Casts) *delivery {
	run := g.lent
	if g.lent = nil; run == nil {
		run = new(delivery)
	}
	*run = delivery{g: g, life: l, Casts: i, kept: i.Run.Call}
	return run
}

// request is one of a run, to be filled and dispatched. That of a cast serves again,
// unless its handler deferred it; that of a call does not: who keeps one by mistake
// must never answer another.
func (g *Group) request(run *delivery) *Request {
	if g.asked = nil; run.Run.Call {
		g.asked = &Request{wants: true, run: run}
		return g.asked
	}
	if g.spare == nil || g.spare.deferred {
		g.spare = new(Request)
	}
	r := g.spare
	r.Fields, r.run = Fields{}, run
	return r
}

// used reports whether the request cannot be dispatched again as it is.
func (r *Request) used() bool { return r.wants || r.deferred || r.m != nil || r.bad != nil }

// errSlow is ErrLeft with the reason.
var errSlow = fmt.Errorf("%w: the others had this member taken out, because its handlers did not keep up", ErrLeft)

// ended takes the end of a membership. After a halt the group comes back with
// the node.
func (g *Group) ended(l *life, i core.Left) {
	if g.loader != nil {
		g.loader.stop() // its Restore may not have returned, or begun: the next one waits for it
	}
	switch i.Why {
	case "lost":
		g.over(ErrLost)
	case "behind":
		g.again(l)
	case "slow":
		if g.cfg.SlowLeaves {
			g.over(errSlow)
		} else {
			g.again(l)
		}
	case "left":
		g.left()
		g.over(ErrLeft)
	case "unloaded":
		g.over(g.restoreErr)
	}
}

// over finishes the group in its stream, when State.Restore has returned: who hears of the
// end may join again with the same State.
func (g *Group) over(why error) {
	g.unload(g.n.host.Ticket())
	g.finish(why)
}
