package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Calls on groups, from inside and outside, and on processes: R1 and R3, and
// what R2 asks of the callers.

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
	for _, i := range r.allReply {
		if f := at[fact.Reply](r, i); !f.Group.IsGroup() && !v.holds(f.Proc == f.Group) {
			v.fail([]int{i}, "%s answered a call of %s to %s.", f.Proc, f.Caller, f.Group)
		}
	}
}

// judgeOutcome asks for the reply that an outcome rests on.
func (r *run) judgeOutcome(v *verdict, c *call, i int, f *fact.Outcome) {
	if !c.group.IsGroup() && !v.holds(f.Member == c.group) {
		v.fail([]int{i}, "Call %d of %s to %s counted %s.", c.id, c.caller, c.group, f.Member)
		return
	}
	if f.Kind == "failed" {
		return // R2 judges those
	}
	if !v.holds(c.asked >= 0 && c.asked < i) {
		v.fail([]int{i}, "Call %d of %s counted a %s of %s before it had asked.", c.id, c.caller, f.Kind, f.Member)
		return
	}
	asked := at[fact.Asked](r, c.asked)
	replies := r.replies[replyKey{c.group, c.caller, asked.View, asked.Cast, f.Member}]
	matches := slices.ContainsFunc(replies, func(j int) bool {
		return at[fact.Reply](r, j).Null == (f.Kind == "null") && (j < i || !r.opt.GlobalClock)
	})
	if !v.holds(matches || len(replies) == 0 && r.lost(f.Member.Site())) {
		v.fail(append([]int{i}, replies...), "Call %d of %s counted a %s of %s, which it did not give.", c.id, c.caller, f.Kind, f.Member)
	}
	again := c.group.IsGroup() && asked.View == 0 // who asks a group from outside may ask again
	if !again && !v.holds(len(replies) <= 1) {
		v.fail(replies, "%s answered call %d of %s more than once.", f.Member, c.id, c.caller)
	}
}

// judgeEnough asks that a call which had an end of its own ended with the reply it
// still wanted, or had an outcome of everybody who could answer; and that its end
// says which: it is good with what was wanted, where that was all with one reply.
func (r *run) judgeEnough(v *verdict, c *call, outcomes map[id.Address]int) {
	if c.rec < 0 || c.asked < 0 || len(c.done) == 0 {
		return
	}
	err := at[fact.Done](r, c.done[0]).Err
	if err != "" && err != "nobody" {
		return
	}
	want, replies := at[fact.Call](r, c.rec).Want, 0
	for _, i := range c.outcomes {
		if !v.holds(want < 0 || replies < want) {
			v.fail([]int{i, c.done[0]}, "Call %d of %s wanted %d and counted %s when it had them.", c.id, c.caller, want, at[fact.Outcome](r, i).Member)
		}
		if at[fact.Outcome](r, i).Kind == "reply" {
			replies++
		}
	}
	enough := replies >= want
	if want < 0 {
		enough = replies > 0
	}
	if !v.holds(enough == (err == "")) {
		v.fail([]int{c.asked, c.done[0]}, "Call %d of %s wanted %d, counted %d replies and ended as %q.", c.id, c.caller, want, replies, err)
	}
	if enough && want >= 0 {
		return
	}
	for _, p := range r.answerers(c) {
		if _, ok := outcomes[p]; !v.holds(ok) {
			v.fail([]int{c.asked, c.done[0]}, "Call %d of %s ended without counting %s.", c.id, c.caller, p)
		}
	}
}

// answerers are those who could answer a call: who held the state in the view
// in which the request was delivered, where that is known.
func (r *run) answerers(c *call) []id.Address {
	if !c.group.IsGroup() {
		return []id.Address{c.group}
	}
	asked := at[fact.Asked](r, c.asked)
	number := asked.View
	if number == 0 {
		for _, x := range r.requests[memberKey{c.caller, c.group}] {
			if asked.Cast < x.lo || asked.Cast > x.hi {
				continue
			}
			if number != 0 && x.view != number {
				return nil // a relay that failed was delivered it before
			}
			number = x.view
		}
	}
	if view := r.viewOf[viewKey{c.group, number}]; view != nil {
		return view.ready
	}
	return nil
}

// judgeOneDelivery: a request from outside may have been delivered to a relay that
// failed, and again, in another view, to the survivors.
func judgeOneDelivery(r *run, v *verdict) {
	for _, c := range r.calls {
		if !c.group.IsGroup() || c.asked < 0 {
			continue
		}
		asked := at[fact.Asked](r, c.asked)
		if asked.View != 0 || asked.Session != 0 {
			continue
		}
		first, view := -1, uint64(0)
		for _, i := range c.outcomes {
			f := at[fact.Outcome](r, i)
			of, known := r.deliveredIn(f.Member, c.group, c.caller, asked.Cast)
			switch {
			case f.Kind == "failed" || !known:
			case first < 0:
				first, view = i, of
			case !v.holds(of == view):
				v.fail([]int{first, i}, "Call %d of %s counted answers to its request in view %d and, by %s, in view %d of %s.",
					c.id, c.caller, view, f.Member, of, c.group)
			}
		}
	}
}

// deliveredIn is the view in which a member was delivered a request from outside.
func (r *run) deliveredIn(proc, group, origin id.Address, number uint64) (view uint64, known bool) {
	m := r.memberOf[memberKey{proc, group}]
	if m == nil {
		return 0, false
	}
	for _, s := range m.stays {
		if s.users[origin].has(span{number, number}) {
			return s.view.view, true
		}
	}
	return 0, false
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
