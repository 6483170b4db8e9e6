package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What sites agree on: the site parts of M4 and M11, and M5 to M9.

// sameSiteViews is the part of M4 that is about sites. Who joined and who was
// removed is compared among sites that say so: one that learned the view from a
// snapshot does not know.
func sameSiteViews(r *run, v *verdict) {
	first, told := map[uint64]int{}, map[uint64]int{}
	for _, s := range r.sites {
		for k, i := range s.views {
			now := at[fact.SiteView](r, i)
			if j, ok := first[now.Seq]; !ok {
				first[now.Seq] = i
			} else if old := at[fact.SiteView](r, j); !v.holds(old.Index == now.Index && old.Hash == now.Hash && slices.Equal(old.Members, now.Members)) {
				v.fail([]int{j, i}, "%s and %s installed different site views %d.", r.records[j].Site, s.id, now.Seq)
			}
			if k == 0 || len(now.Joined)+len(now.Removed) == 0 {
				continue
			}
			if j, ok := told[now.Seq]; !ok {
				told[now.Seq] = i
			} else if old := at[fact.SiteView](r, j); !v.holds(slices.Equal(old.Joined, now.Joined) && slices.EqualFunc(old.Removed, now.Removed, sameRemoval)) {
				v.fail([]int{j, i}, "%s and %s installed site view %d with different joiners or removals.", r.records[j].Site, s.id, now.Seq)
			}
		}
	}
}

func sameRemoval(a, b fact.Removal) bool {
	return a.Site == b.Site && a.Evidence == b.Evidence && slices.Equal(a.Accusers, b.Accusers)
}

func judgePrimary(r *run, v *verdict) {
	for k := 1; k < len(r.siteViews); k++ {
		old, now := &r.siteViews[k-1], &r.siteViews[k]
		events := []int{old.rec, now.rec}
		if !v.holds(old.Index < now.Index) {
			v.fail(events, "Site view %d comes from entry %d and view %d from entry %d.", now.Seq, now.Index, old.Seq, old.Index)
			continue
		}
		if old.Seq+1 != now.Seq || now.Jumped {
			if r.opt.GlobalClock && !v.holds(false) {
				v.fail(events, "Nobody installed a site view between %d and %d.", old.Seq, now.Seq)
			}
			continue
		}
		if !v.holds(r.chosen(old, now)) {
			v.fail(events, "Site view %d was not accepted by a majority of view %d on one ballot.", now.Seq, old.Seq)
		}
		if !v.holds(r.bridged(old, now)) {
			v.fail(events, "No site installed both site view %d and %d.", old.Seq, now.Seq)
		}
	}
}

type ballot struct {
	round uint64
	owner id.Site
}

// chosen tells whether a quorum of old accepted the entry of now on one
// ballot. A site whose last facts may be missing is believed to have.
func (r *run) chosen(old, now *siteView) bool {
	votes := map[ballot]map[id.Site]bool{{}: {}}
	for _, i := range r.accepted[now.Index] {
		f := at[fact.Accepted](r, i)
		if f.ViewSeq != old.Seq {
			continue
		}
		b := ballot{f.Round, f.Owner}
		if votes[b] == nil {
			votes[b] = map[id.Site]bool{}
		}
		votes[b][r.records[i].Site] = true
	}
	for _, yes := range votes { // order does not matter: one ballot with a quorum is enough
		if old.quorum(func(s id.Site) bool {
			return yes[s] || r.inherited(old.Seq, s, yes) || r.lost(s) && !r.knows(s, now.Index)
		}) {
			return true
		}
	}
	return false
}

// knows tells whether s said that it applied the log up to index or beyond.
func (r *run) knows(s id.Site, index uint64) bool {
	known := r.siteOf[s]
	return known != nil && known.logged >= index
}

func (r *run) bridged(old, now *siteView) bool {
	for _, s := range r.sites {
		var had bool
		for _, i := range s.views {
			switch at[fact.SiteView](r, i).Seq {
			case old.Seq:
				had = true
			case now.Seq:
				if had {
					return true
				}
			}
		}
		if had && r.lost(s.id) && s.logged < now.Index {
			return true
		}
	}
	return false
}

func (r *run) siteView(seq uint64) *siteView {
	i, ok := slices.BinarySearchFunc(r.siteViews, seq, func(v siteView, n uint64) int { return compare(v.Seq, n) })
	if !ok {
		return nil
	}
	return &r.siteViews[i]
}

func judgeQuorumBase(r *run, v *verdict) {
	for i := range r.records {
		switch f := r.records[i].Fact.(type) {
		case fact.Accepted:
			view, who := r.siteView(f.ViewSeq), r.records[i].Site
			if view == nil {
				continue
			}
			if !v.holds(view.has(who) && view.has(f.Owner)) {
				v.fail([]int{view.rec, i}, "%s accepted entry %d from %s in site view %d, of which not both are members.", who, f.Index, f.Owner, f.ViewSeq)
			}
		case fact.SiteView:
			view := r.siteView(f.Seq - 1)
			if view == nil {
				continue
			}
			for _, s := range f.Agreed {
				if !v.holds(view.has(s)) {
					v.fail([]int{view.rec, i}, "%s counted %s as agreeing to site view %d, but it is no member of view %d.", r.records[i].Site, s, f.Seq, view.Seq)
				}
			}
		}
	}
}

func judgeResurrection(r *run, v *verdict) {
	for k := range r.siteViews {
		view := &r.siteViews[k]
		for _, m := range view.Members {
			gone, ok := r.removed[m.Site]
			if !v.holds(!ok || view.Seq < gone.seq) {
				v.fail([]int{gone.rec, view.rec}, "%s was removed by site view %d and is a member of view %d.", m.Site, gone.seq, view.Seq)
			}
		}
	}
	for _, view := range r.views {
		for _, p := range view.members {
			gone, ok := r.removed[p.Site()]
			if v.holds(!ok || view.view < gone.index) {
				continue
			}
			events := []int{gone.rec, view.first}
			heard := ""
			if i := view.firstFrom(r, p); i >= 0 {
				events, heard = append(events, i), " and was delivered from in it"
			}
			v.fail(events, "Site %s was removed by entry %d, but %s is a member of %s%s.", p.Site(), gone.index, p, view, heard)
		}
	}
}

// firstFrom is the first delivery from p in the view.
func (v *groupView) firstFrom(r *run, p id.Address) int {
	for _, s := range v.stays {
		for _, i := range s.events {
			if f, ok := r.records[i].Fact.(fact.Deliver); ok && f.Sender == p {
				return i
			}
		}
	}
	return -1
}

func judgeIdentity(r *run, v *verdict) {
	for _, s := range r.sites {
		if !v.holds(len(s.starts) <= 1) {
			v.fail(s.starts, "Site number %s was used by two runs.", s.id)
		}
	}
	for k := range r.siteViews {
		view := &r.siteViews[k]
		names, sites := map[string]bool{}, map[id.Site]bool{}
		for _, m := range view.Members {
			if !v.holds(!sites[m.Site] && (m.Name == "" || !names[m.Name])) {
				v.fail([]int{view.rec}, "Site view %d holds %s (%q) twice.", view.Seq, m.Site, m.Name)
			}
			sites[m.Site], names[m.Name] = true, true
		}
	}
	for _, view := range r.views {
		if !v.holds(len(view.rank) == len(view.members)) {
			v.fail([]int{view.first}, "A process is in %s twice.", view)
		}
	}
}

func judgeExclusion(r *run, v *verdict) {
	type key struct {
		seq  uint64
		site id.Site
	}
	judged := map[key]bool{}
	for _, s := range r.sites {
		for k, i := range s.views {
			now := at[fact.SiteView](r, i)
			for _, gone := range now.Removed {
				if !judged[key{now.Seq, gone.Site}] {
					judged[key{now.Seq, gone.Site}] = true
					r.judgeRemoval(v, i, &now, &gone)
				}
			}
			if k > 0 {
				r.judgeVanished(v, s.views[k-1], i)
			}
		}
	}
}

// judgeRemoval asks for a suspicion by somebody who was entitled to one.
func (r *run) judgeRemoval(v *verdict, i int, now *fact.SiteView, gone *fact.Removal) {
	if gone.Evidence == "left" {
		v.holds(true)
		return
	}
	old := r.siteView(now.Seq - 1)
	believed := false
	for _, a := range gone.Accusers {
		if old != nil && !old.has(a) {
			continue
		}
		believed = believed || r.suspected(a, gone.Site, i) || r.lost(a) && !r.knows(a, now.Index)
	}
	if !v.holds(believed) {
		v.fail([]int{i}, "Site view %d removed %s for %q, but none of its accusers %v had suspected it.", now.Seq, gone.Site, gone.Evidence, gone.Accusers)
	}
}

// suspected tells whether a accused b, before record i where that is known.
func (r *run) suspected(a, b id.Site, i int) bool {
	s := r.siteOf[a]
	return s != nil && slices.ContainsFunc(s.suspects, func(j int) bool {
		f := at[fact.Suspect](r, j)
		return f.Site == b && !f.Cleared && (j < i || !r.opt.GlobalClock)
	})
}

// judgeVanished asks for a removal of everybody who is no longer in the view.
func (r *run) judgeVanished(v *verdict, i, j int) {
	old, now := at[fact.SiteView](r, i), siteView{at[fact.SiteView](r, j), j}
	if old.Seq+1 != now.Seq || now.Jumped {
		return
	}
	for _, m := range old.Members {
		named := slices.ContainsFunc(now.Removed, func(x fact.Removal) bool { return x.Site == m.Site })
		if !v.holds(now.has(m.Site) || named) {
			v.fail([]int{i, j}, "%s is in site view %d and not in view %d, which does not say why.", m.Site, old.Seq, now.Seq)
		}
	}
}

// judgeCertainty judges that a crash is no guess: the vote of who crashed may
// pass to another, and its lease is not waited for.
func judgeCertainty(r *run, v *verdict) {
	for _, s := range r.sites {
		for _, i := range s.suspects {
			f := at[fact.Suspect](r, i)
			if f.Evidence == "crash" && !f.Cleared && !v.holds(r.ended(f.Site, i)) {
				v.fail([]int{i}, "%s suspects %s of a crash, which had not ended.", s.id, f.Site)
			}
		}
	}
	for k := range r.siteViews {
		view := &r.siteViews[k]
		for _, gone := range view.Removed {
			if gone.Evidence == "crash" && !v.holds(r.ended(gone.Site, view.rec)) {
				v.fail([]int{view.rec}, "Site view %d removes %s for a crash, which had not ended.", view.Seq, gone.Site)
			}
		}
	}
}
