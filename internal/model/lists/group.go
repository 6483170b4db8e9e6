package lists

import "github.com/cohortkit/cohort/internal/model"

// spread brings what was cast in the last view of group g to all its members,
// while they live, have installed it, and take what its sender casts. They are
// delivered it at once: later would be no different.
func (c Config) spread(s State, g int, out *model.Steps[State]) {
	no := s.groups[g].tip
	v := c.view(&s, g, no)
	takes := v.members
	for p := range c.sites() {
		if me := &s.groups[g].members[p]; v.members.Has(p) {
			if !s.up(p) || me.view != no+1 {
				return
			}
			takes &= c.has(&s, g, s.applied[p]).members
		}
	}
	x := &s.groups[g].streams[no]
	for a := range int(s.tried) {
		if x.level[a] == loose && x.brought[a]&takes != 0 {
			t := s
			t.sure(g, no, a, stable)
			v.members.Each(func(p int) { c.keep(&t, g, p, a) })
			out.Must(t, "all hold", g, a)
		}
	}
	if x.safe < x.placed && takes.Has(v.lead) {
		t := s
		t.groups[g].streams[no].safe++
		v.members.Each(func(p int) {
			t.groups[g].members[p].took++
			c.list(&t, g, p, x.places[x.safe])
		})
		out.Must(t, "all hold the place", g, int(x.places[x.safe]))
	}
}

// sure notes that all members of a view hold attempt a, or will.
func (s *State) sure(g int, no uint8, a int, l level) {
	s.groups[g].streams[no].level[a] = l
	if s.tries[a].of[g] == 0 {
		s.tries[a].of[g] = no + 1
	}
}

// agree ends the last view of group g that was agreed on, or one before it that
// nobody alive has left: for one that is in the log, when all its members live
// and know of it.
func (c Config) agree(s State, g int, out *model.Steps[State]) {
	x := &s.groups[g]
	last := c.has(&s, g, s.decided).no
	for to := x.tip + 1; to <= last; to++ {
		v := c.view(&s, g, to)
		ready, left, behind := v.members != 0, false, false
		from := c.view(&s, g, x.tip)
		v.members.Each(func(p int) {
			ready = ready && s.up(p) && s.applied[p] >= v.entry
			at := x.members[p].view
			left = left || at == x.tip+1
			behind = behind || at != x.tip+1 && from.members.Has(p)
		})
		no := x.tip
		behind = behind && x.begun(v.members)
		if ready && !left && no > 0 && v.members&c.view(&s, g, x.before()).members != 0 {
			no, behind = x.before(), false // the tip is skipped
		}
		if !ready || behind {
			continue
		}
		c.end(s, g, no, v, out)
	}
}

// begun reports whether any of some members has installed a view.
func (x *group) begun(who model.Set) (some bool) {
	who.Each(func(p int) { some = some || x.members[p].view != 0 })
	return some
}

// before is the view that the last one agreed on follows.
func (x *group) before() (no uint8) {
	for i := range x.streams {
		if x.streams[i].next == x.tip {
			no = uint8(i)
		}
	}
	return no
}

// end lets the members of group g agree that v follows view no, and on its cut.
func (c Config) end(s State, g int, no uint8, v view, out *model.Steps[State]) {
	x := &s.groups[g].streams[no]
	again := x.next != 0 // the cut is what it was
	x.next, s.groups[g].tip = v.no, v.no
	if again {
		x.ended, x.end = false, history{} // others move elsewhere
		out.Must(s, "agree to skip a view", g, int(v.no))
		return
	}
	lead := c.view(&s, g, no).lead
	var movers model.Set
	v.members.Each(func(p int) {
		if s.groups[g].members[p].view == no+1 {
			movers = movers.With(p)
		}
	})
	var loosely []int
	for a := range int(s.tried) {
		switch {
		case x.brought[a] == 0 || x.level[a] != loose || movers == 0:
		case x.brought[a]&movers != 0:
			s.sure(g, no, a, cut)
		default:
			loosely = append(loosely, a)
		}
	}
	least := x.safe
	if movers.Has(lead) {
		least = x.placed
	}
	for some := range 1 << len(loosely) {
		for safe := least; safe <= x.placed; safe++ {
			t := s
			y := &t.groups[g].streams[no]
			y.placed, y.safe = safe, safe
			for i, a := range loosely {
				if some>>i&1 != 0 {
					t.sure(g, no, a, cut)
				}
			}
			out.Must(t, "agree", g, int(v.no), some, int(safe))
		}
	}
}

// due is the attempt that p, a member of group g, is to deliver as number n, -1
// if it is not for g or from before p came, and the entry that gave it; 0 if p
// knows of none.
func (c Config) due(s *State, g, p int, n uint8) (a int, index uint8) {
	a, index = s.of(n)
	if a < 0 || index > s.applied[p] {
		return -1, 0
	}
	if s.log[index-1].kind == quit || !c.Casts[s.tries[a].cast].To.Has(g) || index <= s.joined(g, p) {
		a = -1
	}
	return a, index
}

// work lets p, as a member of group g, do what it does.
func (c Config) work(s State, g, p int, out *model.Steps[State]) {
	me := &s.groups[g].members[p]
	if me.view == 0 {
		c.come(s, g, p, out)
		return
	}
	x := &s.groups[g].streams[me.view-1]
	c.place(s, g, p, out)
	if x.next != 0 && s.applied[p] >= c.view(&s, g, x.next).entry {
		out.Must(c.install(s, g, p), "install", g, p, int(x.next))
	}
}

// keep puts attempt a, which comes in p's stream, in its pool.
func (c Config) keep(s *State, g, p, a int) {
	me := &s.groups[g].members[p]
	if me.seen.Has(a) {
		return
	}
	me.seen, me.pool = me.seen.With(a), me.pool.With(a)
	c.check(s, g, p, a)
}

// place lets p, if it leads, say which number comes next in group g. In order it
// is the next that p knows of; it waits for what has not come.
func (c Config) place(s State, g, p int, out *model.Steps[State]) {
	me := &s.groups[g].members[p]
	x := &s.groups[g].streams[me.view-1]
	if c.wedged(&s, g, p) || c.view(&s, g, me.view-1).lead != p || int(x.placed) == maxCasts {
		return
	}
	var placed model.Set
	last := me.listed
	for _, n := range x.places[:x.placed] {
		placed = placed.With(int(n))
		last = max(last, n)
	}
	if c.Broken == Sorted {
		last = 0
	}
	for n := last + 1; ; n++ {
		a, index := c.due(&s, g, p, n)
		if index == 0 {
			return
		}
		if a < 0 || placed.Has(int(n)) || c.Broken == Sorted && !me.pool.Has(a) {
			continue
		}
		if !me.pool.Has(a) {
			return
		}
		t := s
		y := &t.groups[g].streams[me.view-1]
		y.places[y.placed] = n
		y.placed++
		out.Must(t, "place", g, p, int(n))
		if c.Broken != Sorted {
			return
		}
	}
}

// list delivers a number to p in group g.
func (c Config) list(s *State, g, p int, n uint8) {
	me := &s.groups[g].members[p]
	a, _ := s.of(n)
	switch {
	case n <= me.listed:
		s.fail(disorder)
		return
	case a < 0 || !me.pool.Has(a):
		s.fail(lacks)
		return
	}
	me.pool, me.listed = me.pool.Without(a), n
	me.got.add(s, a)
}

// install lets p end its view of group g: the rest of the cut, what has a number
// and no place, and the next view.
func (c Config) install(s State, g, p int) State {
	me := &s.groups[g].members[p]
	x := &s.groups[g].streams[me.view-1]
	next := c.view(&s, g, x.next)
	for a := range int(s.tried) {
		if x.level[a] != loose {
			c.keep(&s, g, p, a)
		}
	}
	for ; me.took < x.placed; me.took++ {
		c.list(&s, g, p, x.places[me.took])
	}
	for n := me.listed + 1; c.Broken != Rest; n++ {
		a, index := c.due(&s, g, p, n)
		if index == 0 || index > next.entry && c.Broken != Before {
			break
		}
		if a >= 0 {
			c.list(&s, g, p, n)
			x.rest = true
		}
	}
	rest := me.got.from(me.since)
	if x.ended && x.end != rest {
		s.fail(apart)
	}
	x.ended, x.end = true, rest
	me.view, me.took, me.since = x.next+1, 0, me.got.n
	me.pool.Each(func(a int) {
		if next.grown > s.tries[a].of[g]-1 {
			me.pool = me.pool.Without(a)
		}
	})
	return s
}

// come lets p begin in group g, with what a member of the view says was brought
// before it.
func (c Config) come(s State, g, p int, out *model.Steps[State]) {
	x := &s.groups[g]
	v := c.view(&s, g, x.tip)
	if !v.members.Has(p) || s.applied[p] < v.entry {
		return
	}
	told := !x.begun(v.members) // the group begins anew, with nobody who remembers
	v.members.Each(func(o int) { told = told || s.up(o) && x.members[o].view == x.tip+1 })
	if !told {
		return
	}
	me := &x.members[p]
	me.view = x.tip + 1
	for a := range int(s.tried) {
		if of := s.tries[a].of[g]; of != 0 && of <= x.tip {
			me.seen = me.seen.With(a)
		}
	}
	out.Must(s, "come", g, p)
}
