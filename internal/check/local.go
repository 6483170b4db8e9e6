package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
)

// What one site or process must keep by itself: M1, M2 and M3.

func judgeSelfInclusion(r *run, v *verdict) {
	for _, s := range r.sites {
		for _, i := range s.views {
			view := siteView{at[fact.SiteView](r, i), i}
			if !v.holds(view.has(s.id)) {
				v.fail([]int{i}, "%s installed site view %d, of which it is no member.", s.id, view.Seq)
			}
		}
	}
	for _, m := range r.members {
		for _, s := range m.stays {
			if !v.holds(slices.Contains(s.fact.Members, m.proc)) {
				v.fail([]int{s.installed}, "%s installed %s, of which it is no member.", m.proc, s.view)
			}
		}
	}
}

func judgeMonotonicity(r *run, v *verdict) {
	r.judgeOps(v)
	for _, s := range r.sites {
		for k := 1; k < len(s.views); k++ {
			old, now := at[fact.SiteView](r, s.views[k-1]), at[fact.SiteView](r, s.views[k])
			if !v.holds(old.Seq < now.Seq && old.Index < now.Index) {
				v.fail(s.views[k-1:k+1], "%s installed site view %d (entry %d) after %d (entry %d).", s.id, now.Seq, now.Index, old.Seq, old.Index)
			}
		}
		for k := 1; k < len(s.applied); k++ {
			old, now := at[fact.Applied](r, s.applied[k-1]), at[fact.Applied](r, s.applied[k])
			if !v.holds(old.Index < now.Index) {
				v.fail(s.applied[k-1:k+1], "%s applied entry %d after entry %d.", s.id, now.Index, old.Index)
			}
		}
	}
	for _, m := range r.members {
		for k := 1; k < len(m.stays); k++ {
			old, now := m.stays[k-1], m.stays[k]
			if !v.holds(old.fact.Seq < now.fact.Seq && old.view.view < now.view.view) {
				v.fail([]int{old.installed, now.installed}, "%s installed %s (number %d) after view %d (number %d).",
					m.proc, now.view, now.fact.Seq, old.view.view, old.fact.Seq)
			}
		}
	}
}

func judgeInitialView(r *run, v *verdict) {
	for _, m := range r.members {
		v.checks += len(m.leaves)
		for _, s := range m.stays {
			v.checks += len(s.events) + len(s.blocks) + len(s.cuts)
		}
	}
	v.checks += len(r.outside)
	for _, i := range r.outside {
		f := r.records[i].Fact
		proc, group, _ := actor(f)
		v.fail([]int{i}, "%s said %q of %s while it was no member of it.", proc, f.Event(), group)
	}
}
