package cut

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

// holds is the promise: all that leave a view, by whatever attempt, in time or
// late, even if they crash at once, were delivered the same in it (V5, V7, V10),
// and nobody skips a view between two that he shares with one who did not (M12).
func holds(s State) error {
	for v := 1; v <= int(s.decided); v++ {
		first := -1
		for p := range s.procs {
			x := &s.procs[p]
			a := x.left[v]
			if a == 0 {
				continue
			}
			if cut := s.tries[a].counts; int(s.tries[a].of) != v || x.held[v] != cut {
				return fmt.Errorf("%d left view %d by attempt %d, which ends view %d with cut %04x, and was delivered %04x",
					p, v, a, s.tries[a].of, cut, x.held[v])
			}
			if first < 0 {
				first = p
			}
			if was := s.procs[first].held[v]; was != x.held[v] {
				return fmt.Errorf("in view %d %d was delivered %04x and %d was delivered %04x", v, first, was, p, x.held[v])
			}
		}
	}
	for p := range s.procs {
		for q := range s.procs {
			if v, ok := skipped(s.procs[p].followed, s.procs[q].followed); ok {
				return fmt.Errorf("%d skipped view %d, which %d installed between two that they share", q, v, p)
			}
		}
	}
	return nil
}

// skipped finds a view of a between two that a and b have both, which b lacks.
func skipped(a, b model.Set) (v int, ok bool) {
	both := a & b
	if both == 0 {
		return 0, false
	}
	first, last := both.Min(), 0
	both.Each(func(i int) { last = i })
	for v := first; v < last; v++ {
		if a.Has(v) && !b.Has(v) {
			return v, true
		}
	}
	return 0, false
}

// done: all that live have installed the last view, unless it waits for dead
// ones whom the log, at its bound, cannot remove any more.
func (c Config) done(s State) bool {
	last := s.views[s.decided]
	if last&s.down != 0 {
		return int(s.decided) > c.Views || last&model.All(c.Members)&^s.down == 0
	}
	for p := range c.procs() {
		if last.Has(p) && s.procs[p].at != s.decided {
			return false
		}
	}
	return true
}

// sights are the hard cases.
func (c Config) sights() []model.Sight[State] {
	return []model.Sight[State]{
		{Name: "the lead installs and dies before any other has", Seen: func(s State) bool {
			for a := 2; a <= int(s.decided); a++ {
				if s.tries[a].installed && !s.up(s.lead(a)) && s.alone(a) {
					return true
				}
			}
			return false
		}},
		{Name: "an attempt finishes an earlier one first", Seen: func(s State) bool {
			for a := range s.tries {
				if s.tries[a].finish > 1 {
					return true
				}
			}
			return false
		}},
		{Name: "a cut is replaced by that of a later attempt", Seen: func(s State) bool {
			cuts := 0
			for a := range s.tries {
				if s.tries[a].of == 1 {
					cuts++
				}
			}
			return cuts > 1
		}},
		{Name: "something is forwarded", Seen: func(s State) bool {
			for a := range s.tries {
				if s.tries[a].forwarding != 0 && s.views[s.tries[a].of]&^s.views[a] != 0 && s.gap(a) {
					return true
				}
			}
			return false
		}},
	}
}

// alone reports whether only the lead of a has installed it.
func (s *State) alone(a int) bool {
	n := 0
	for p := range s.procs {
		if s.procs[p].followed.Has(a) {
			n++
		}
	}
	return n == 1
}

// gap reports whether some member lacked part of the cut of a when it reported.
func (s *State) gap(a int) bool {
	x := &s.tries[a]
	some := false
	x.movers.Each(func(p int) { some = some || !x.reports[p].held.covers(x.counts) })
	return some
}
