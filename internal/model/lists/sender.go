package lists

import "github.com/cohortkit/cohort/internal/model"

// send lets the senders do what they do.
func (c Config) send(s State, out *model.Steps[State]) {
	for i, x := range c.Casts {
		me := &s.casts[i]
		if me.state == idle && s.up(x.From) && (i == 0 || s.casts[i-1].state != idle) {
			t := s
			t.casts[i].state = open
			c.attempt(&t, i)
			out.May(t, "cast", i)
		}
	}
	for a := range int(s.tried) {
		t := &s.tries[a]
		x := c.Casts[t.cast]
		current := s.casts[t.cast].try == uint8(a+1) && s.casts[t.cast].state == open
		if !current {
			continue
		}
		x.To.Each(func(g int) {
			c.bring(s, a, g, out)
			c.tell(s, a, g, out)
		})
		x.Direct.Each(func(p int) {
			if !t.direct.Has(p) && s.up(p) {
				out.When(s.up(x.From), c.bringDirect(s, a, p), "bring to the process", a, p)
			}
		})
	}
}

// attempt begins an attempt for cast i, or gives it up: a destination is gone.
func (c Config) attempt(s *State, i int) {
	x, me := c.Casts[i], &s.casts[i]
	known := s.applied[x.From]
	away := x.Direct&s.removed(known) != 0
	x.To.Each(func(g int) { away = away || c.has(s, g, known).members == 0 })
	switch {
	case away:
		if a := int(me.try) - 1; a >= 0 && me.try > c.dealt(s, x.From, known) {
			s.tries[a].quit, s.tries[a].wants = true, true
		}
		me.state = nowhere
		c.submit(s, x.From)
	case int(s.tried) == maxTries:
		s.fail(tires)
	default:
		s.tries[s.tried] = try{cast: uint8(i), known: known}
		s.tried++
		me.try = s.tried
	}
}

// bring gives attempt a to a relay in group g, which casts it. A sender that has
// learnt that its relay is gone takes another. What a sender has given before it
// died may still come. A relay waits until its site has applied what the sender's
// had: else the attempt could be void for what voided the one before, and again.
func (c Config) bring(s State, a, g int, out *model.Steps[State]) {
	t, from := &s.tries[a], c.from(&s, a)
	now := c.has(&s, g, s.applied[from]).members
	if r := int(t.relay[g]) - 1; r >= 0 && (!s.up(from) || now.Has(r)) {
		return
	}
	now.Each(func(m int) {
		me := &s.groups[g].members[m]
		behind := s.applied[m] < t.known && c.Broken != Known
		if !s.up(m) || behind || c.wedged(&s, g, m) || s.removed(s.applied[m]).Has(from) {
			return
		}
		n := s
		n.tries[a].relay[g], n.tries[a].sent[g] = uint8(m+1), me.view
		if t.of[g] == 0 {
			x := &n.groups[g].streams[me.view-1]
			x.brought[a] = x.brought[a].With(m)
		}
		out.When(s.up(from), n, "bring", a, g, m)
	})
}

// wedged reports whether m may cast nothing in group g now: it has no view, or
// one that ends.
func (c Config) wedged(s *State, g, m int) bool {
	me := &s.groups[g].members[m]
	return me.view == 0 || c.has(s, g, s.applied[m]).no != me.view-1
}

// tell lets the relay of attempt a in group g tell its sender that all hold it.
// What it said before it died may still come.
func (c Config) tell(s State, a, g int, out *model.Steps[State]) {
	t, from := &s.tries[a], c.from(&s, a)
	r := int(t.relay[g]) - 1
	if r < 0 || t.held[g] != 0 || !s.up(from) {
		return
	}
	me := &s.groups[g].members[r]
	first := t.of[g]
	switch {
	case c.Broken == Alone:
		first = t.sent[g]
	case first == 0:
		return
	case me.view == first && s.groups[g].streams[first-1].level[a] != stable:
		return // it is in the cut, which the relay does not know
	}
	if c.Broken == First {
		first = t.sent[g]
	}
	if s.applied[from] < c.view(&s, g, first-1).entry {
		return // it waits there until the sender knows that view
	}
	s.tries[a].held[g] = first
	c.submit(&s, from)
	out.When(s.up(r), s, "tell", a, g)
}

// bringDirect gives attempt a to a process, which holds it at once.
func (c Config) bringDirect(s State, a, p int) State {
	if !c.void(&s, a, s.applied[p]) {
		s.direct[p].pool = s.direct[p].pool.With(a)
	}
	s.tries[a].direct = s.tries[a].direct.With(p)
	c.submit(&s, c.from(&s, a))
	return s
}

// submit lets a sender ask the log for the casts that all hold, in the order of
// their attempts.
func (c Config) submit(s *State, from int) {
	for a := range int(s.tried) {
		t := &s.tries[a]
		x := c.Casts[t.cast]
		if x.From != from || s.casts[t.cast].try != uint8(a+1) || s.casts[t.cast].state != open || t.asked {
			continue
		}
		all, some := t.direct == x.Direct, t.direct != 0
		x.To.Each(func(g int) { all, some = all && t.held[g] != 0, some || t.held[g] != 0 })
		if !all && (!some || c.Broken != Everywhere) {
			return
		}
		t.asked, t.wants = true, true
	}
}

// learn tells sender p of the entry that it has just applied.
func (c Config) learn(s *State, p int, e entry) {
	known := s.applied[p]
	for i, x := range c.Casts {
		me := &s.casts[i]
		if x.From != p || me.state != open {
			continue
		}
		if e.number != 0 && e.kind == list && e.who+1 == me.try {
			me.state = numbered
			c.submit(s, p)
			continue
		}
		lost := x.Direct&s.removed(known) != 0
		x.To.Each(func(g int) { lost = lost || c.has(s, g, known).members == 0 })
		asked := s.tries[me.try-1].asked
		over := e.kind != join && me.try <= c.dealt(s, p, known) && (asked || c.Broken != Anew)
		if over || lost && !asked {
			c.attempt(s, i)
		}
	}
	for a := range int(s.tried) {
		if t := &s.tries[a]; c.from(s, a) == p && uint8(a+1) <= c.dealt(s, p, known) {
			t.wants = false
		}
	}
}
