package explain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
)

// calls are those that took longest, and whose answer they waited for.
func (r *Run) calls(q Query) []Finding {
	asks := slices.DeleteFunc(slices.Clone(r.asks), func(a *ask) bool {
		from, to, _ := r.span(a)
		return to-from < q.Least || q.Group != 0 && a.group != q.Group || q.During && (q.At < from || q.At > to)
	})
	took := func(a *ask) int64 {
		from, to, _ := r.span(a)
		return to - from
	}
	slices.SortStableFunc(asks, func(a, b *ask) int { return cmp.Compare(took(b), took(a)) })
	var list []Finding
	for _, a := range asks[:min(len(asks), maxExplained)] {
		list = append(list, r.call(a))
	}
	return list
}

// span is how long a call took, or how long it was open.
func (r *Run) span(a *ask) (from, to int64, open bool) {
	t := r.timelines[a.caller.Site()]
	switch {
	case a.done != nil:
		return a.at, a.done.at, false
	case t != nil && t.end != "":
		return a.at, t.ended, false
	}
	return a.at, r.last, true
}

// call makes a finding of a call.
func (r *Run) call(a *ask) Finding {
	from, to, open := r.span(a)
	who := r.who(a.caller)
	f := Finding{At: from, For: to - from, Open: open}
	f.Wait = &why.Wait{
		What: why.Call, Group: a.group, Name: r.titles[a.group], Who: who, Number: a.id, For: f.For,
		Causes: r.callCauses(a),
	}
	f.Steps = []Step{{from, who, fmt.Sprintf("asks for %s of %s", replies(a.call.Want), r.title(a.group))}}
	for _, blamed := range f.Wait.Blame() {
		if d := r.requestAt(a, blamed.Proc); d != nil {
			text := fmt.Sprintf("is delivered the request, cast %d of %v in view %d", d.fact.First, r.who(d.fact.Sender), d.fact.View)
			f.Steps = append(f.Steps, Step{d.at, blamed, text})
		}
	}
	for _, o := range a.outcomes {
		if o.fact.Member == 0 {
			f.Steps = append(f.Steps, Step{o.at, who, "counts anew: the delivery that was answered is lost"})
			continue
		}
		f.Steps = append(f.Steps, Step{o.at, r.who(o.fact.Member), "is counted: " + o.fact.Kind})
	}
	if a.done != nil {
		text := "the call has ended"
		if a.done.fact.Err != "" {
			text += ": " + a.done.fact.Err
		}
		f.Steps = append(f.Steps, Step{a.done.at, who, text})
	}
	f.Steps = ordered(f.Steps)
	return f
}

// requestAt is where a member was delivered the request of a call, or nil.
func (r *Run) requestAt(a *ask, member id.Address) *moment[fact.Deliver] {
	if a.asked == nil {
		return nil
	}
	for _, s := range r.byProc[member] {
		for i := range s.delivers {
			d := &s.delivers[i]
			if s.group != a.group || d.fact.Duplicate {
				continue
			}
			cast, first := a.asked.fact.Cast, d.fact.First
			if a.asked.fact.View == 0 {
				if d.fact.Origin != a.caller {
					continue
				}
				first = d.fact.OFirst
			} else if s.view != a.asked.fact.View || d.fact.Sender != a.caller {
				continue
			}
			if first <= cast && cast < first+uint64(d.fact.N) {
				return d
			}
		}
	}
	return nil
}

func replies(want int) string {
	switch want {
	case -1:
		return "all replies"
	case 1:
		return "1 reply"
	}
	return fmt.Sprintf("%d replies", want)
}

// title is what a group or other destination is called.
func (x *index) title(g id.Address) string {
	if t := x.titles[g]; t != "" {
		return t
	}
	if g.IsGroup() {
		return g.String()
	}
	return x.who(g).String()
}

// callCauses is whose answer came last, or has not come.
func (r *Run) callCauses(a *ask) []why.Cause {
	if a.asked == nil {
		return nil
	}
	if a.done != nil {
		if n := len(a.outcomes); n > 0 && a.outcomes[n-1].fact.Member != 0 {
			last := a.outcomes[n-1]
			text := "its answer was the last: " + last.fact.Kind
			if d := r.requestAt(a, last.fact.Member); d != nil {
				text += fmt.Sprintf("; it was delivered the request after %s, and counted after %s more", why.Span(d.at-a.at), why.Span(last.at-d.at))
			}
			return []why.Cause{{Why: why.NoReply, Who: r.whoAll([]id.Address{last.fact.Member}), Text: text}}
		}
		return nil
	}
	var missing []id.Address
	if s := r.byStay[stayKey{a.caller, a.group, a.asked.fact.View}]; s != nil {
		for _, p := range s.ready {
			answered := false
			for _, o := range a.outcomes {
				answered = answered || o.fact.Member == p
			}
			if !answered {
				missing = append(missing, p)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []why.Cause{{Why: why.NoReply, Who: r.whoAll(missing)}}
}

// transfers are the joiners that were fed the state.
func (r *Run) transfers() []Finding {
	var list []Finding
	for _, d := range r.feeds {
		f := Finding{At: d.at, For: d.done - d.at, Open: d.done == 0}
		if f.Open {
			f.For = r.last - d.at
		}
		who := r.who(d.proc)
		f.Wait = &why.Wait{What: why.State, Group: d.group, Name: r.titles[d.group], Who: who, View: d.view, For: f.For}
		f.Steps = []Step{{d.at, who, "has joined, without the state"}}
		if d.donor != 0 {
			f.Wait.Causes = []why.Cause{{Why: why.Donor, Who: r.whoAll([]id.Address{d.donor})}}
			if d.captured != 0 {
				f.Steps = append(f.Steps, Step{d.captured, r.who(d.donor), "captures the state for it"})
			}
		}
		switch {
		case d.gone:
			f.Steps = append(f.Steps, Step{d.done, who, "ends before it holds the state"})
		case d.done != 0:
			f.Steps = append(f.Steps, Step{d.done, who, "holds the state"})
		}
		list = append(list, f)
	}
	return slices.Clip(list)
}
