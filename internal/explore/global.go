package explore

import (
	"github.com/cohortkit/cohort/internal/core/fact"
)

// global is a state of the whole world: a value, copied at every step.
type global struct {
	net
	at     [maxSites]*local
	told   [maxSites]uint8 // of whose crash each site has heard
	faults uint8           // that have happened
	timers uint8           // that have fired ahead of their time
	// odd digests what was delivered as safe before a site held it: nothing, if
	// all is well. It keeps such a run apart from those in which that site held
	// it in time and which look the same in the end.
	odd sum
}

func (g *global) key(sites int) sum {
	var s sum
	for i := range sites {
		s.add(g.at[i].key)
		s.word(uint64(g.told[i]))
	}
	s.word(uint64(g.faults)<<8 | uint64(g.timers))
	s.add(g.odd)
	g.digest(&s)
	return s
}

// enter takes a site to the state that a step leads to.
func (g *global) enter(site int, t *taken) {
	g.at[site] = t.to
	g.carry(site, &t.outcome)
	for _, f := range t.facts {
		if f, ok := f.(fact.Deliver); ok && f.Safe {
			g.notice(site, f)
		}
	}
}

// notice keeps in mind who did not hold a safe cast when it was delivered.
func (g *global) notice(site int, f fact.Deliver) {
	upto := f.First + uint64(f.N) - 1
	for of, l := range g.at {
		if l == nil || of == site || proc(of) == f.Sender {
			continue
		}
		if l.held[heldKey{proc(of), f.Group, f.Sender, f.View}] < upto {
			var one sum
			one.word(uint64(of))
			one.add(digest(f))
			g.odd.join(one)
		}
	}
}
