package cut

import "github.com/cohortkit/cohort/internal/model"

// collect lets the lead of attempt a act on the reports once it has them all.
// It waits for the living only: whoever else is missing the log removes.
func (c Config) collect(s State, a int, out *model.Steps[State]) {
	lead := s.lead(a)
	x := &s.tries[a]
	if !s.up(lead) || !c.obeys(&s, lead, a) || x.of != 0 || x.reported != s.views[a] {
		return
	}
	live := s.down&s.views[a] == 0
	var newest uint8
	s.views[a].Each(func(p int) { newest = max(newest, x.reports[p].of) })
	var behind model.Set
	s.views[a].Each(func(p int) {
		if x.reports[p].of < newest && s.views[newest].Has(p) {
			behind = behind.With(p)
		}
	})
	if behind != 0 && c.Broken != FinishEarlier {
		x.told, x.finish = behind, newest
		x.reported &^= behind
		out.When(live, s, "finish earlier", a, int(newest))
		return
	}
	if s.procs[lead].at != newest && c.Broken != FinishEarlier {
		return
	}
	c.makeCut(&s, a)
	out.When(live, s, "cut", a)
}

// makeCut fixes how much of each stream of the view that ends is delivered, and
// who forwards what is not everywhere.
func (c Config) makeCut(s *State, a int) {
	x := &s.tries[a]
	x.of = s.procs[s.lead(a)].at
	s.views[a].Each(func(p int) {
		if x.reports[p].of == x.of {
			x.movers = x.movers.With(p)
		}
	})
	s.views[x.of].Each(func(p int) {
		holder := p // it goes on: all that it sent, which is on its way
		if !x.movers.Has(p) {
			holder = c.holder(x, p)
		}
		x.holder[p] = uint8(holder)
		x.counts = x.counts.with(p, x.reports[holder].held.of(p))
	})
}

// holder is who has the most of the stream of p, who goes on no more.
func (c Config) holder(x *attempt, p int) int {
	best := x.movers.Min()
	x.movers.Each(func(q int) {
		has, top := x.reports[q].held.of(p), x.reports[best].held.of(p)
		if c.Broken == MostHeld && has < top || c.Broken != MostHeld && has > top {
			best = q
		}
	})
	return best
}

// installFirst lets the lead of attempt a install it when all that move have
// acknowledged the cut, and tell the others.
func (c Config) installFirst(s State, a int, out *model.Steps[State]) {
	lead := s.lead(a)
	x := &s.tries[a]
	if !s.up(lead) || !c.obeys(&s, lead, a) || x.of == 0 || x.installed || s.procs[lead].at != x.of {
		return
	}
	if !x.acked.Covers(x.movers) && (c.Broken != AckFirst || !x.acked.Has(lead)) {
		return
	}
	x.installed = true
	install(&s, lead, a)
	out.When(s.down&x.movers == 0, s, "install first", lead, a)
}

// follow is what p does as its lead says, in attempt a.
func (c Config) follow(s State, p, a int, out *model.Steps[State]) {
	me := s.procs[p]
	x := &s.tries[a]
	leads := s.up(s.lead(a))
	if x.told.Has(p) {
		t := s
		t.tries[a].told = x.told.Without(p)
		install(&t, p, int(x.finish))
		begin(&t, p)
		out.When(leads, t, "install earlier", p, int(x.finish), a)
	}
	if x.of == 0 {
		return
	}
	if me.at == x.of {
		if int(me.took) != a {
			t := s
			t.procs[p].took = uint8(a)
			t.tries[a].forwarding = x.forwarding.With(p)
			out.When(leads, t, "take", p, a)
		}
		c.forwarded(s, p, a, out)
		if int(me.took) == a && int(me.acked) != a && me.held[me.at].covers(x.counts) {
			t := s
			t.procs[p].acked = uint8(a)
			t.tries[a].acked = x.acked.With(p)
			out.Must(t, "ack", p, a)
		}
	}
	ready := me.at == 0 || int(me.acked) == a
	if x.installed && p != s.lead(a) && ready {
		t := s
		install(&t, p, a)
		out.When(leads, t, "install", p, a)
	}
}

// forwarded lets p receive what the holders of attempt a send to those that
// have reported to lack it.
func (c Config) forwarded(s State, p, a int, out *model.Steps[State]) {
	s.views[s.tries[a].of].Each(func(x int) {
		c.forward(s, p, x, a, out)
		for b := 2; b < a && c.Broken == OneAttempt; b++ {
			if s.tries[b].of == s.tries[a].of {
				c.forward(s, p, x, b, out)
			}
		}
	})
}

func (c Config) forward(s State, p, x, a int, out *model.Steps[State]) {
	b := &s.tries[a]
	h := int(b.holder[x])
	n := b.counts.of(x)
	held := &s.procs[p].held[b.of]
	if h == p || h == x || !b.forwarding.Has(h) || b.reports[p].held.of(x) >= n || held.of(x) >= n {
		return
	}
	*held = held.with(x, n)
	out.When(s.up(h), s, "forwarded", p, x, a)
}

// install moves p to view a.
func install(s *State, p, a int) {
	me := &s.procs[p]
	me.left[me.at] = uint8(a)
	me.at = uint8(a)
	me.followed = me.followed.With(a)
	me.took, me.acked = 0, 0
}
