package check

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What members agree on about the views of their group: M4 and M10 to M12, and
// V6, which is about views too.

// String names the view in reports.
func (v viewKey) String() string { return fmt.Sprintf("view %d of %s", v.view, v.group) }

func judgeViewIdentity(r *run, v *verdict) {
	sameSiteViews(r, v)
	type number struct {
		group id.Address
		seq   uint64
	}
	numbers := map[number]int{} // the record that used it first
	for _, view := range r.views {
		one := view.stays[0]
		for _, s := range view.stays {
			k := number{view.group, s.fact.Seq}
			j, ok := numbers[k]
			if !ok {
				numbers[k] = s.installed
			} else if old := at[fact.View](r, j); !v.holds(old.View == view.view) {
				v.fail([]int{j, s.installed}, "View %d and view %d of %s have the same number %d.", old.View, view.view, view.group, s.fact.Seq)
			}
			if s == one {
				continue
			}
			if !v.holds(sameView(&one.fact, &s.fact)) {
				v.fail([]int{one.installed, s.installed}, "%s and %s installed different views under the name of %s.", one.proc, s.proc, view)
			}
		}
		for _, group := range view.moved() {
			one := group[0].next
			for _, s := range group[1:] {
				if a, b := one.fact, s.next.fact; !v.holds(slices.Equal(a.Joined, b.Joined) && slices.Equal(a.Left, b.Left)) {
					v.fail([]int{one.installed, s.next.installed}, "%s and %s came to %s from the same view and name different joiners or leavers.", one.proc, s.proc, one.view)
				}
			}
		}
	}
}

func sameView(a, b *fact.View) bool {
	return a.Seq == b.Seq && a.Name == b.Name && slices.Equal(a.Members, b.Members) && slices.Equal(a.Ready, b.Ready)
}

func judgeDeterminism(r *run, v *verdict) {
	r.judgeLedgers(v)
	hashes := map[uint64]int{} // the first record that has the entry
	for _, s := range r.sites {
		for _, i := range s.applied {
			now := at[fact.Applied](r, i)
			j, ok := hashes[now.Index]
			if !ok {
				hashes[now.Index] = i
			} else if old := at[fact.Applied](r, j); !v.holds(old.Hash == now.Hash) {
				v.fail([]int{j, i}, "%s and %s applied different logs up to entry %d.", r.records[j].Site, s.id, now.Index)
			}
		}
	}
	for _, view := range r.views {
		r.judgeGroupView(v, view)
		for _, s := range view.stays {
			if !v.holds(s.applied) {
				v.fail([]int{s.installed}, "%s installed %s before its site applied the log entry.", s.proc, view)
			}
		}
	}
}

// judgeGroupView compares the members with the site view of that log entry.
func (r *run) judgeGroupView(v *verdict, view *groupView) {
	for _, p := range view.ready {
		if _, ok := view.rank[p]; !v.holds(ok) {
			v.fail([]int{view.first}, "%s is ready in %s, of which it is no member.", p, view)
		}
	}
	var in *siteView
	for i := range r.siteViews {
		if r.siteViews[i].Index <= view.view {
			in = &r.siteViews[i]
		}
	}
	if in == nil {
		return
	}
	for _, p := range view.members {
		if _, gone := r.removed[p.Site()]; gone {
			continue // M7 knows
		}
		if !v.holds(in.has(p.Site())) {
			v.fail([]int{in.rec, view.first}, "%s is a member of %s, but its site is not in site view %d.", p, view, in.Seq)
		}
	}
}

func judgeSeniority(r *run, v *verdict) {
	r.judgeLogOrder(v)
	for k := 1; k < len(r.siteViews); k++ {
		old, now := &r.siteViews[k-1], &r.siteViews[k]
		if !v.holds(senior(sitesOf(old), sitesOf(now), nil)) {
			v.fail([]int{old.rec, now.rec}, "Site view %d does not rank the members of view %d in their order before the joiners.", now.Seq, old.Seq)
		}
	}
	for _, m := range r.members {
		for _, s := range m.stays {
			if s.prev == nil {
				continue
			}
			ranked, moved := r.ledgerOf[m.group].follow(s.prev.fact.Members, s.prev.view.view, s.view.view)
			joined := slices.DeleteFunc(slices.Clone(s.fact.Joined), func(p id.Address) bool { return slices.Contains(moved, p) })
			if !v.holds(senior(ranked, s.fact.Members, joined)) {
				v.fail([]int{s.prev.installed, s.installed}, "%s does not rank the members of view %d in their order before the joiners.", s.view, s.prev.view.view)
			}
		}
	}
}

func sitesOf(v *siteView) []id.Site {
	sites := make([]id.Site, len(v.Members))
	for i, m := range v.Members {
		sites[i] = m.Site
	}
	return sites
}

// senior tells whether now begins with the survivors of old in their order.
// Who is in old but joined again is no survivor.
func senior[T comparable](old, now, joined []T) bool {
	rank := make(map[T]int, len(old))
	for i, x := range old {
		rank[x] = i
	}
	for _, x := range joined {
		delete(rank, x)
	}
	last, joiners := -1, false
	for _, x := range now {
		i, survivor := rank[x]
		if survivor && (joiners || i < last) {
			return false
		}
		if survivor {
			last = i
		} else {
			joiners = true
		}
	}
	return true
}

func judgeSuccessors(r *run, v *verdict) {
	for _, view := range r.views {
		var one *stay
		for _, s := range view.stays {
			if s.prev == nil {
				continue
			}
			if one == nil {
				one = s
				continue
			}
			if !v.holds(s.prev.view == one.prev.view || !s.passed(one.prev.view) && !one.passed(s.prev.view)) {
				v.fail([]int{one.installed, s.installed}, "%s came to %s from view %d and %s from view %d, though one was in both.",
					one.proc, view, one.prev.view.view, s.proc, s.prev.view.view)
			}
		}
	}
	r.judgeSiteSuccessors(v)
}

// passed tells whether the membership that s belongs to was in view before.
func (s *stay) passed(view *groupView) bool {
	for s = s.prev; s != nil; s = s.prev {
		if s.view == view {
			return true
		}
	}
	return false
}

func (r *run) judgeSiteSuccessors(v *verdict) {
	before := map[uint64]int{} // by number of a view, a record of the view before it
	for _, s := range r.sites {
		for k := 1; k < len(s.views); k++ {
			now, old := at[fact.SiteView](r, s.views[k]), at[fact.SiteView](r, s.views[k-1])
			if now.Jumped {
				continue // it says so: it began anew as a member
			}
			j, ok := before[now.Seq]
			if !ok {
				before[now.Seq] = s.views[k-1]
				continue
			}
			other := at[fact.SiteView](r, j)
			both := r.installed(s, other.Seq, k) || r.installed(r.siteOf[r.records[j].Site], old.Seq, -1)
			if !v.holds(other.Seq == old.Seq || !both) {
				v.fail([]int{j, s.views[k-1], s.views[k]}, "%s came to site view %d from view %d and %s from view %d, though one was in both.",
					s.id, now.Seq, old.Seq, r.records[j].Site, other.Seq)
			}
		}
	}
}

// installed tells whether s installed site view seq, among its first n if n >= 0.
func (r *run) installed(s *site, seq uint64, n int) bool {
	views := s.views
	if n >= 0 {
		views = views[:n]
	}
	return slices.ContainsFunc(views, func(i int) bool { return at[fact.SiteView](r, i).Seq == seq })
}

func judgeMoved(r *run, v *verdict) {
	for _, m := range r.members {
		for _, s := range m.stays {
			r.judgeMovedOf(v, s)
		}
	}
}

func (r *run) judgeMovedOf(v *verdict, s *stay) {
	for _, p := range s.fact.Moved {
		ok := s.prev != nil && slices.Contains(s.prev.fact.Members, p) && slices.Contains(s.fact.Members, p)
		if !v.holds(ok) {
			v.fail([]int{s.installed}, "%s names %s as moved to %s with it, but they did not share the view before.", s.proc, p, s.view)
		}
	}
	for _, other := range s.view.stays {
		if other == s || other.proc == s.proc {
			continue
		}
		together := s.prev != nil && other.prev != nil && s.prev.view == other.prev.view
		if named := slices.Contains(s.fact.Moved, other.proc); !v.holds(together == named) {
			v.fail([]int{s.installed, other.installed}, "%s moved to %s together with %s: %v, but its view says %v.", other.proc, s.view, s.proc, together, named)
		}
	}
}
