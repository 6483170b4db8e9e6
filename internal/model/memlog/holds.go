package memlog

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/model"
)

// holds is the promise: for each entry one decision, whether or not anybody has
// applied it yet (M4, M5), and only decided removals make a site halt.
func (c Config) holds(s State) error {
	if s.split {
		return fmt.Errorf("a site applied something else than the others")
	}
	for i := range c.Entries {
		view, seq := c.view(&s, i)
		chosen := s.log[i]
		for b := range maxBallots {
			e := s.views[seq].proposals[b][i]
			if e == 0 || !c.decided(view, e, s.views[seq].accepts[b][i]) {
				continue
			}
			if chosen != 0 && chosen != e {
				return fmt.Errorf("entry %d was decided as %v and as %v", i+1, chosen, e)
			}
			chosen = e
		}
		if s.log[i] == 0 {
			break
		}
	}
	for p := range s.sites {
		if s.sites[p].out && !s.removed().Has(p) {
			return fmt.Errorf("%d has halted and nothing decided removes it", p)
		}
	}
	return nil
}

// removed are the sites that the log has removed.
func (s *State) removed() (who model.Set) {
	for _, e := range s.log {
		who |= e.remove()
	}
	return who
}

// plain forgets what a site that has halted knew.
func plain(s State) State {
	for p := range s.sites {
		if s.sites[p].out {
			s.sites[p] = site{out: true, index: s.sites[p].index}
		}
	}
	return s
}

// show draws a state: the log, and each site's place in it, promise and ballot.
func (c Config) show(s State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "log %v", s.log[:c.Entries])
	for p := range c.Sites + c.Joiners {
		me := &s.sites[p]
		fmt.Fprintf(&b, " | %d at %d promised %d", p, me.index, me.promised)
		if me.leading {
			b.WriteString(" leads")
		}
		if me.out {
			b.WriteString(" halted")
		}
	}
	return b.String()
}

// sights are the hard cases.
func (c Config) sights() []model.Sight[State] {
	list := []model.Sight[State]{
		{Name: "two ballots, two proposals for one entry", Seen: func(s State) bool {
			return c.any(&s, func(h *history, b, i int) bool {
				return b > 0 && h.proposals[0][i] != 0 && h.proposals[b][i] != 0 && h.proposals[0][i] != h.proposals[b][i]
			})
		}},
		{Name: "a takeover proposes again what was accepted below it", Seen: func(s State) bool {
			return c.any(&s, func(h *history, b, i int) bool {
				return b > 0 && h.proposals[b][i] != 0 && h.proposals[b][i] == h.proposals[0][i] && ownerOf(b) != 0
			})
		}},
		{Name: "what nobody knows to be decided is proposed again", Seen: func(s State) bool {
			return c.any(&s, func(h *history, b, i int) bool {
				if b == 0 || h.proposals[b][i] == 0 || s.log[i] != 0 {
					return false
				}
				view, _ := c.view(&s, i)
				return c.quorum(view, h.accepts[0][i]) && h.proposals[0][i] == h.proposals[b][i]
			})
		}},
	}
	if c.Entries > 1 {
		list = append(list, model.Sight[State]{Name: "the view that an entry made decides the next", Seen: func(s State) bool {
			return s.log[0].changesView() && s.log[1] != 0
		}})
	}
	return list
}

// any reports whether is holds of some ballot and entry.
func (c Config) any(s *State, is func(h *history, b, i int) bool) bool {
	for v := range s.views {
		for b := range maxBallots {
			for i := range c.Entries {
				if is(&s.views[v], b, i) {
					return true
				}
			}
		}
	}
	return false
}
