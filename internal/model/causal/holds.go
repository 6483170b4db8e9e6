package causal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/model"
)

// holds is the promise: nobody is delivered a cast after one that depends on it
// (O2, over all groups), and all who leave a view of a group were delivered the
// same in it (V5).
func (c Config) holds(s State) error {
	if s.inverted {
		return errors.New("a cast was delivered after one that depends on it")
	}
	for g := range c.Groups {
		for v := range s.cuts[g] {
			if !s.cuts[g][v].made {
				continue
			}
			casts, first := s.of(g, v), -1
			for p := range s.procs {
				me := &s.procs[p]
				switch {
				case !c.Groups[g].Has(p) || int(me.views[g]) <= v:
				case first < 0:
					first = p
				case me.done&casts != s.procs[first].done&casts:
					return fmt.Errorf("of view %d of group %d %d was delivered %v and %d was delivered %v",
						v, g, first, s.procs[first].done&casts, p, me.done&casts)
				}
			}
		}
	}
	return nil
}

// done: who lives has been delivered all that who lives has sent, and has
// installed the last view of each group.
func (c Config) done(s State) bool {
	fine := true
	live := c.procs() &^ s.removed(s.decided)
	live.Each(func(p int) {
		me := &s.procs[p]
		for g, members := range c.Groups {
			if members.Has(p) && (me.views[g] != c.view(&s, g, s.decided) || !me.done.Covers(c.must(&s, g))) {
				fine = false
			}
		}
	})
	return fine
}

// must are the casts in group g of those that live, and of its cuts.
func (c Config) must(s *State, g int) (list model.Set) {
	gone := s.removed(s.decided)
	for m := range int(s.sent) {
		if x := &s.casts[m]; int(x.group) == g && !gone.Has(int(x.from)) {
			list = list.With(m)
		}
	}
	for _, end := range s.cuts[g] {
		list |= end.casts
	}
	return list
}

// plain forgets what the dead had in mind, but for what they held.
func plain(s State) State {
	s.down.Each(func(p int) { s.procs[p].context, s.procs[p].past = 0, 0 })
	return s
}

// show draws a state.
func (c Config) show(s State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "down %v", s.down)
	for m := range int(s.sent) {
		x := &s.casts[m]
		fmt.Fprintf(&b, " | cast %d of %d in group %d needs %v and %v", m, x.from, x.group, x.vector, x.deps)
	}
	c.procs().Each(func(p int) {
		me := &s.procs[p]
		fmt.Fprintf(&b, " | %d in views %v holds %v delivered %v", p, me.views[:len(c.Groups)], me.held, me.done)
	})
	return b.String()
}

// sights are the hard cases.
func (c Config) sights() []model.Sight[State] {
	list := []model.Sight[State]{
		{Name: "a cast waits for one of another group", Seen: func(s State) bool {
			for p := range s.procs {
				for m := range int(s.sent) {
					me, x := &s.procs[p], &s.casts[m]
					if me.held.Has(m) && !me.done.Has(m) && me.done.Covers(x.vector) && me.views[x.group] == x.view && !c.ready(&s, p, m) {
						return true
					}
				}
			}
			return false
		}},
	}
	if c.Entries == 0 {
		return list
	}
	return append(list, []model.Sight[State]{
		{Name: "two groups end a view for one entry", Seen: func(s State) bool { return s.cuts[0][0].made && s.cuts[1][0].made }},
		{Name: "a cast in a cut depends on one that is lost", Seen: func(s State) bool {
			for m := range int(s.sent) {
				x := &s.casts[m]
				lost := false
				x.deps.Each(func(d int) {
					y := &s.casts[d]
					end := s.cuts[y.group][y.view]
					lost = lost || end.made && !end.casts.Has(d)
				})
				if end := s.cuts[x.group][x.view]; end.made && end.casts.Has(m) && lost {
					return true
				}
			}
			return false
		}},
	}...)
}
