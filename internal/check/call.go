package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Group calls: R1 to R3.

func judgeOutcomes(r *run, v *verdict) {
	for _, c := range r.calls {
		first := map[id.Address]int{}
		for _, i := range c.outcomes {
			f := at[fact.Outcome](r, i)
			if j, ok := first[f.Member]; !v.holds(!ok) {
				v.fail([]int{j, i}, "Call %d of %s counted %s twice.", c.id, c.caller, f.Member)
			} else {
				first[f.Member] = i
			}
			r.judgeOutcome(v, c, i, &f)
		}
		if len(c.late) > 0 {
			v.holds(false)
			v.fail([]int{c.done[0], c.late[0]}, "Call %d of %s counted a member after its end.", c.id, c.caller)
		}
		r.judgeEnough(v, c, first)
	}
}

// request is the cast of a call, as replies name it. ok is false if a member
// called and its cast is not known.
func (r *run) request(c *call, proc id.Address) (replyKey, bool) {
	if c.asked >= 0 {
		f := at[fact.Asked](r, c.asked)
		return replyKey{c.group, c.caller, f.View, f.Cast, proc}, true
	}
	m := r.memberOf[memberKey{c.caller, c.group}]
	outside := m == nil || len(m.stays) == 0
	return replyKey{c.group, c.caller, 0, c.id, proc}, outside
}

// judgeOutcome asks for the reply that an outcome rests on.
func (r *run) judgeOutcome(v *verdict, c *call, i int, f *fact.Outcome) {
	if f.Kind == "failed" {
		return // R2 judges those
	}
	k, ok := r.request(c, f.Member)
	if !ok {
		return
	}
	replies := r.replies[k]
	matches := slices.ContainsFunc(replies, func(j int) bool {
		return at[fact.Reply](r, j).Null == (f.Kind == "null") && (j < i || !r.opt.GlobalClock)
	})
	if !v.holds(matches || len(replies) == 0 && r.lost(f.Member.Site())) {
		v.fail(append([]int{i}, replies...), "Call %d of %s counted a %s of %s, which it did not give.", c.id, c.caller, f.Kind, f.Member)
	}
	if k.view != 0 && !v.holds(len(replies) <= 1) { // a process outside may ask again
		v.fail(replies, "%s answered call %d of %s more than once.", f.Member, c.id, c.caller)
	}
}

// judgeEnough asks that a call which ended well had what it wanted, or an
// outcome of everybody who could answer.
func (r *run) judgeEnough(v *verdict, c *call, outcomes map[id.Address]int) {
	if c.rec < 0 || c.asked < 0 || len(c.done) == 0 || at[fact.Done](r, c.done[0]).Err != "" {
		return
	}
	want, asked := at[fact.Call](r, c.rec).Want, at[fact.Asked](r, c.asked)
	replies := 0
	for _, i := range c.outcomes {
		if at[fact.Outcome](r, i).Kind == "reply" {
			replies++
		}
	}
	view := r.viewOf[viewKey{c.group, asked.View}]
	if view == nil || want >= 0 && replies >= want {
		return
	}
	for _, p := range view.ready {
		if _, ok := outcomes[p]; !v.holds(ok) {
			v.fail([]int{c.asked, c.done[0]}, "Call %d of %s ended without counting %s.", c.id, c.caller, p)
		}
	}
}

func judgeFailures(r *run, v *verdict) {
	for _, c := range r.calls {
		for _, i := range c.outcomes {
			f := at[fact.Outcome](r, i)
			if f.Kind == "failed" && !v.holds(r.failed(c, i, f.Member)) {
				v.fail([]int{i}, "Call %d of %s counted %s as failed, but no view without it was installed before.", c.id, c.caller, f.Member)
			}
		}
	}
}

// failed tells whether the caller could know from a view that p is gone: one
// later than the view of the request. A member needs its own view; others may
// have heard of one.
func (r *run) failed(c *call, i int, p id.Address) bool {
	var asked uint64
	if c.asked >= 0 {
		asked = at[fact.Asked](r, c.asked).View
	}
	m := r.memberOf[memberKey{c.caller, c.group}]
	if m != nil && len(m.stays) > 0 {
		return slices.ContainsFunc(m.stays, func(s *stay) bool {
			return s.installed < i && s.view.view > asked && s.view.lacks(p)
		})
	}
	if r.goneBefore(p, i) {
		return true
	}
	return slices.ContainsFunc(r.views, func(view *groupView) bool {
		return view.group == c.group && view.lacks(p) && (view.first < i || !r.opt.GlobalClock)
	})
}

func (v *groupView) lacks(p id.Address) bool {
	_, ok := v.rank[p]
	return !ok
}

func judgeCallEnd(r *run, v *verdict) {
	live := r.live()
	for _, c := range r.calls {
		if c.rec < 0 {
			if len(c.done) > 0 {
				v.holds(false)
				v.fail(c.done[:1], "Call %d of %s ended without having begun.", c.id, c.caller)
			}
			continue
		}
		if !v.holds(len(c.done) <= 1) {
			v.fail(c.done, "Call %d of %s ended twice.", c.id, c.caller)
		}
		if live && r.alive[c.caller.Site()] && !v.holds(len(c.done) > 0) {
			v.fail([]int{c.rec}, "Call %d of %s never ended.", c.id, c.caller)
		}
	}
}
