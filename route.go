package cohort

import (
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// route is how casts get to a destination, as found in a turn of the node's guard.
type route struct {
	turn uint64
	life *life
	gather.Path
}

// kind is what a cast is promised.
func kind(order Order, opts []Option) gather.Kind {
	return gather.Kind{Order: msg.Order(order), Safe: chosen(opts).safe}
}

// route is asked for each cast, and most of the time known.
func (p *peer) route() (*route, error) {
	if r := p.known.Load(); r != nil && r.turn == p.n.mu.turn.Load() {
		return r, nil
	}
	return p.find()
}

func (p *peer) find() (*route, error) {
	n := p.n
	n.mu.Lock()
	defer n.mu.unlockUnchanged()
	l, addr, err := p.dest()
	if err != nil {
		return nil, err
	}
	w := n.window(windowKey{n.number, addr}, p.bounds.window)
	r := &route{n.mu.turn.Load(), l, gather.Path{Proc: l.process(n.number), Dest: addr, Window: w}}
	p.known.Store(r)
	return r, nil
}
