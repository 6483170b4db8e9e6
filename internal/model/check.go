package model

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"strings"
)

// A Result is what a search found.
type Result struct {
	States  int  // visited, each once
	Steps   int  // taken, also to states visited before
	Depth   int  // the longest of the shortest ways to a state
	Whole   bool // all reachable states were visited
	Failure *Failure
	Missed  []string // sights never met, when the search is whole
}

// A Failure is a state that should not be, and a shortest way to it.
type Failure struct {
	Why   error
	Trace []Event
}

// An Event is a step of a trace and the state after it; the first has no step.
type Event struct {
	Step  string
	State string
}

// ErrStuck is the failure of a state in which nothing that must happen is left
// although the machine is not done.
var ErrStuck = errors.New("stuck: nothing more must happen, and it is not done")

// String draws the trace, one step a line, with the first and the last state.
func (f *Failure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n", f.Why)
	for i, e := range f.Trace {
		if i > 0 {
			fmt.Fprintf(&b, "%4d  %s\n", i, e.Step)
		}
		if i == 0 || i == len(f.Trace)-1 {
			fmt.Fprintf(&b, "      %s\n", e.State)
		}
	}
	return b.String()
}

// Collision bounds the chance that some state was taken for another and not
// looked at: states are remembered by 64 bits of a hash, seeded anew each run.
func (r Result) Collision() float64 {
	n := float64(r.States)
	return n * n / math.Exp2(65)
}

// Check visits the states of m breadth first, at most limit of them, and stops
// at the first failure. It needs about 30 bytes for a state visited, and twice
// a state's size for each in the two layers at hand.
func Check[S comparable](m Machine[S], limit int) Result {
	c := &checker[S]{m: m, seed: maphash.MakeSeed(), visited: newFingerprints(), met: make([]bool, len(m.Sights))}
	c.steps.plain = m.Plain
	for _, s := range m.Init {
		if c.enter(s, uint32(len(c.parents)), 0) && c.result.Failure != nil {
			return c.result
		}
	}
	c.starts = c.next
	for first := 0; len(c.next) > 0; c.result.Depth++ {
		layer := c.next
		c.next = nil
		for i, s := range layer {
			if !c.expand(s, uint32(first+i)) {
				return c.result
			}
			if c.result.States >= limit {
				return c.result
			}
		}
		first += len(layer)
		if len(c.next) == 0 {
			break
		}
	}
	c.result.Whole = true
	for i, met := range c.met {
		if !met {
			c.result.Missed = append(c.result.Missed, m.Sights[i].Name)
		}
	}
	return c.result
}

// checker is one search. A state visited is remembered by its fingerprint, and
// by how it was reached: from which state, by which of that state's steps.
type checker[S comparable] struct {
	m       Machine[S]
	seed    maphash.Seed
	visited *fingerprints
	parents []uint32 // by order of visit; an initial state is its own
	turns   []uint16
	starts  []S
	next    []S
	steps   Steps[S]
	met     []bool
	result  Result
}

// enter visits s unless it was visited before.
func (c *checker[S]) enter(s S, parent uint32, turn int) bool {
	if !c.visited.add(maphash.Comparable(c.seed, s)) {
		return false
	}
	if turn < 0 || turn > math.MaxUint16 || len(c.parents) == math.MaxUint32 {
		panic("model: more steps or states than the search can number")
	}
	me := uint32(len(c.parents))
	c.parents = append(c.parents, parent)
	c.turns = append(c.turns, uint16(turn))
	c.next = append(c.next, s)
	c.result.States++
	if err := c.m.Holds(s); err != nil {
		c.fail(err, me)
		return true
	}
	for i, sight := range c.m.Sights {
		c.met[i] = c.met[i] || sight.Seen(s)
	}
	return true
}

// expand takes all steps of s and reports whether all is well.
func (c *checker[S]) expand(s S, me uint32) bool {
	c.steps.from, c.steps.list = s, c.steps.list[:0]
	c.m.Next(s, &c.steps)
	stuck := c.m.Done != nil && !c.m.Done(s)
	for turn, x := range c.steps.list {
		stuck = stuck && !x.must
		c.result.Steps++
		if c.enter(x.to, me, turn) && c.result.Failure != nil {
			c.result.Depth++
			return false
		}
	}
	if stuck {
		c.fail(ErrStuck, me)
	}
	return !stuck
}

// fail records a failure in the state visited as number at, with the way there:
// back by parents, then forth by taking the steps again.
func (c *checker[S]) fail(why error, at uint32) {
	var turns []uint16
	for c.parents[at] != at {
		turns = append(turns, c.turns[at])
		at = c.parents[at]
	}
	f := &Failure{Why: why}
	starts := c.starts
	if starts == nil { // it fails as it begins
		starts = c.next
	}
	s := starts[at]
	f.Trace = append(f.Trace, Event{State: c.show(s)})
	for i := len(turns) - 1; i >= 0; i-- {
		steps := Steps[S]{from: s, plain: c.m.Plain}
		c.m.Next(s, &steps)
		x := steps.list[turns[i]]
		s = x.to
		f.Trace = append(f.Trace, Event{Step: x.step.String(), State: c.show(s)})
	}
	c.result.Failure = f
}

func (c *checker[S]) show(s S) string {
	if c.m.Show != nil {
		return c.m.Show(s)
	}
	return fmt.Sprintf("%+v", s)
}
