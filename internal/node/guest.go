package node

import (
	"errors"
	"net"
	"sync"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/transport"
	"github.com/cohortkit/cohort/internal/wire"
)

// guests are the connections that others have opened.
type guests struct {
	mu      sync.Mutex
	offered map[uint64]*guest // the core has yet to answer, by connection
	taken   map[guestKey]*guest
}

// guestKey: a site has one connection for each lane.
type guestKey struct {
	site id.Site
	lane msg.Lane
}

type guest struct {
	*transport.Guest
	conn   uint64
	key    guestKey
	answer chan core.Reception // holds one
}

func (gs *guests) offer(g *guest) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if gs.offered == nil {
		gs.offered, gs.taken = map[uint64]*guest{}, map[guestKey]*guest{}
	}
	gs.offered[g.conn] = g
}

// answer passes the core's answer on. A connection that was taken takes the
// place of an earlier one of its lane, in the order in which the core did so.
func (gs *guests) answer(r core.Reception) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g := gs.offered[r.Conn]
	if g == nil {
		return
	}
	delete(gs.offered, r.Conn)
	if !r.Shun && !r.Refuse {
		if before := gs.taken[g.key]; before != nil {
			_ = before.Conn.Close()
		}
		gs.taken[g.key] = g
	}
	g.answer <- r
}

// leave forgets g, and reports whether it had not been sent away.
func (gs *guests) leave(g *guest) bool {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	delete(gs.offered, g.conn)
	if gs.taken[g.key] != g {
		return false
	}
	delete(gs.taken, g.key)
	return true
}

// hangup sends all connections of a site away.
func (gs *guests) hangup(site id.Site) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for lane := range msg.Lanes {
		key := guestKey{site, lane}
		if g := gs.taken[key]; g != nil {
			delete(gs.taken, key)
			_ = g.Conn.Close()
		}
	}
}

// self is how this site answers greetings.
func (n *Node) self() wire.Welcome {
	return wire.Welcome{System: n.system.Load(), Site: n.me.Site, Name: n.me.Name, Addr: n.me.Addr}
}

// rejected is told of connections that did not get as far as a Hello.
func (n *Node) rejected(remote net.Addr, err error) {
	if more, ok := n.rejects.allow(); ok {
		n.log.Warn("connection rejected", "remote", remote, "err", err, "unreported", more)
	}
}

// greeted sees a connection of another site from its Hello to its end.
func (n *Node) greeted(visitor *transport.Guest) {
	h := visitor.Hello
	if h.Site == n.me.Site {
		visitor.Refuse(wire.RefusedSelf)
		return
	}
	g := &guest{
		Guest: visitor, conn: n.conns.Add(1), key: guestKey{h.Site, h.Lane}, answer: make(chan core.Reception, 1),
	}
	n.guests.offer(g)
	n.Post(core.Offered{Conn: g.conn, From: h.Site, Addr: h.Addr, System: h.System, Lane: h.Lane})
	select {
	case r := <-g.answer:
		n.answered(g, r)
	case <-n.ctx.Done():
		visitor.Refuse(wire.RefusedClosing)
	}
	if n.guests.leave(g) {
		// It ended of itself. If its site has, others must hear of it soon.
		n.inbox.call(func() {
			if t := n.targets[h.Site]; t != nil {
				t.check()
			}
		})
	}
}

// answered does with a guest as the core said.
func (n *Node) answered(g *guest, r core.Reception) {
	var err error
	switch ours := n.system.Load(); {
	case r.Shun:
		g.Refuse(wire.RefusedSite)
	case r.Refuse && g.Hello.System != 0 && ours != 0 && g.Hello.System != ours:
		g.Refuse(wire.RefusedSystem)
	case r.Refuse:
		g.Refuse(wire.RefusedBusy)
	default:
		if err = g.Welcome(r.Got); err == nil {
			err = n.listen(g)
		}
	}
	n.log.Debug("connection ended", "from", g.Hello.Site.String(), "name", g.Hello.Name, "lane", g.Hello.Lane, "err", err)
	if malformed := (*wire.Error)(nil); errors.As(err, &malformed) {
		n.rejected(g.Conn.RemoteAddr(), err)
	}
}

// listen passes the guest's frames to the core until the connection ends.
func (n *Node) listen(g *guest) error {
	frames := transport.NewReader(g.Conn, g.Hello.Lane)
	var events []core.Event
	for {
		batch, err := frames.Next()
		if err != nil {
			return err
		}
		events = events[:0]
		bytes, came := 0, make([]core.Frame, len(batch))
		for i, f := range batch {
			came[i] = core.Frame{Conn: g.conn, From: g.Hello.Site, Frame: f.Frame, Bytes: f.Bytes}
			events = append(events, &came[i])
			bytes += f.Bytes
		}
		n.counts.in[g.Hello.Lane].add(len(batch), bytes)
		if !n.inbox.putFrames(events, bytes) {
			return net.ErrClosed
		}
		clear(events)
	}
}
