package cohort

import (
	"context"
	"errors"
	"slices"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/mcast"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// Cast sends v to entry at the destination, as a member's Cast does.
//
// To several destinations a Total cast is delivered to all of them or to none,
// safe, and all such casts come in one order wherever they meet: a transfer
// between two groups that hold accounts is seen by both, or by neither, and by
// all in the same order as other transfers. What only one group is cast is not
// ordered against it beyond that group, and hardly slowed. Cast returns when it
// is decided that it will be delivered, which takes a few messages more than a
// cast to one; what this process casts afterwards comes after it. The error is
// ErrNoGroup when a destination is gone, and nothing was done; ErrUnknown, or
// ctx's, when it may have been.
//
// A FIFO or Causal cast to several is one to each: it goes at once, and if this
// node fails some may have it and others not. A Barrier concerns one group: the
// error is a *ConfigError then.
func (c *Client) Cast(ctx context.Context, order Order, entry Entry, v any, opts ...Option) error {
	if len(c.more) == 0 {
		return c.peer.Cast(ctx, order, entry, v, opts...)
	}
	switch order {
	case FIFO, Causal:
		for _, a := range c.all() {
			if err := c.n.Client(a).Cast(ctx, order, entry, v, opts...); err != nil {
				return err
			}
		}
		return nil
	case Total:
		return c.castList(ctx, entry, v)
	case Barrier:
	}
	return &ConfigError{Field: "order", What: "for several destinations has to be FIFO, Causal or Total"}
}

// Call calls the destination, as a member's Call does. Several destinations
// cannot be called: the error is a *ConfigError. Cast to them, and let them cast
// their answers.
func (c *Client) Call(ctx context.Context, order Order, entry Entry, v any, want int, opts ...Option) ([]Reply, error) {
	if len(c.more) > 0 {
		return nil, &ConfigError{Field: "destination", What: "of a call has to be one group or process, not several"}
	}
	return c.peer.Call(ctx, order, entry, v, want, opts...)
}

// all are the client's destinations, each once.
func (c *Client) all() []Address { return append([]Address{c.addr}, c.more...) }

// castList makes a Total cast to several destinations.
func (c *Client) castList(ctx context.Context, entry Entry, v any) error {
	ticket := c.n.host.Ticket()
	payload, err := encode([]byte{byte(entry)}, v)
	if err != nil {
		return err
	}
	if len(payload) > min(maxReply, mcast.MaxCast) {
		return ErrTooLarge
	}
	l, err := c.n.current()
	if err != nil {
		return err
	}
	body := msg.AppendCast(make([]byte, 0, len(payload)+8), payload)
	size := (&msg.Run{N: 1, Body: body}).Size()
	p := newPending(0)
	for _, a := range slices.Sorted(slices.Values(c.all())) { // one order for all, or two could wait for each other
		w, err := c.roomAt(ctx, l, a, size)
		if err != nil {
			c.n.endList(p, err)
			return err
		}
		p.windows = append(p.windows, held{w, windowKey{c.n.number, a}, size})
	}
	callID, err := c.n.register(l, p)
	if err != nil {
		c.n.endList(p, err)
		return err
	}
	l.node.Post(core.CastList{Proc: l.process(c.n.number), ID: callID, Dests: c.all(), Body: body})
	if !c.n.await(ctx, ticket, p.done) {
		return ctx.Err() // what it holds of the windows is given back when it is decided
	}
	return p.err
}

// roomAt takes room for one of the destinations, while l runs.
func (c *Client) roomAt(ctx context.Context, l *life, a Address, size int) (*gather.Window, error) {
	for {
		w, err := c.windowOf(l, a)
		if err == nil {
			err = acquire(ctx, c.n.host, w, size)
		}
		if !errors.Is(err, errRetired) {
			return w, err
		}
	}
}

// windowOf is the window for one of the destinations, while l runs.
func (c *Client) windowOf(l *life, a Address) (*gather.Window, error) {
	c.n.mu.Lock()
	defer c.n.mu.unlockUnchanged()
	if c.n.life != l {
		return nil, ErrUnknown
	}
	return c.n.window(windowKey{c.n.number, a}, c.bounds.window), nil
}

// held is a part of a window that a cast to several destinations takes up until it
// is decided.
type held struct {
	*gather.Window
	key  windowKey
	size int
}

// listDone takes the end of a cast to several destinations.
func (n *system) listDone(i core.ListDone) {
	n.mu.Lock()
	p := n.calls[i.ID]
	delete(n.calls, i.ID)
	n.mu.Unlock()
	if p == nil {
		return
	}
	switch i.End {
	case core.Numbered:
		n.endList(p, nil)
	case core.NoDestination:
		n.endList(p, ErrNoGroup)
	case core.Unknown:
		n.endList(p, ErrUnknown)
	}
}

// endList ends a cast to several destinations. One of them may be gone, and what the cast
// took up was the last that was on the way there.
func (n *system) endList(p *pending, err error) {
	p.finish(err)
	for _, w := range p.windows {
		n.retire(w.key)
	}
}

// Receive sets how casts to this process's own Address are handled, one at a time,
// in the order in which they come; without it they are declined. Their Request
// has no Group. It can be set once: the error is ErrJoined after that, and ErrLeft
// after Close.
func (n *Node) Receive(handlers map[Entry]Handler) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.closed || n.over || n.leaving || n.ended:
		return ErrLeft
	case n.directs[n.number] != nil:
		return ErrJoined
	}
	g := &Group{handlers: byEntry(handlers), queue: newQueue(), direct: true}
	g.peer = peer{n: n, dest: g.place, bounds: ofOutsiders}
	n.directs[n.number] = g
	n.host.Go(g.run)
	return nil
}

// closeDirects ends the streams of the processes' own addresses.
func (n *system) closeDirects(which func(number uint16) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for number, g := range n.directs { // order does not matter: each ends by itself
		if which(number) {
			g.queue.close()
		}
	}
}

// dedupe lists addresses once each, without a.
func dedupe(a Address, list []Address) (out []Address) {
	for _, x := range list {
		if x != a && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}
