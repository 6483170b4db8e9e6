package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Who orders Total casts: O13.

// noteTurn files that the order was given or taken. The process may have come
// into the view before its program was shown it.
func (r *run) noteTurn(i int, f fact.Sequencer) {
	k := viewKey{f.Group, f.View}
	r.turns[k] = append(r.turns[k], i)
	if r.member(f.Proc, f.Group).cur == nil {
		r.outside = append(r.outside, i)
	}
}

// oldestReady is who orders Total casts at first, or nobody.
func (v *groupView) oldestReady() id.Address {
	for _, p := range v.members {
		if slices.Contains(v.ready, p) {
			return p
		}
	}
	return 0
}

// sequencerLost tells whether somebody, but for one, did not go on with s who may have
// ordered Total casts in its view.
func (r *run) sequencerLost(s *stay, but id.Address) bool {
	gone := func(p id.Address) bool { return p != but && slices.Contains(s.next.fact.Left, p) }
	return gone(s.view.oldestReady()) ||
		slices.ContainsFunc(r.turns[s.view.viewKey], func(i int) bool { return gone(at[fact.Sequencer](r, i).Of) })
}

func judgeSequencer(r *run, v *verdict) {
	for _, view := range r.views {
		if r.judgeHands(v, view) {
			r.judgeTurns(v, view)
		}
	}
}

// judgeHands asks each member of a view by itself: it gives what it has and takes
// what it has not, and the order goes to the ready only. It reports whether all do.
func (r *run) judgeHands(v *verdict, view *groupView) bool {
	broken := v.broken
	last := map[id.Address]int{view.oldestReady(): view.first} // of those who have it: since when
	for _, i := range r.turns[view.viewKey] {
		f := at[fact.Sequencer](r, i)
		since, has := last[f.Proc]
		if f.Of == f.Proc {
			if last[f.Proc] = i; !v.holds(!has) {
				v.fail([]int{since, i}, "%s took the order of %s, which it had.", f.Proc, view)
			}
			continue
		}
		if delete(last, f.Proc); !v.holds(has) {
			v.fail([]int{i}, "%s gave the order of %s to %s without having it.", f.Proc, view, f.Of)
		}
		if _, member := view.rank[f.Of]; !v.holds(member && slices.Contains(view.ready, f.Of)) {
			v.fail([]int{view.first, i}, "%s gave the order of %s to %s, which is not ready in it.", f.Proc, view, f.Of)
		}
	}
	return v.broken == broken
}

// judgeTurns follows the order from hand to hand. Every taking must be met on its
// way; then every giving is too, for each takes the order before giving it again.
// If the last facts of whoever it ends with may be missing, it may have gone on.
func (r *run) judgeTurns(v *verdict, view *groupView) {
	gave, took := map[id.Address][]int{}, map[id.Address][]int{}
	for _, i := range r.turns[view.viewKey] {
		if f := at[fact.Sequencer](r, i); f.Of == f.Proc {
			took[f.Proc] = append(took[f.Proc], i)
		} else {
			gave[f.Proc] = append(gave[f.Proc], i)
		}
	}
	lead, from := view.oldestReady(), view.first
	for len(gave[lead]) > 0 {
		from, gave[lead] = gave[lead][0], gave[lead][1:]
		if lead = at[fact.Sequencer](r, from).Of; len(took[lead]) == 0 {
			continue // it is on its way, or that it was taken was not written
		}
		if i := took[lead][0]; !v.holds(i > from || !r.opt.GlobalClock) {
			v.fail([]int{i, from}, "%s took the order of %s before it was given it.", lead, view)
		}
		took[lead] = took[lead][1:]
	}
	if r.lost(lead.Site()) {
		return
	}
	for _, i := range r.turns[view.viewKey] {
		p := r.procOf(i)
		if len(took[p]) > 0 && i == took[p][0] {
			v.holds(false)
			v.fail([]int{from, i}, "%s took the order of %s, which was with %s.", p, view, lead)
		}
	}
}
