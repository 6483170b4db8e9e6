package causal

import "github.com/cohortkit/cohort/internal/model"

// ready reports whether p may be delivered cast m now.
func (c Config) ready(s *State, p, m int) bool {
	x, me := &s.casts[m], &s.procs[p]
	if !me.held.Has(m) || me.done.Has(m) || me.views[x.group] != x.view || !me.done.Covers(x.vector) {
		return false
	}
	end := &s.cuts[x.group][x.view]
	if end.made && (!end.casts.Has(m) || c.dropped(s, p).Has(m)) {
		return false
	}
	fine := true
	x.deps.Each(func(d int) { fine = fine && c.met(s, p, d, end.made) })
	return fine
}

// met reports whether p need not wait for dependency d.
func (c Config) met(s *State, p, d int, ending bool) bool {
	x, me := &s.casts[d], &s.procs[p]
	g := int(x.group)
	if !c.Groups[g].Has(p) || me.views[g] > x.view {
		return true
	}
	if c.Broken == Merge && ending && c.view(s, g, me.applied) > me.views[g] {
		return true
	}
	need := s.upto(d)
	if end := &s.cuts[g][x.view]; end.made && c.Broken != GiveUp {
		if c.Broken == Rest && !end.casts.Has(d) {
			return true
		}
		need &= end.casts
	}
	return me.done.Covers(need)
}

// dropped are the casts that p would not be delivered, were those that depend
// on something lost to be dropped.
func (c Config) dropped(s *State, p int) (list model.Set) {
	if c.Broken != KeepAll {
		return 0
	}
	for m := range int(s.sent) {
		s.casts[m].deps.Each(func(d int) {
			x := &s.casts[d]
			if end := &s.cuts[x.group][x.view]; c.Groups[x.group].Has(p) && end.made && !end.casts.Has(d) {
				list = list.With(m)
			}
		})
	}
	return list
}

// deliver gives cast m to p.
func deliver(s State, p, m int) State {
	x, me := &s.casts[m], &s.procs[p]
	me.done.Each(func(other int) {
		if s.casts[other].past.Has(m) {
			s.inverted = true
		}
	})
	me.done = me.done.With(m)
	me.past |= x.past.With(m)
	me.context |= (x.deps | x.vector).With(m)
	return s
}

// agree makes the cut of the view that group g is in, when all survivors have
// learnt of all entries and are in that view.
func (c Config) agree(s State, g int, out *model.Steps[State]) {
	live := c.Groups[g] &^ s.removed(s.decided)
	if live == 0 {
		return
	}
	view := s.procs[live.Min()].views[g]
	end := &s.cuts[g][view]
	to := c.view(&s, g, s.decided)
	var held model.Set
	ready := !end.made && to > view
	live.Each(func(p int) {
		me := &s.procs[p]
		ready = ready && !s.down.Has(p) && me.applied == s.decided && me.views[g] == view
		held |= me.held
	})
	if !ready {
		return
	}
	*end = cut{made: true, to: to, casts: s.whole(held & s.of(g, int(view)))}
	live.Each(func(p int) { s.procs[p].held |= end.casts })
	out.Must(s, "agree", g, int(view))
}

// whole leaves out of list what depends, in its own group, on what is not there:
// it is of the removed, and all survivors drop it alike.
func (s *State) whole(list model.Set) model.Set {
	for again := true; again; {
		again = false
		list.Each(func(m int) {
			if !list.Covers(s.casts[m].vector) {
				list, again = list.Without(m), true
			}
		})
	}
	return list
}

// install takes p to the next view of g when it knows of it and has been
// delivered the cut.
func (c Config) install(s State, p, g int, out *model.Steps[State]) {
	me := &s.procs[p]
	end := &s.cuts[g][me.views[g]]
	if end.made && c.view(&s, g, me.applied) >= end.to && me.done.Covers(end.casts&^c.dropped(&s, p)) {
		me.views[g] = end.to
		out.Must(s, "install", p, g)
	}
}
