package node

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/transport"
	"github.com/cohortkit/cohort/internal/wire"
)

// Pauses between attempts to connect. The first attempt after a connection
// broke is made at once, because it tells a crash from a broken connection; the
// second soon after, because a process that ends may take a connection last.
const (
	soon       = time.Millisecond
	leastDelay = 20 * time.Millisecond
	mostDelay  = time.Second
	// A connection that breaks sooner than healthy is a flap. So many in a row
	// are dialed again at once; those after them count as failures.
	healthy   = time.Second
	someFlaps = 8
)

// link keeps one lane to a site connected, until it is stopped.
type link struct {
	t    *target
	lane msg.Lane
	addr string
	out  atomic.Pointer[outgoing] // nil while there is no connection
	now  chan struct{}            // holds one when the next attempt must not wait
	ctx  context.Context
	stop context.CancelFunc
}

// outgoing is an open connection of a link.
type outgoing struct {
	conn    uint64
	writer  *transport.Writer
	written chan struct{} // closed when the writer has ended
}

func newLink(t *target, lane msg.Lane, addr string) *link {
	l := &link{t: t, lane: lane, addr: addr, now: make(chan struct{}, 1)}
	l.ctx, l.stop = context.WithCancel(t.n.ctx)
	t.n.wg.Go(l.run)
	return l
}

// hurry makes a link that waits try at once.
func (l *link) hurry() {
	select {
	case l.now <- struct{}{}:
	default:
	}
}

func (l *link) run() {
	n := l.t.n
	failures, flaps := 0, 0
	for l.ctx.Err() == nil {
		conn, w, err := transport.Connect(l.ctx, n.cfg.Transport, l.addr, l.t.site, n.hello(l.lane))
		if err != nil {
			level := slog.LevelDebug
			if failures == 0 && l.ctx.Err() == nil {
				level = slog.LevelInfo
			}
			n.log.Log(l.ctx, level, "no connection", "to", l.t.site.String(), "lane", l.lane, "err", err)
			l.t.failed(err)
			failures++
			l.pause(failures)
			continue
		}
		opened := time.Now()
		err = l.serve(conn, w.Got)
		n.log.Debug("connection broke", "to", l.t.site.String(), "lane", l.lane, "err", err)
		if flaps++; time.Since(opened) >= healthy {
			flaps = 0
		}
		if failures = max(0, flaps-someFlaps); failures > 0 {
			l.pause(failures)
		}
	}
}

// pause waits before the next attempt.
func (l *link) pause(failures int) {
	d := soon
	if failures > 1 {
		d = min(leastDelay<<min(failures-2, 10), mostDelay)
		d += rand.N(d/2) - d/4
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.now:
	case <-l.ctx.Done():
	}
}

// serve tells the core of a connection, writes what it wants written, and
// returns why the connection ended.
func (l *link) serve(conn net.Conn, got uint64) error {
	n := l.t.n
	l.t.told.Store(false)
	out := &outgoing{conn: n.conns.Add(1), writer: transport.NewWriter(conn), written: make(chan struct{})}
	n.wg.Go(func() {
		defer close(out.written)
		if err := out.writer.Run(); err != nil {
			_ = conn.Close()
		}
	})
	stop := context.AfterFunc(l.ctx, func() { _ = conn.Close() })
	l.out.Store(out)
	n.Post(core.Connected{Conn: out.conn, To: l.t.site, Lane: l.lane, Got: got})
	err := transport.Watch(conn)
	l.out.Store(nil)
	stop()
	_ = conn.Close()
	out.writer.Close()
	<-out.written
	n.Post(core.Broken{Conn: out.conn, To: l.t.site, Lane: l.lane})
	return err
}

// hello is how this site greets.
func (n *Node) hello(lane msg.Lane) wire.Hello {
	return wire.Hello{System: n.system.Load(), Site: n.me.Site, Name: n.me.Name, Addr: n.me.Addr, Lane: lane}
}
