package votes

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/model"
)

// holds is the promise: one decision, whoever cast the votes for it.
func (c Config) holds(s State) error {
	first := -1
	for i := range c.Ballots {
		switch x := &s.said[i]; {
		case x.value == 0 || !c.quorum(x.accepts, x.missedB):
		case first < 0:
			first = i
		case x.value != s.said[first].value:
			return fmt.Errorf("ballot %d decided %d with the votes %v, ballot %d decided %d with the votes %v",
				first, s.said[first].value, s.said[first].accepts, i, x.value, x.accepts)
		}
	}
	return nil
}

// plain forgets what the dead knew but for their wills.
func plain(s State) State {
	s.dead.Each(func(p int) {
		s.knows[p] = 0
		s.memory[p] = [maxSites]record{}
	})
	return s
}

// show draws a state: the ballots, and the dead.
func (c Config) show(s State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dead %v", s.dead)
	for i := range c.Ballots {
		if x := &s.said[i]; x.open {
			fmt.Fprintf(&b, " | ballot %d promised %v value %d accepted %v", i, x.promises, x.value, x.accepts)
		}
	}
	return b.String()
}

// sights are what votes by machine are for, and the hard case.
func (c Config) sights() []model.Sight[State] {
	if c.Rule == Nobody {
		return nil
	}
	return []model.Sight[State]{
		{Name: "a vote of the dead is needed, and decides", Seen: func(s State) bool {
			for i := range c.Ballots {
				x := &s.said[i]
				if x.value != 0 && c.quorum(x.accepts, x.missedB) && !c.majority(x.accepts&^x.heirs) {
					return true
				}
			}
			return false
		}},
		{Name: "a takeover finds what was accepted below", Seen: func(s State) bool {
			for i := range c.Ballots {
				if v := s.said[i].value; v != 0 && int(v) != i+1 {
					return true
				}
			}
			return false
		}},
	}
}
