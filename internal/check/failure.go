package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// How a caller learns that a member failed, or that nobody will answer: R2.

func judgeFailures(r *run, v *verdict) {
	for _, c := range r.calls {
		for _, i := range c.outcomes {
			f := at[fact.Outcome](r, i)
			if f.Kind == "failed" && !v.holds(r.failed(c, i, f.Member)) {
				v.fail([]int{i}, "Call %d of %s counted %s as failed, but no view without it was installed before.", c.id, c.caller, f.Member)
			}
		}
		if len(c.done) > 0 && c.asked >= 0 {
			r.judgeGivenUp(v, c, at[fact.Done](r, c.done[0]).Err)
		}
	}
}

// judgeGivenUp judges that a call is lost only with its group, and unknown to a member
// only when that leaves. From outside it may be unknown what became of a call.
func (r *run) judgeGivenUp(v *verdict, c *call, err string) {
	done := c.done[0]
	if err != "lost" && err != "unknown" {
		return
	}
	if at[fact.Asked](r, c.asked).View == 0 {
		if err == "lost" && !v.holds(r.vanished(c.group, c.caller, done)) {
			v.fail([]int{done}, "Call %d of %s ended as lost, but the log has not ended %s.", c.id, c.caller, c.group)
		}
		return
	}
	m := r.memberOf[memberKey{c.caller, c.group}]
	if m == nil {
		return // it says it asked as a member, and never was one
	}
	s := m.at(done)
	if s == nil || s.ended < 0 && r.lost(c.caller.Site()) {
		return
	}
	why := ""
	if s.ended >= 0 && s.next == nil {
		why = at[fact.Leave](r, s.ended).Why
	}
	if !v.holds(why != "" && (err == "lost") == (why == "lost")) {
		v.fail([]int{done}, "Call %d of %s ended as %s, but its caller did not leave %s for that.", c.id, c.caller, err, c.group)
	}
}

// failed tells whether the caller could know by record i that p is gone. A
// member that asked in a view knows it from a later view that it installed,
// everybody else from the log of its site.
func (r *run) failed(c *call, i int, p id.Address) bool {
	var asked uint64
	if c.asked >= 0 {
		asked = at[fact.Asked](r, c.asked).View
	}
	home := r.siteOf[c.caller.Site()]
	if asked != 0 {
		m := r.memberOf[memberKey{c.caller, c.group}]
		return m != nil && slices.ContainsFunc(m.stays, func(s *stay) bool {
			return s.installed < i && s.view.view > asked && (s.view.lacks(p) || s.prev != nil && slices.Contains(s.fact.Joined, p))
		})
	}
	if r.learned(home, p.Site(), i) {
		return true
	}
	if !c.group.IsGroup() {
		return false
	}
	if len(r.ledgers) == 0 {
		return r.left(c.group, p, home.loggedBefore(i)) || r.goodbye(c.group, p, i)
	}
	l := r.ledgerOf[c.group]
	if l == nil {
		return false
	}
	known, upto := home.loggedBefore(c.asked), home.loggedBefore(i) // it may have skipped some
	return slices.ContainsFunc(l.entries, func(e entry) bool {
		return e.Index > known && e.Index <= upto && slices.Contains(e.Left, p)
	})
}

// learned tells whether s had applied the removal of gone when it wrote record
// i. It need not have installed that site view: it may be removed by it too.
func (r *run) learned(s *site, gone id.Site, i int) bool {
	removed, ok := r.removed[gone]
	return ok && s.loggedBefore(i) >= removed.index
}

// left tells whether p's membership may have ended with a log entry up to upto,
// as far as group views can tell: they name the entry at which the flush began
// that ended in a view without p, or a later one.
func (r *run) left(group, p id.Address, upto uint64) bool {
	if r.ends == nil {
		r.findEnds()
	}
	return slices.ContainsFunc(r.ends[memberKey{p, group}], func(end uint64) bool { return end <= upto })
}

// findEnds notes for all members the earliest entries that can have ended their
// memberships.
func (r *run) findEnds() {
	r.ends = map[memberKey][]uint64{}
	views := slices.Clone(r.views)
	slices.SortStableFunc(views, func(a, b *groupView) int { return compare(a.view, b.view) })
	last := map[id.Address]*groupView{} // by group
	for _, now := range views {
		if old := last[now.group]; old != nil {
			end := now.view
			if old.attempt != 0 {
				end = min(end, old.attempt)
			}
			for _, p := range old.members {
				if now.lacks(p) || now.again(p) {
					k := memberKey{p, now.group}
					r.ends[k] = append(r.ends[k], end)
				}
			}
		}
		last[now.group] = now
	}
}

// again tells whether p was in the view that somebody came from and joined anew.
func (v *groupView) again(p id.Address) bool {
	return slices.ContainsFunc(v.stays, func(s *stay) bool {
		return s.prev != nil && !s.prev.view.lacks(p) && slices.Contains(s.fact.Joined, p)
	})
}

// goodbye tells whether p said by record i that it is gone.
func (r *run) goodbye(group, p id.Address, i int) bool {
	if home := r.siteOf[p.Site()]; home != nil && home.end >= 0 && home.end < i {
		return true
	}
	m := r.memberOf[memberKey{p, group}]
	return m != nil && len(m.leaves) > 0 && m.leaves[0] < i
}

func (v *groupView) lacks(p id.Address) bool {
	_, ok := v.rank[p]
	return !ok
}
