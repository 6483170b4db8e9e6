package node

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/view"
)

// witness sees other sites of this machine end. Each site holds a socket that
// only this machine knows, under its number, and those of its machine keep a
// connection to it: the kernel ends that connection when, and only when, the
// site has stopped. Nothing in between can do so, as with a network.
type witness struct {
	socket  net.Listener
	watched map[id.Site]context.CancelFunc // the core's goroutine's
	reached atomic.Int64                   // those whose end it would see
}

const (
	// watchPause is the pause between attempts to reach another site's socket.
	watchPause = 100 * time.Millisecond
	// mostWatchers is how many connections a site holds of those who watch it, which
	// may be anybody of its machine.
	mostWatchers = 256
)

// watchMachine makes this site one that others of its machine see end, and puts
// it on the machine's clock. Where that is not to be had, it stays apart.
func (n *Node) watchMachine() {
	m, err := thisMachine()
	if err != nil {
		return
	}
	socket, err := machineListen(n.me.Site)
	if err != nil {
		n.log.Warn("no socket for the other nodes of this machine", "err", err)
		return
	}
	n.me.Machine, n.epoch, n.began = m.number, m.clock, m.read
	n.witness = &witness{socket: socket, watched: map[id.Site]context.CancelFunc{}}
	context.AfterFunc(n.ctx, func() { _ = socket.Close() })
	n.wg.Go(func() { n.beWatched(socket) })
}

// beWatched holds the connections of those who watch this site, until it ends. To send
// one away, or let it wait for so long only, would say that the site has ended. So who is
// too many stays with the kernel, which tells it of the end as well.
func (n *Node) beWatched(socket net.Listener) {
	room := make(chan struct{}, mostWatchers)
	for {
		select {
		case room <- struct{}{}:
		case <-n.ctx.Done():
			return
		}
		conn, err := socket.Accept()
		if err != nil {
			return
		}
		n.wg.Go(func() {
			hold(n.ctx, conn)
			<-room
		})
	}
}

// hold keeps a connection on which nothing is ever said until the other side or
// ctx ends.
func hold(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	_, _ = conn.Read(make([]byte, 1))
	_ = conn.Close()
}

// follow watches the sites of the view that are on this machine, and no others.
func (w *witness) follow(n *Node, v *view.Site) {
	if w == nil {
		return
	}
	for s, stop := range w.watched {
		if !v.Has(s) {
			stop()
			delete(w.watched, s)
		}
	}
	for _, m := range v.Members {
		if m.Machine != n.me.Machine || m.Site == n.me.Site || w.watched[m.Site] != nil {
			continue
		}
		ctx, stop := context.WithCancel(n.ctx)
		w.watched[m.Site] = stop
		n.wg.Go(func() { n.watch(ctx, m.Site) })
	}
}

// watch tells the core when a site of this machine has ended. A site that was
// never reached is never said to have ended: it may be on another machine that
// passes for this one.
func (n *Node) watch(ctx context.Context, s id.Site) {
	var conn net.Conn
	for conn == nil {
		var err error
		if conn, err = machineDial(ctx, s); err != nil {
			select {
			case <-time.After(watchPause):
			case <-ctx.Done():
				return
			}
		}
	}
	n.witness.reached.Add(1)
	hold(ctx, conn)
	n.witness.reached.Add(-1)
	if ctx.Err() == nil {
		n.log.Warn("site of this machine has ended", "site", s.String())
		n.Post(core.Perished{Site: s})
	}
}
