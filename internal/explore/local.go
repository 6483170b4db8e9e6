package explore

import (
	"maps"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// local is a state of one site, with all that it has told so far. It is made
// once, however many ways lead to it.
type local struct {
	index  int
	key    sum
	now    effect.Time
	wake   effect.Time
	halted bool
	may    bool // its program can do its next act
	acts   int  // that its program has done
	told   sum  // what it has told, in order, but for what it holds
	held   heldSet

	past   []timed // of a root: all inputs up to here
	parent *local
	via    timed
	// machine is in this state. It is lent to the first state that follows; who
	// needs one later makes it again from the inputs.
	machine *machine
	next    map[input]*taken
}

// timed is an input and the time at which it came.
type timed struct {
	in  input
	now effect.Time
}

// taken is a step that was taken from a state.
type taken struct {
	to *local
	outcome
}

// heldKey names a stream as a member holds it.
type heldKey struct {
	proc, group, sender id.Address
	view                uint64
}

type heldSet map[heldKey]uint64

// locals are the states of all sites that were met.
type locals struct {
	w      *World
	fr     *frames
	byKey  map[sum]*local
	steps  int // taken by the core
	remade int // machines made again
}

func newLocals(w *World, fr *frames) *locals {
	return &locals{w: w, fr: fr, byKey: map[sum]*local{}}
}

// root makes the state that a machine has come to.
func (ls *locals) root(m *machine, past []timed) *local {
	l := &local{index: m.index, past: past, machine: m, held: heldSet{}, next: map[input]*taken{}}
	l.read(m)
	l.key = ls.keyOf(l, m)
	ls.byKey[l.key] = l
	return l
}

// read takes from the machine what is asked often.
func (l *local) read(m *machine) {
	l.now, l.wake, l.halted = m.now, m.wake, m.halted
	l.may = m.may(l.acts)
}

func (ls *locals) keyOf(l *local, m *machine) sum {
	s := digest(m.core)
	s.word(uint64(l.index))
	s.word(uint64(l.now))
	s.word(uint64(l.acts))
	s.add(digest(m.prog))
	s.add(l.told)
	var held sum
	for k, upto := range l.held {
		var one sum
		one.word(uint64(k.proc))
		one.word(uint64(k.group))
		one.word(uint64(k.sender))
		one.word(k.view)
		one.word(upto)
		held.join(one)
	}
	s.add(held)
	return s
}

// step is the step that in causes, taken now or remembered. A tick moves the
// site's clock to the time it asked for.
func (ls *locals) step(l *local, in input) *taken {
	if t := l.next[in]; t != nil {
		return t
	}
	now := l.now
	if in.kind == tick {
		now = l.wake
	}
	m := l.take(ls)
	ls.steps++
	t := &taken{outcome: m.step(in, now)}
	l.next[in] = t
	if t.failure != "" {
		return t
	}
	to := &local{index: l.index, parent: l, via: timed{in, now}, acts: l.acts, told: l.told, held: l.held}
	if in.kind == act {
		to.acts++
	}
	to.remember(t.facts)
	to.read(m)
	to.key = ls.keyOf(to, m)
	if known := ls.byKey[to.key]; known != nil {
		if known.machine == nil {
			known.machine = m
		}
		t.to = known
		return t
	}
	to.machine, to.next = m, map[input]*taken{}
	ls.byKey[to.key] = to
	t.to = to
	return t
}

// take is a machine in state l, which is the caller's from now on.
func (l *local) take(ls *locals) *machine {
	if m := l.machine; m != nil {
		l.machine = nil
		return m
	}
	ls.remade++
	m := newMachine(ls.w, ls.fr, l.index)
	for _, t := range l.history() {
		m.step(t.in, t.now)
	}
	return m
}

// history is all inputs that lead to l.
func (l *local) history() []timed {
	n := 0
	at := l
	for ; at.parent != nil; at = at.parent {
		n++
	}
	all := make([]timed, len(at.past)+n)
	copy(all, at.past)
	for at, i := l, len(all)-1; at.parent != nil; at, i = at.parent, i-1 {
		all[i] = at.via
	}
	return all
}

// remember takes what was told into the state. The order in which a site came
// to hold things is no part of it, nor is what it knows others to hold: those
// differ with every order of arrivals, and what came of them is seen elsewhere
// (verdict.go).
func (l *local) remember(facts []fact.Fact) {
	own := false
	for _, f := range facts {
		switch f := f.(type) {
		case fact.Held:
			if !own {
				l.held, own = maps.Clone(l.held), true
			}
			k := heldKey{f.Proc, f.Group, f.Sender, f.View}
			l.held[k] = max(l.held[k], f.Upto)
		case fact.Stable:
		default:
			l.told.text(f.Event())
			l.told.add(digest(f))
		}
	}
}
