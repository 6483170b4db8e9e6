package lease

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/model"
)

// writes begins, spreads and completes writes in the view of the group, and
// takes the group to the next view: the members of that all know of it and of
// none later, and go there with all that any of them holds.
func (c Config) writes(s State, out *model.Steps[State]) {
	view, r := s.views[s.group], int(s.reader)
	free := false
	view.Without(r).Each(func(p int) { free = free || s.sites[p].applied == s.group })
	if free && int(s.wrote) < c.Writes {
		t := s
		t.wrote++
		out.May(t, "write", int(t.wrote))
	}
	if view.Has(r) && s.held < s.wrote {
		t := s
		t.held++
		out.May(t, "receive", r)
	}
	if s.done < s.wrote && (s.held > s.done || !view.Has(r)) {
		t := s
		t.done++
		out.May(t, "complete", int(t.done))
	}
	for v := s.group + 1; v <= s.decided; v++ {
		ready := true
		s.views[v].Each(func(p int) { ready = ready && s.sites[p].applied == v })
		if ready {
			t := s
			t.group, t.done = v, s.wrote
			if s.views[v].Has(r) {
				t.held = s.wrote
			}
			out.May(t, "agree", int(v))
		}
	}
}

// holds is the promise: who reads under a lease has all that is complete.
func (c Config) holds(s State) error {
	if s.held < s.done && c.leased(&s) {
		return fmt.Errorf("%d may read, holds %d writes, and %d are complete", s.reader, s.held, s.done)
	}
	return nil
}

// plain forgets what can matter no more.
func (c Config) plain(s State) State {
	r := int(s.reader)
	if !s.views[s.sites[r].applied].Has(r) { // it never reads again
		out := State{reader: s.reader, decided: s.decided, views: s.views, done: s.done, held: s.held}
		out.sites[r] = s.sites[r]
		return out
	}
	for p := range c.all() {
		if s.asked == 0 {
			s.sites[p].answered = 0
		}
		if s.words[p].left == 0 {
			s.words[p] = word{}
		}
		if int(s.decided) == c.Views || p == r {
			s.sites[p].keeps, s.sites[p].fresh, s.sites[p].heard = 0, 0, 0
		}
		if s.sites[p].heard >= s.sites[p].applied {
			s.sites[p].fresh = 0
		}
	}
	return s
}

// show draws a state.
func (c Config) show(s State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "reader %d holds %d of %d writes, complete %d, group in view %d", s.reader, s.held, s.wrote, s.done, s.group)
	for v := range s.decided + 1 {
		fmt.Fprintf(&b, ", view %d %v", v, s.views[v])
	}
	for p := range c.all() {
		x := &s.sites[p]
		fmt.Fprintf(&b, " | %d in %d accepted %d keeps its word %d, counts %d", p, x.applied, x.accepted, x.keeps, s.words[p].left)
	}
	return b.String()
}

// sights are the hard cases.
func (c Config) sights() []model.Sight[State] {
	list := []model.Sight[State]{
		{Name: "a write is complete that the reader lacks", Seen: func(s State) bool { return s.held < s.done }},
		{Name: "the reader is removed while it has a lease", Seen: func(s State) bool {
			return !s.views[s.decided].Has(int(s.reader)) && s.words != [maxSites]word{}
		}},
	}
	if c.Views > 1 {
		list = append(list, model.Sight[State]{Name: "a lease of a view that has been followed by another", Seen: func(s State) bool {
			return s.sites[s.reader].applied < s.decided && c.leased(&s)
		}})
	}
	return list
}
