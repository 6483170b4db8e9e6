package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Votes that pass from the dead to the living, and what a view must weigh: M13
// and M14.

// inherited tells whether one of those who said yes votes for s in a view.
func (r *run) inherited(seq uint64, s id.Site, yes map[id.Site]bool) bool {
	return slices.ContainsFunc(r.heirs[seq], func(i int) bool {
		return yes[r.records[i].Site] && at[fact.Heir](r, i).Of == s
	})
}

func judgeHeirs(r *run, v *verdict) {
	for k := range r.siteViews {
		view := &r.siteViews[k]
		for _, i := range r.heirs[view.Seq] {
			r.judgeHeir(v, view, i, r.records[i].Site, at[fact.Heir](r, i).Of)
		}
	}
}

// judgeHeir judges that heir votes for of in the view.
func (r *run) judgeHeir(v *verdict, view *siteView, i int, heir, of id.Site) {
	h, d := view.rank(heir), view.rank(of)
	if !v.holds(h >= 0 && d >= 0 && view.Members[h].Machine != 0 && view.Members[h].Machine == view.Members[d].Machine) {
		v.fail([]int{view.rec, i}, "%s votes for %s in site view %d, in which they do not share a machine.", heir, of, view.Seq)
		return
	}
	if !v.holds(r.ended(of, i)) {
		v.fail([]int{view.rec, i}, "%s votes for %s in site view %d, which had not ended.", heir, of, view.Seq)
	}
	for _, m := range view.Members[:h] {
		if m.Machine == view.Members[h].Machine && m.Weight > 0 && !v.holds(r.ended(m.Site, i)) {
			v.fail([]int{view.rec, i}, "%s votes for %s in site view %d although %s, older and on the same machine, had not ended.", heir, of, view.Seq, m.Site)
		}
	}
}

// ended tells whether s had ended by record i, as far as can be known: wall
// clocks cannot tell.
func (r *run) ended(s id.Site, i int) bool {
	known := r.siteOf[s]
	return !r.opt.GlobalClock || known != nil && known.end >= 0 && known.end < i
}

func (v *siteView) rank(s id.Site) int {
	return slices.IndexFunc(v.Members, func(m fact.Member) bool { return m.Site == s })
}

func judgeLeast(r *run, v *verdict) {
	for k := 1; k < len(r.siteViews); k++ {
		view := &r.siteViews[k]
		expels := slices.ContainsFunc(view.Removed, func(x fact.Removal) bool { return x.Evidence != "left" })
		if !expels {
			continue
		}
		var weight uint64
		least := ^uint64(0)
		for _, m := range view.Members {
			weight += uint64(m.Weight)
			if s := r.siteOf[m.Site]; s != nil && len(s.starts) > 0 {
				least = min(least, at[fact.Start](r, s.starts[0]).Least)
			}
		}
		if !v.holds(least == ^uint64(0) || weight >= least) {
			v.fail([]int{view.rec}, "Site view %d weighs %d, but all its members demand %d.", view.Seq, weight, least)
		}
	}
}
