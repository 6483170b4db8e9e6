package total

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/model"
)

// holds is the promise: the orders in which all groups deliver make no circle
// (O7), and nothing is delivered twice.
func (c Config) holds(s State) error {
	var after [maxCasts]model.Set // of each cast, those that some group delivers later
	for g := range c.Groups {
		var before model.Set
		for _, m := range s.groups[g].order() {
			if before.Has(m) {
				return fmt.Errorf("group %d delivers %d twice", g, m)
			}
			before.Each(func(b int) { after[b] = after[b].With(m) })
			before = before.With(m)
		}
	}
	for range maxCasts { // the closure
		for m := range after {
			after[m].Each(func(b int) { after[m] |= after[b] })
		}
	}
	for m := range after {
		if after[m].Has(m) {
			return fmt.Errorf("cast %d comes before itself", m)
		}
	}
	return nil
}

// done: what any group has is final in all its groups.
func (c Config) done(s State) bool {
	for m, dests := range c.Casts {
		some, all := false, true
		dests.Each(func(g int) {
			some = some || s.groups[g].find(m, false) != 0
			all = all && s.groups[g].find(m, true) != 0
		})
		if some && !all {
			return false
		}
	}
	return true
}

// plain forgets what matters no more when no sequencer can fail any more: what
// other members hold, and, when none has still to ask, what was heard of casts
// that are final.
func (c Config) plain(s State) State {
	asked := true
	for g := range c.Groups {
		x := &s.groups[g]
		if x.second || int(s.crashes) == c.Crashes {
			x.kept = x.n
		}
		asked = asked && (!x.second || x.synced.Covers(model.All(c.Groups).Without(g)))
	}
	if int(s.crashes) < c.Crashes || !asked || c.Broken == Sync {
		return s
	}
	for g := range c.Groups {
		for m := range c.Casts {
			if s.groups[g].find(m, true) != 0 {
				s.groups[g].heard[m], s.groups[g].fixed[m] = [maxGroups]stamp{}, 0
			}
		}
	}
	return s
}

// show draws a state.
func (c Config) show(s State) string {
	var b strings.Builder
	for g := range c.Groups {
		x := &s.groups[g]
		fmt.Fprintf(&b, "| group %d:", g)
		for i, e := range x.stream[:x.n] {
			what := "PROP"
			if e.final {
				what = "FINAL"
			}
			if i == int(x.kept) {
				b.WriteString(" ;")
			}
			fmt.Fprintf(&b, " %s %d at %v", what, e.cast, e.at)
		}
		if x.second {
			b.WriteString(" (second sequencer)")
		}
		b.WriteString(" ")
	}
	return b.String()
}

// sights are the hard cases.
func (c Config) sights() []model.Sight[State] {
	list := []model.Sight[State]{
		{Name: "a cast waits for one that may come before it", Seen: func(s State) bool {
			for g := range c.Groups {
				x := &s.groups[g]
				for m := range c.Casts {
					for o := range c.Casts {
						if a, b := x.find(m, false), x.find(o, false); a != 0 && b != 0 && a < b && x.find(m, true) > x.find(o, true) && x.find(o, true) != 0 {
							return true
						}
					}
				}
			}
			return false
		}},
	}
	if c.Crashes == 0 {
		return list
	}
	return append(list, model.Sight[State]{Name: "a proposal is lost here and known elsewhere", Seen: func(s State) bool {
		for g := range c.Groups {
			for m := range c.Casts {
				for h := range c.Groups {
					if s.groups[g].second && s.groups[g].synced == 0 && s.groups[g].find(m, false) == 0 && s.groups[h].heard[m][g] != 0 {
						return true
					}
				}
			}
		}
		return false
	}})
}
