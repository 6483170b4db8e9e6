package cut

import "github.com/cohortkit/cohort/internal/model"

// Config bounds the world.
type Config struct {
	Members int  // of the first view
	Joiner  bool // one more may be let in
	Views   int  // after the first
	Casts   int  // by all together
	Crashes int
	Broken  Rule
}

// A Rule is a rule of the design that can be left out.
type Rule int

// The rules. None is left out in the design itself.
const (
	None          Rule = iota
	MostHeld           // the cut of the removed is the most that anybody holds, not the least
	AckFirst           // the lead installs when all hold the cut, not when it does itself
	CloseStreams       // who has reported takes nothing more from the removed
	OneAttempt         // what is forwarded counts in its attempt only
	FinishEarlier      // what some have installed the others install first
	ObeyNewest         // only the lead of the newest attempt is obeyed
	Wedge              // who has reported sends nothing more in the view
)

// Machine is the model.
func Machine(c Config) model.Machine[State] {
	var s State
	s.decided = 1
	s.views[1] = model.All(c.Members)
	for p := range c.Members {
		s.procs[p] = proc{applied: 1, at: 1, followed: model.Of(1)}
	}
	if c.Joiner {
		s.procs[c.Members].applied = 1
	}
	return model.Machine[State]{Init: []State{s}, Next: c.next, Plain: c.plain, Holds: holds, Done: c.done, Show: show, Sights: c.sights()}
}

func (c Config) procs() int {
	if c.Joiner {
		return c.Members + 1
	}
	return c.Members
}

// next lists all that can happen: in the log, to a process, in an attempt.
func (c Config) next(s State, out *model.Steps[State]) {
	c.decide(s, out)
	for p := range c.procs() {
		if s.up(p) {
			c.act(s, p, out)
		}
	}
	for a := 2; a <= int(s.decided); a++ {
		c.collect(s, a, out)
		c.installFirst(s, a, out)
		for p := range c.procs() {
			if s.up(p) && c.obeys(&s, p, a) {
				c.follow(s, p, a, out)
			}
		}
	}
}

// decide adds a view to the log: without a member that is dead, wrongly taken
// for dead, or leaving; with the joiner; or the same again.
func (c Config) decide(s State, out *model.Steps[State]) {
	if int(s.decided) > c.Views {
		return
	}
	last := s.views[s.decided]
	s.decided++
	add := func(v model.Set) State {
		t := s
		t.views[t.decided] = v
		return t
	}
	out.May(add(last), "decide same")
	last.Each(func(p int) {
		if rest := last.Without(p); rest&model.All(c.Members) != 0 {
			out.When(s.down.Has(p), add(rest), "decide without", p)
		}
	})
	if c.Joiner && s.procs[c.Members].at == 0 && !last.Has(c.Members) && s.procs[c.Members].applied == 1 {
		out.May(add(last.With(c.Members)), "decide with", c.Members)
	}
}

// act is what process p does by itself: crash, cast, receive, learn of a view.
func (c Config) act(s State, p int, out *model.Steps[State]) {
	me := s.procs[p]
	if int(s.crashes) < c.Crashes {
		t := s
		t.crashes++
		t.down = t.down.With(p)
		out.May(t, "crash", p)
	}
	if me.at > 0 && int(s.casts) < c.Casts && (me.applied == me.at || c.Broken == Wedge) {
		t := s
		t.casts++
		h := &t.procs[p].held[me.at]
		*h = h.with(p, h.of(p)+1)
		out.May(t, "cast", p)
	}
	if me.at > 0 {
		s.views[me.at].Each(func(x int) {
			n := me.held[me.at].of(x)
			if n < s.procs[x].held[me.at].of(x) && (!s.closed(p, x) || c.Broken == CloseStreams) {
				t := s
				h := &t.procs[p].held[me.at]
				*h = h.with(x, n+1)
				out.When(s.up(x), t, "receive", p, x)
			}
		})
	}
	if me.applied < s.decided {
		out.Must(apply(s, p), "apply", p, int(me.applied)+1)
	}
}

// apply lets p learn of the next view, and report if it is a member of it. Who
// is removed halts.
func apply(s State, p int) State {
	me := &s.procs[p]
	me.applied++
	v := me.applied
	switch {
	case s.views[v].Has(p):
		begin(&s, p)
	case s.views[v-1].Has(p):
		s.down = s.down.With(p)
	}
	return s
}

// begin takes part in the newest attempt that p knows of.
func begin(s *State, p int) {
	me := &s.procs[p]
	me.took = 0
	t := &s.tries[me.applied]
	t.reported = t.reported.With(p)
	t.reports[p] = report{of: me.at}
	if me.at > 0 {
		t.reports[p].held = me.held[me.at]
	}
}

// obeys reports whether p takes part in attempt a now.
func (c Config) obeys(s *State, p, a int) bool {
	me := &s.procs[p]
	if !s.views[a].Has(p) || int(me.at) >= a {
		return false
	}
	return int(me.applied) == a || (c.Broken == ObeyNewest && int(me.applied) > a)
}
