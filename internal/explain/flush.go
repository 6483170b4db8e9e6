package explain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
)

// maxSteps bounds the facts told of one finding and kind.
const maxSteps = 16

// change is how the members of one view came to the next.
type change struct {
	group   id.Address
	view    uint64
	stays   []*stay // those that were told to stop
	attempt uint64  // the last one
	from    int64   // the first stopped
	to      int64   // the last had the next view, or the trace ended
	open    bool
	slowest *stay
}

// flushes are the changes of view, in which nobody sent.
func (r *Run) flushes() []Finding {
	byView := map[stayKey]*change{}
	var all []*change
	for _, s := range r.stays {
		if len(s.blocks) == 0 {
			continue
		}
		key := stayKey{group: s.group, view: s.view}
		c := byView[key]
		if c == nil {
			c = &change{group: s.group, view: s.view, from: s.blocks[0].at, slowest: s}
			byView[key] = c
			all = append(all, c)
		}
		c.take(s, r.last)
	}
	var list []Finding
	for _, c := range all {
		w := &why.Wait{What: why.View, Group: c.group, Name: r.titles[c.group], Who: r.who(c.slowest.proc), View: c.attempt, For: c.to - c.from}
		w.Causes = r.flushCauses(c)
		list = append(list, Finding{At: c.from, For: c.to - c.from, Open: c.open, Wait: w, Steps: r.flushSteps(c)})
	}
	return list
}

// take adds a member.
func (c *change) take(s *stay, last int64) {
	c.stays = append(c.stays, s)
	c.from = min(c.from, s.blocks[0].at)
	to := last
	switch {
	case s.next != nil:
		to, c.attempt = s.next.at, max(c.attempt, s.next.view)
	case s.left != 0:
		to = s.left
	default:
		c.open = true
		c.attempt = max(c.attempt, s.blocks[len(s.blocks)-1].fact.Attempt)
	}
	if to > c.to {
		c.to, c.slowest = to, s
	}
}

// last is who did something last, and when.
type last struct {
	at  int64
	who id.Address
}

func (l *last) note(at int64, who id.Address) {
	if at >= l.at {
		l.at, l.who = at, who
	}
}

// try is one attempt to get to the next view.
type try struct {
	attempt  uint64
	from, to int64
}

// tries are the attempts, of which each replaced the one before.
func (c *change) tries() []try {
	var list []try
	for _, s := range c.stays {
		for _, m := range s.blocks {
			i := slices.IndexFunc(list, func(t try) bool { return t.attempt == m.fact.Attempt })
			if i < 0 {
				list = append(list, try{attempt: m.fact.Attempt, from: m.at})
			} else {
				list[i].from = min(list[i].from, m.at)
			}
		}
	}
	slices.SortFunc(list, func(a, b try) int { return cmp.Compare(a.attempt, b.attempt) })
	for i := range list {
		list[i].to = c.to
		if i+1 < len(list) {
			list[i].to = list[i+1].from
		}
	}
	return list
}

// flushCauses says what took longest: an attempt that came to nothing, or a part
// of the last one.
func (r *Run) flushCauses(c *change) []why.Cause {
	tries := c.tries()
	longest := tries[0]
	for _, t := range tries {
		if t.to-t.from > longest.to-longest.from {
			longest = t
		}
	}
	if longest.attempt == c.attempt || longest.attempt == tries[len(tries)-1].attempt {
		return r.lastCauses(c)
	}
	took := fmt.Sprintf("for %s, then another attempt took its place", why.Span(longest.to-longest.from))
	var members, reported, cut []id.Address
	for _, s := range c.stays {
		members = append(members, slices.DeleteFunc(slices.Clone(s.members), func(p id.Address) bool { return slices.Contains(members, p) })...)
		if slices.ContainsFunc(s.reports, func(m moment[fact.FlushOK]) bool { return m.fact.Attempt == longest.attempt }) {
			reported = append(reported, s.proc)
		}
		if slices.ContainsFunc(s.cuts, func(m moment[fact.Cut]) bool { return m.fact.Attempt == longest.attempt }) {
			cut = append(cut, s.proc)
		}
	}
	lacks := func(done []id.Address) []why.Who {
		return r.whoAll(slices.DeleteFunc(slices.Clone(members), func(p id.Address) bool {
			return slices.Contains(done, p) || r.removedBy(p.Site(), longest.attempt)
		}))
	}
	if who := lacks(reported); len(who) > 0 {
		return []why.Cause{{Why: why.NoReport, Number: longest.attempt, Who: who, Text: took}}
	}
	if who := lacks(cut); len(who) > 0 {
		return []why.Cause{{Why: why.NoCutAck, Number: longest.attempt, Who: who, Text: took}}
	}
	return []why.Cause{{Why: why.InFlush, Number: longest.attempt, Text: took}}
}

// removedBy reports whether the log had removed a site by an entry.
func (r *Run) removedBy(s id.Site, index uint64) bool {
	return slices.ContainsFunc(r.removals, func(x removal) bool { return x.gone.Site == s && x.view.Index <= index })
}

// lastCauses says which part of the last attempt took longest, and who was the
// last in it.
func (r *Run) lastCauses(c *change) []why.Cause {
	var stopped, reported, began, cut, first, installed last
	var silent []id.Address
	for _, s := range c.stays {
		told := false
		for _, m := range s.reports {
			if m.fact.Attempt == c.attempt {
				reported.note(m.at, s.proc)
				told = true
			}
		}
		if !told && s.left == 0 {
			silent = append(silent, s.proc)
		}
		for _, m := range s.cuts {
			if m.fact.Attempt == c.attempt {
				cut.note(m.at, s.proc)
				if began.at == 0 || m.at < began.at {
					began = last{m.at, s.proc}
				}
			}
		}
		if s.next != nil {
			if first.at == 0 || s.next.at < first.at {
				first = last{s.next.at, s.proc}
			}
			installed.note(s.next.at, s.proc)
		}
	}
	stopped.at = c.from
	for _, t := range c.tries() {
		if t.attempt == c.attempt {
			stopped.at = t.from
		}
	}
	cause := func(reason why.Reason, who id.Address, text string) []why.Cause {
		return []why.Cause{{Why: reason, Number: c.attempt, Who: r.whoAll([]id.Address{who}), Text: text}}
	}
	switch {
	case c.open && len(silent) > 0 && cut.at == 0:
		return []why.Cause{{Why: why.NoReport, Number: c.attempt, Who: r.whoAll(silent)}}
	case c.open && first.at == 0 && cut.at != 0:
		return cause(why.NoCutAck, cut.who, "it had the cut last")
	case first.at == 0:
		return nil
	}
	if cut.at == 0 { // nobody moved on with anything
		cut, began = reported, reported
	}
	parts := []int64{reported.at - stopped.at, began.at - reported.at, cut.at - began.at, first.at - cut.at, installed.at - first.at}
	longest := 0
	for i, p := range parts {
		if p > parts[longest] {
			longest = i
		}
	}
	took := why.Span(max(parts[longest], 0)) + " of it"
	switch longest {
	case 0:
		return cause(why.NoReport, reported.who, "the last, "+took)
	case 1:
		return cause(why.OnTheWay, began.who, took)
	case 2:
		return cause(why.NoCut, cut.who, "the last, "+took)
	case 3:
		return cause(why.NoCutAck, cut.who, "the last to have the cut, "+took)
	}
	return cause(why.NoInstall, installed.who, "the last, "+took)
}

func (r *Run) flushSteps(c *change) []Step {
	var steps []Step
	for _, s := range c.stays {
		who := r.who(s.proc)
		for i, m := range s.blocks {
			if i == 0 || m.fact.Attempt != s.blocks[i-1].fact.Attempt {
				steps = append(steps, Step{m.at, who, fmt.Sprintf("stops sending in view %d: the log has view %d", s.view, m.fact.Attempt)})
			}
		}
		for _, m := range s.reports {
			steps = append(steps, Step{m.at, who, fmt.Sprintf("reports what it holds, for %d", m.fact.Attempt)})
		}
		for _, m := range s.cuts {
			steps = append(steps, Step{m.at, who, fmt.Sprintf("has the cut of %d", m.fact.Attempt)})
		}
		switch {
		case s.next != nil:
			steps = append(steps, Step{s.next.at, who, fmt.Sprintf("is in view %d", s.next.view)})
		case s.left != 0:
			steps = append(steps, Step{s.left, who, "is gone"})
		}
	}
	if steps = ordered(steps); len(steps) > maxSteps {
		more := len(steps) - maxSteps
		steps = slices.Delete(steps, maxSteps/4, maxSteps/4+more)
		steps[maxSteps/4-1].Text += fmt.Sprintf(" (%d steps after it left out)", more)
	}
	return steps
}
