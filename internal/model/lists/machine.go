package lists

import "github.com/cohortkit/cohort/internal/model"

// Config bounds the world.
type Config struct {
	Groups  []model.Set // the members they begin with
	Casts   []Cast      // in the order in which they are made
	Joins   []Join      // that may come
	Crashes int
	May     model.Set // who crashes, or is removed
	Expel   bool      // the log may remove the living
	Repeats int       // entries that ask again for what was asked for
	Skip    model.Set // who may skip entries: in no group, and no sender
	Broken  Rule
}

// A Cast is a cast to a list.
type Cast struct {
	From   int
	To     model.Set // groups
	Direct model.Set // processes
}

// A Join lets a site into a group.
type Join struct{ Group, Site int }

// A Rule is a rule of the design that can be left out.
type Rule int

// The rules. None is left out in the design itself.
const (
	None       Rule = iota
	Grown           // what somebody lacks who came since is void
	Once            // an attempt is dealt with once
	Everywhere      // the log is asked when all destinations hold it
	Alone           // and a destination holds it when all its members do
	Known           // a relay first learns what the sender knew
	First           // the view it is held in is the one it first came in
	Sorted          // places are in the order of the numbers
	Rest            // what has no place is delivered at the end of the view
	Before          // if an entry before the next view's gave its number
	Keep            // what has its number before it comes is kept
	Excluded        // nothing of who was removed is numbered
	Owed            // who skips entries is told what they numbered for it
	Anew            // an attempt that a later one voids is made anew, though the log was not asked
)

// Machine is the model.
func Machine(c Config) model.Machine[State] {
	var s State
	for g, members := range c.Groups {
		members.Each(func(p int) { s.groups[g].members[p].view = 1 })
	}
	return model.Machine[State]{Init: []State{s}, Next: c.next, Plain: c.plain, Holds: c.holds, Done: c.done, Show: c.show, Sights: c.sights()}
}

// sites is how many sites there are.
func (c Config) sites() (n int) {
	all := c.May
	for _, g := range c.Groups {
		all |= g
	}
	for _, x := range c.Casts {
		all |= model.Of(x.From) | x.Direct
	}
	for _, j := range c.Joins {
		all = all.With(j.Site)
	}
	for all.Has(n) || all>>n != 0 {
		n++
	}
	return n
}

func (c Config) next(s State, out *model.Steps[State]) {
	c.decide(s, out)
	c.send(s, out)
	for g := range c.Groups {
		c.spread(s, g, out)
		c.agree(s, g, out)
	}
	for p := range c.sites() {
		if !s.up(p) {
			continue
		}
		if c.May.Has(p) && (s.down|s.removed(s.decided)).Len() < c.Crashes {
			t := s
			t.down = t.down.With(p)
			out.May(t, "crash", p)
		}
		if s.applied[p] < s.decided {
			out.Must(c.apply(s, p), "apply", p)
		}
		if c.Skip.Has(p) && s.applied[p] < s.decided {
			out.May(c.skip(s, p), "skip", p)
		}
		for g := range c.Groups {
			c.work(s, g, p, out)
		}
	}
}

// apply lets site p apply an entry.
func (c Config) apply(s State, p int) State {
	e := s.log[s.applied[p]]
	s.applied[p]++
	if e.kind == remove && int(e.who) == p {
		s.down = s.down.With(p)
		return s
	}
	c.give(&s, p, e)
	for g := range c.Groups {
		s.groups[g].members[p].pool.Each(func(a int) { c.check(&s, g, p, a) })
	}
	c.tidy(&s, p)
	c.learn(&s, p, e)
	return s
}

// give gives process p what entry e has numbered for it.
func (c Config) give(s *State, p int, e entry) {
	if e.kind != list || e.number == 0 || !c.Casts[s.tries[e.who].cast].Direct.Has(p) {
		return
	}
	x := &s.direct[p]
	if !x.pool.Has(int(e.who)) {
		s.fail(lacks)
	}
	x.pool = x.pool.Without(int(e.who))
	x.got.add(s, int(e.who))
}

// tidy drops what process p holds and will not be given.
func (c Config) tidy(s *State, p int) {
	s.direct[p].pool.Each(func(a int) {
		if c.void(s, a, s.applied[p]) {
			s.direct[p].pool = s.direct[p].pool.Without(a)
		}
	})
}

// skip has site p go on from the end of the log. With the directory there it is
// told what was numbered for it.
func (c Config) skip(s State, p int) State {
	for ; s.applied[p] < s.decided; s.applied[p]++ {
		e := s.log[s.applied[p]]
		if e.kind == remove && int(e.who) == p {
			s.down = s.down.With(p)
			return s
		}
		if c.Broken != Owed {
			c.give(&s, p, e)
		}
	}
	c.tidy(&s, p)
	return s
}

// check drops attempt a from p's pool if it can have no number any more.
func (c Config) check(s *State, g, p, a int) {
	me := &s.groups[g].members[p]
	if !c.void(s, a, s.applied[p]) {
		return
	}
	kept := false
	for n := me.listed + 1; ; n++ {
		x, index := c.due(s, g, p, n)
		if index == 0 {
			break
		}
		kept = kept || x == a
	}
	if !kept || c.Broken == Keep {
		me.pool = me.pool.Without(a)
	}
}
