package explain

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
)

// silenceWorth is how long a site has to say nothing in its own trace for that
// to be pointed out.
const silenceWorth = 500_000_000

// losses are the sites that were removed.
func (r *Run) losses() []Finding {
	var list []Finding
	for _, x := range r.removals {
		l := &why.Loss{
			Site: r.who(id.Process(x.gone.Site, 0)), Index: x.view.Index, View: x.view.Seq,
			Evidence: x.gone.Evidence, Accusers: r.whoSites(x.gone.Accusers), Agreed: r.whoSites(x.agreed),
		}
		list = append(list, Finding{At: x.at, Loss: l, Steps: r.lossSteps(x)})
	}
	return list
}

// lossSteps are the facts that led to a removal: who suspected the site when,
// what the site itself did meanwhile, and how it learned of it.
func (r *Run) lossSteps(x removal) []Step {
	var steps []Step
	for _, s := range r.sites {
		for _, m := range r.timelines[s].suspects {
			if m.fact.Site == x.gone.Site && m.at <= x.at {
				text := fmt.Sprintf("suspects it (%s)", m.fact.Evidence)
				if m.fact.Cleared {
					text = "suspects it no more"
				}
				steps = append(steps, Step{m.at, r.who(id.Process(s, 0)), text})
			}
		}
	}
	self := r.who(id.Process(x.gone.Site, 0))
	t := r.timelines[x.gone.Site]
	if t == nil {
		return append(ordered(steps), Step{x.at, self, "its own trace is not among those given"})
	}
	if from, to := t.silence(x.at); to-from >= silenceWorth && x.gone.Evidence == "timeout" && t.end != "crash" {
		steps = append(steps, Step{from, self, fmt.Sprintf("its own trace says nothing for %s: its process stood still, or had nothing to do", why.Span(to-from))})
	}
	for _, s := range t.stalls {
		if s.from <= x.at && (s.open || s.to >= x.at-10*silenceWorth) {
			steps = append(steps, Step{s.from, self, "is stalled: it hears no majority either"})
		}
	}
	switch t.end {
	case "":
	case "crash":
		steps = append(steps, Step{t.ended, self, "crashes"})
	default:
		steps = append(steps, Step{t.ended, self, "ends: " + t.end})
	}
	return ordered(steps)
}

func ordered(steps []Step) []Step {
	slices.SortStableFunc(steps, func(a, b Step) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	return steps
}

// silence is the longest time without a fact that begins in the ten seconds
// before at.
func (t *timeline) silence(at int64) (from, to int64) {
	const before = 10_000_000_000
	times := append(slices.Clone(t.times), max(at, t.times[len(t.times)-1]))
	for i := range len(times) - 1 {
		a, b := times[i], times[i+1]
		if a >= at-before && a <= at && b-a > to-from {
			from, to = a, b
		}
	}
	return from, to
}

// stalls are the times in which sites heard no majority.
func (r *Run) stalls() []Finding {
	var list []Finding
	for _, x := range r.sites {
		t := r.timelines[x]
		for _, s := range t.stalls {
			to := s.to
			if s.open {
				to = r.last
			}
			w := &why.Wait{What: why.Node, Who: r.who(id.Process(x, 0)), Kind: "stalled", For: to - s.from}
			c, steps := r.majority(t, s.from)
			w.Causes = []why.Cause{c}
			if !s.open && t.ended == s.to && t.end != "" {
				steps = append(steps, Step{s.to, w.Who, "ends: " + t.end})
			} else if !s.open {
				steps = append(steps, Step{s.to, w.Who, "is in touch with a majority again"})
			}
			list = append(list, Finding{At: s.from, For: to - s.from, Open: s.open, Wait: w, Steps: ordered(steps)})
		}
	}
	return list
}

// majority says whom a site missed when it stalled, and what they weigh.
func (r *Run) majority(t *timeline, at int64) (why.Cause, []Step) {
	c := why.Cause{Why: why.NoMajority}
	self := r.who(id.Process(t.site, 0))
	missed := map[id.Site]moment[fact.Suspect]{}
	for _, m := range t.suspects {
		if m.at > at {
			break
		}
		if m.fact.Cleared {
			delete(missed, m.fact.Site)
		} else {
			missed[m.fact.Site] = m
		}
	}
	var steps []Step
	var all uint64
	if v := t.viewAt(at); v != nil {
		for _, m := range v.Members {
			all += uint64(m.Weight)
			s, gone := missed[m.Site]
			if !gone {
				c.Number += uint64(m.Weight)
				continue
			}
			who := r.who(id.Process(m.Site, 0))
			c.Who = append(c.Who, who)
			steps = append(steps, Step{s.at, self, fmt.Sprintf("suspects %v (%s)", who, s.fact.Evidence)})
		}
	}
	c.Of = all/2 + 1
	return c, steps
}

// viewAt is the site view that a site had, or nil.
func (t *timeline) viewAt(at int64) *fact.SiteView {
	var v *fact.SiteView
	for i := range t.views {
		if t.views[i].at <= at {
			v = &t.views[i].fact
		}
	}
	return v
}

// stalledIn reports whether a site was stalled in part of a time.
func (x *index) stalledIn(s id.Site, from, to int64) bool {
	t := x.timelines[s]
	return t != nil && slices.ContainsFunc(t.stalls, func(s stall) bool { return s.from <= to && (s.open || s.to >= from) })
}
