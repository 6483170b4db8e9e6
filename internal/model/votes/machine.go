package votes

import "github.com/cohortkit/cohort/internal/model"

// Config bounds the world.
type Config struct {
	Machines []int // of each site, oldest first
	Ballots  []int // their owners, lowest ballot first; the first needs no promises
	Crashes  int
	Rule     Rule
}

// A Rule says who speaks for the dead.
type Rule int

// The designs, and what goes wrong with others.
const (
	Will      Rule = iota
	Block          // of all the votes of a machine together
	Nobody         // as it is without heirs
	Memory         // the heir casts the vote, and knows nothing of what it was cast for
	TellFirst      // the will is told after the answer
	OneHeir        // any that knows of the death casts it
	Certain        // silence on the same machine is taken for death
	Machine        // and silence of a site of any machine
)

// New is the model.
func New(c Config) model.Machine[State] {
	var s State
	s.said[0].open = true
	return model.Machine[State]{Init: []State{s}, Next: c.next, Plain: plain, Holds: c.holds, Show: c.show, Sights: c.sights()}
}

// together reports whether two sites may take each other for dead.
func (c Config) together(p, q int) bool {
	return p != q && (c.Machines[p] == c.Machines[q] || c.Rule == Machine)
}

// speaks reports whether p casts vote v: its own, or as the oldest site of the
// machine that p does not know to be dead.
func (c Config) speaks(s *State, p, v int) bool {
	switch {
	case p == v:
		return true
	case !c.together(p, v) || !s.knows[p].Has(v) || c.Rule == Nobody || c.Rule == Block:
		return false
	}
	for q := range p {
		if c.together(p, q) && !s.knows[p].Has(q) && c.Rule != OneHeir {
			return false
		}
	}
	return true
}

func (c Config) next(s State, out *model.Steps[State]) {
	for p := range c.Machines {
		if s.dead.Has(p) {
			continue
		}
		if int(s.crashes) < c.Crashes {
			t := s
			t.crashes++
			t.dead = s.dead.With(p)
			out.May(t, "crash", p)
		}
		for q := range c.Machines {
			certain := s.dead.Has(q) || c.Rule == Certain || c.Rule == Machine
			if c.together(p, q) && certain && !s.knows[p].Has(q) {
				out.May(c.learn(s, p, q), "learn death", p, q)
			}
		}
		if c.Rule == TellFirst {
			t := s
			t.wills[p] = s.memory[p]
			out.May(t, "tell", p)
		}
		for v := range c.Machines {
			if c.speaks(&s, p, v) {
				c.vote(s, p, v, out)
			}
		}
		c.lead(s, p, out)
	}
}

// learn lets p know that q is dead, and gives it the will of q for every vote.
func (c Config) learn(s State, p, q int) State {
	s.knows[p] = s.knows[p].With(q)
	for v := range c.Machines {
		if c.Rule != Memory {
			s.memory[p][v] = better(s.memory[p][v], s.wills[q][v])
		}
		if c.Rule != TellFirst {
			s.wills[p][v] = s.memory[p][v]
		}
	}
	return s
}

// vote lets p promise and accept for vote v.
func (c Config) vote(s State, p, v int, out *model.Steps[State]) {
	for i := range c.Ballots {
		b := uint8(i + 1)
		x := &s.said[i]
		if x.open && i > 0 && b >= s.memory[p][v].promised {
			t := s
			y := &t.said[i]
			if !x.promises.Has(v) {
				y.promises, y.last[v] = x.promises.With(v), s.memory[p][v].accepted
			}
			y.missedA |= s.knows[p]
			c.remember(&t, p, v, record{b, s.memory[p][v].accepted})
			out.May(t, "promise", p, v, i)
		}
		if x.value != 0 && b >= s.memory[p][v].promised {
			t := s
			y := &t.said[i]
			y.accepts = x.accepts.With(v)
			if p != v {
				y.heirs = x.heirs.With(v)
			}
			y.missedB |= s.knows[p]
			c.remember(&t, p, v, record{b, b})
			out.May(t, "accept", p, v, i)
		}
	}
}

// remember writes down what p has promised or accepted for v; before it says so
// the others of its machine have it too.
func (c Config) remember(s *State, p, v int, r record) {
	s.memory[p][v] = r
	if c.Rule != TellFirst {
		s.wills[p][v] = r
	}
}

// lead lets p open its ballots and propose at them.
func (c Config) lead(s State, p int, out *model.Steps[State]) {
	for i, owner := range c.Ballots {
		if owner != p || s.said[i].value != 0 {
			continue
		}
		if !s.said[i].open {
			t := s
			t.said[i].open = true
			out.May(t, "bid", p, i)
			continue
		}
		if i == 0 {
			s.said[0].value = 1
			out.May(s, "propose", p, 0, 1)
			continue
		}
		all := s.said[i].promises
		for heard := all; heard != 0; heard = (heard - 1) & all {
			if c.quorum(heard, s.said[i].missedA) {
				t := s
				t.said[i].value = found(&s, i, heard)
				out.May(t, "propose", p, i, int(t.said[i].value))
			}
		}
	}
}

// found is the value that the promises of heard bind ballot i to, or else its
// own, which no other ballot proposes by itself.
func found(s *State, i int, heard model.Set) uint8 {
	var last uint8
	heard.Each(func(v int) { last = max(last, s.said[i].last[v]) })
	if last > 0 {
		return s.said[last-1].value
	}
	return uint8(i + 1)
}

// quorum reports whether the votes in cast decide: more than half, or half with
// the oldest. With Block a machine's votes count when nobody of it is missing
// but those known to be dead.
func (c Config) quorum(cast, missed model.Set) bool {
	if c.Rule == Block {
		cast = c.blocks(cast, missed)
	}
	return c.majority(cast)
}

func (c Config) majority(cast model.Set) bool {
	n := 2 * cast.Len()
	return n > len(c.Machines) || n == len(c.Machines) && cast.Has(0)
}

// blocks are the votes of the machines that count.
func (c Config) blocks(cast, missed model.Set) (votes model.Set) {
	for m := range c.Machines { // machines are numbered from 0
		var of model.Set
		for p, on := range c.Machines {
			if on == m {
				of = of.With(p)
			}
		}
		if of != 0 && cast&of != 0 && (cast | missed).Covers(of) {
			votes |= of
		}
	}
	return votes
}
