package node

import (
	"errors"
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/transport"
)

// target is a site that this one keeps connections to. It belongs to the core's
// goroutine, but for what is atomic.
type target struct {
	n       *Node
	site    id.Site
	links   [msg.Lanes]*link
	told    atomic.Bool // that it is gone, since the last connection
	probing atomic.Bool
}

// open starts the link of a lane unless there is one.
func (t *target) open(lane msg.Lane, addr string) {
	if t.links[lane] == nil {
		t.links[lane] = newLink(t, lane, addr)
	}
}

// close ends all links.
func (t *target) close() {
	for _, l := range t.links {
		if l != nil {
			l.stop()
		}
	}
}

// gone tells the core that this incarnation runs no more, once.
func (t *target) gone(err *transport.DialError) {
	if t.told.CompareAndSwap(false, true) {
		t.n.log.Warn("site is gone", "of", t.site.String(), "err", err)
		t.n.Post(core.Gone{Site: t.site})
	}
}

// check finds out whether the site still runs: links that wait try at once, and
// for those that seem well a probe does.
func (t *target) check() {
	var addr string
	for _, l := range t.links {
		if l != nil {
			addr = l.addr
			l.hurry()
		}
	}
	if addr != "" && t.probing.CompareAndSwap(false, true) {
		t.n.wg.Go(func() {
			defer t.probing.Store(false)
			t.probe(addr)
		})
	}
}

func (t *target) probe(addr string) {
	w, err := transport.Probe(t.n.ctx, t.n.cfg.Transport, addr, t.n.hello(msg.LaneControl))
	if err == nil && w.Site != t.site {
		err = &transport.DialError{Addr: addr, Why: transport.Replaced, By: w.Site}
	}
	t.failed(err)
}

// failed draws the conclusion from an attempt to reach the site.
func (t *target) failed(err error) {
	var e *transport.DialError
	if !errors.As(err, &e) || t.n.ctx.Err() != nil {
		return
	}
	switch e.Why {
	case transport.Refused, transport.Replaced:
		t.gone(e)
	case transport.Shunned:
		t.n.Post(core.Shunned{By: e.By})
	case transport.Unreachable, transport.Declined:
	}
}
