package cohort

import (
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// route is how casts get to a destination, as found in a turn of the node's guard.
type route struct {
	turn   uint64
	life   *life
	proc   Address
	addr   Address
	window *gather.Window
}

func (r *route) lane(order Order, opts []Option) gather.Lane {
	return gather.Lane{Proc: r.proc, Dest: r.addr, Order: msg.Order(order), Safe: chosen(opts).safe}
}

// route is asked for each cast, and most of the time known.
func (p *peer) route() (*route, error) {
	n := p.n
	if r := p.known.Load(); r != nil && r.turn == n.mu.turn.Load() {
		return r, nil
	}
	n.mu.Lock()
	defer n.mu.unlockUnchanged()
	l, addr, err := p.dest()
	if err != nil {
		return nil, err
	}
	r := &route{n.mu.turn.Load(), l, l.process(n.number), addr, n.window(windowKey{n.number, addr}, p.bounds.window)}
	p.known.Store(r)
	return r, nil
}
