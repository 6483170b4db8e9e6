package total

import "github.com/cohortkit/cohort/internal/model"

// Config bounds the world.
type Config struct {
	Groups  int
	Casts   []model.Set // to which groups each goes
	Crashes int
	Broken  Rule
}

// A Rule is a rule of the design that can be left out.
type Rule int

// The rules. None is left out in the design itself.
const (
	None    Rule = iota
	Pending      // a cast waits for those that may come before it
	Best         // by the best knowledge of their times, not by what was proposed here
	Sync         // a new sequencer asks the others first
	Recall       // and takes for its own what they have heard from its group
	Learn        // and what they have fixed
	Raise        // and raises its clock to what they have seen
	Deaf         // and they hear no more from the former one
	Advance      // clocks pass every final time
)

// Machine is the model.
func Machine(c Config) model.Machine[State] {
	return model.Machine[State]{Init: []State{{}}, Next: c.next, Plain: c.plain, Holds: c.holds, Done: c.done, Show: c.show, Sights: c.sights()}
}

// ready reports whether the sequencer of group g may write.
func (c Config) ready(s *State, g int) bool {
	x := &s.groups[g]
	return !x.second || c.Broken == Sync || x.synced.Covers(model.All(c.Groups).Without(g))
}

func (c Config) next(s State, out *model.Steps[State]) {
	for g := range c.Groups {
		x := &s.groups[g]
		if c.ready(&s, g) {
			for m, dests := range c.Casts {
				if dests.Has(g) {
					c.propose(s, g, m, out)
					c.hear(s, g, m, out)
					c.finish(s, g, m, out)
				}
			}
		}
		if !x.second && x.kept < x.n {
			t := s
			t.groups[g].kept++
			out.Must(t, "keep", g)
		}
		if !x.second && int(s.crashes) < c.Crashes {
			out.May(c.fail(s, g), "crash", g)
		}
		for h := range c.Groups {
			if h != g && x.second && !x.synced.Has(h) && c.Broken != Sync {
				out.Must(c.sync(s, g, h), "sync", g, h)
			}
		}
	}
}

// propose lets group g give cast m a time, when it comes. It must come in the
// end if any group has it.
func (c Config) propose(s State, g, m int, out *model.Steps[State]) {
	x := &s.groups[g]
	if x.find(m, false) != 0 {
		return
	}
	some := false
	for h := range c.Groups {
		some = some || s.groups[h].find(m, false) != 0
	}
	x.write(false, m, timeOf(int(x.clock)+1, g))
	say(&s, g, m)
	out.When(some, s, "propose", g, m)
}

// say tells the other groups what g has proposed for m.
func say(s *State, g, m int) {
	x := &s.groups[g]
	who := 0
	if x.second {
		who = 1
	}
	s.said[g][m][who] = x.find(m, false)
}

// hear lets g hear what other groups have proposed for m.
func (c Config) hear(s State, g, m int, out *model.Steps[State]) {
	for h := range c.Groups {
		if !c.Casts[m].Has(h) || h == g {
			continue
		}
		for who, at := range s.said[h][m] {
			old := who == 0 && (s.groups[g].deaf.Has(h) || s.groups[g].heard[m][h] != 0)
			if at == 0 || old && c.Broken != Deaf {
				continue
			}
			t := s
			t.groups[g].heard[m][h] = at
			lives := who == 1 || !s.groups[h].second
			out.When(lives, t, "hear", g, m, h, who)
		}
	}
}

// finish lets g fix the time of m and write it, when nothing that is proposed
// and not final may come before.
func (c Config) finish(s State, g, m int, out *model.Steps[State]) {
	x := &s.groups[g]
	at, known := c.least(x, g, m)
	if !known || x.find(m, true) != 0 {
		return
	}
	for other := range c.Casts {
		if other == m || x.find(other, false) == 0 || x.find(other, true) != 0 || c.Broken == Pending {
			continue
		}
		first, _ := c.least(x, g, other)
		if c.Broken == Best {
			first = x.find(other, false)
		}
		if first < at {
			return
		}
	}
	clock := x.clock
	x.write(true, m, at)
	if c.Broken == Advance {
		x.clock = clock
	}
	out.Must(s, "final", g, m, int(at))
}

// least is the least that the final time of m can be by what g knows, and
// whether g knows all of it.
func (c Config) least(x *group, g, m int) (at stamp, known bool) {
	at = x.find(m, false)
	if x.fixed[m] != 0 || at == 0 {
		return x.fixed[m], x.fixed[m] != 0
	}
	known = true
	c.Casts[m].Without(g).Each(func(h int) {
		known = known && x.heard[m][h] != 0
		at = max(at, x.heard[m][h])
	})
	return at, known
}

// fail lets the first sequencer of g die. The second has what is kept.
func (c Config) fail(s State, g int) State {
	old := s.groups[g]
	s.crashes++
	s.groups[g] = group{second: true, n: old.kept, kept: old.kept}
	x := &s.groups[g]
	copy(x.stream[:], old.stream[:old.kept])
	for _, e := range x.stream[:x.n] {
		x.clock = max(x.clock, e.at.clock())
	}
	for m := range c.Casts {
		say(&s, g, m)
	}
	return s
}

// sync lets the second sequencer of g ask that of h.
func (c Config) sync(s State, g, h int) State {
	x, y := &s.groups[g], &s.groups[h]
	x.synced = x.synced.With(h)
	y.deaf = y.deaf.With(g)
	if y.second {
		x.deaf = x.deaf.With(h)
	}
	if c.Broken != Raise {
		x.clock = max(x.clock, y.clock)
	}
	for m, dests := range c.Casts {
		if !dests.Has(g) || !dests.Has(h) {
			continue
		}
		mine, fixed := y.heard[m][g], y.find(m, true)
		if mine != 0 && x.find(m, false) == 0 && c.Broken != Recall {
			x.write(false, m, mine)
		}
		if fixed != 0 && x.find(m, true) == 0 && c.Broken != Learn {
			x.fixed[m] = fixed
			if x.find(m, false) == 0 {
				x.write(false, m, fixed)
			}
		}
		x.heard[m][h] = y.find(m, false)
		say(&s, g, m)
	}
	return s
}
