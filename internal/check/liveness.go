package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What must happen in the end: E1 to E6. Judged at the end of a run whose
// faults ended, if the sites that run are a majority of the last site view.

// live tells whether liveness can be asked for.
func (r *run) live() bool {
	if r.quiet < 0 || len(r.siteViews) == 0 {
		return false
	}
	return r.siteViews[len(r.siteViews)-1].quorum(func(s id.Site) bool { return r.alive[s] })
}

// running are the members that are in their group at the end, on sites that run.
func (r *run) running() []*stay {
	if !r.live() {
		return nil
	}
	var all []*stay
	for _, m := range r.members {
		if m.cur != nil && r.alive[m.proc.Site()] {
			all = append(all, m.cur)
		}
	}
	return all
}

func judgePrecision(r *run, v *verdict) {
	if !r.live() {
		return
	}
	running := make([]id.Site, 0, len(r.alive))
	for s := range r.alive {
		running = append(running, s)
	}
	slices.Sort(running)
	for _, n := range running {
		s := r.siteOf[n]
		if s == nil || len(s.views) == 0 {
			v.holds(false)
			v.fail([]int{r.quiet}, "%s runs, but never came into a site view.", n)
			continue
		}
		last := s.views[len(s.views)-1]
		view := siteView{at[fact.SiteView](r, last), last}
		members := sitesOf(&view)
		slices.Sort(members)
		if !v.holds(slices.Equal(members, running)) {
			v.fail([]int{r.quiet, last}, "%s ended in site view %d of %v, but %v run.", n, view.Seq, members, running)
		}
	}
	for _, s := range r.running() {
		for _, p := range s.view.members {
			m := r.memberOf[memberKey{p, s.group}]
			if !v.holds(r.alive[p.Site()] && m != nil && m.cur != nil && m.cur.view == s.view) {
				v.fail([]int{r.quiet, s.installed}, "%s ended in %s with %s, which did not.", s.proc, s.view, p)
			}
		}
	}
}

func judgeMulticast(r *run, v *verdict) {
	r.judgeAllSent(v)
	r.judgeArrival(v, false)
}

func judgeSafeLiveness(r *run, v *verdict) { r.judgeArrival(v, true) }

// judgeAllSent asks that whatever programs cast that are members is sent.
func (r *run) judgeAllSent(v *verdict) {
	for _, s := range r.running() {
		if e := r.programs().during(s); e != nil {
			if list, n := e.unsent(len(r.records)); !v.holds(n == 0) {
				v.fail([]int{list[0].rec}, "%d casts of %s to %s were never sent.", n, s.proc, s.group)
			}
		}
	}
}

// judgeArrival asks all running members for the casts, safe or not, that
// running members sent in their last view.
func (r *run) judgeArrival(v *verdict, safe bool) {
	for _, s := range r.running() {
		for rank, sender := range s.view.members {
			stream := s.view.streams[rank]
			if from := r.memberOf[memberKey{sender, s.group}]; stream == nil || !r.alive[sender.Site()] || from == nil || from.cur == nil || from.cur.view != s.view {
				continue
			}
			for k := range stream.sends {
				x := &stream.sends[k]
				if x.Safe == safe && !v.holds(s.got[rank].has(x.span)) {
					v.fail([]int{x.rec}, "%s was never delivered %s of %s in %s.", s.proc, set{x.span}.minus(s.got[rank]), sender, s.view)
				}
			}
		}
	}
}

func judgeFlushEnd(r *run, v *verdict) {
	for _, s := range r.running() {
		if !v.holds(s.flushing < 0) {
			v.fail([]int{s.flushing}, "%s never came out of the flush of %s.", s.proc, s.view)
		}
	}
	if !r.live() {
		return
	}
	for _, f := range r.flushes {
		member := f.cur != nil && f.before == len(f.leaves) // the call ends with the membership it was made in
		if f.called >= 0 && member && r.alive[f.proc.Site()] && !v.holds(f.done >= 0) {
			v.fail([]int{f.called}, "A flush call of %s in %s was never answered.", f.proc, f.group)
		}
	}
}

func judgeTransferEnd(r *run, v *verdict) {
	for _, s := range r.running() {
		if !v.holds(s.ready >= 0) {
			v.fail([]int{s.installed}, "%s never got the state of %s.", s.proc, s.group)
			continue
		}
		if how := r.unready(s); !v.holds(how == "") {
			v.fail([]int{s.installed}, "%s %s %s, and never counts as ready after that.", s.proc, how, s.group)
		}
	}
}

// unready is what the log said last of a member's readiness, if that is not that
// it is ready, as far as the log is known.
func (r *run) unready(s *stay) (how string) {
	l := r.ledgerOf[s.group]
	if l == nil {
		return ""
	}
	for _, e := range l.entries {
		switch {
		case slices.Contains(e.Aside, s.proc):
			how = "was set aside in"
		case slices.Contains(e.Ready, s.proc):
			how = ""
		case slices.Contains(e.Joined, s.proc):
			how = "joined"
		}
	}
	return how
}

func judgeStall(r *run, v *verdict) {
	if !r.live() {
		return
	}
	for _, s := range r.sites {
		if r.alive[s.id] && !v.holds(s.stalled < 0) {
			v.fail([]int{s.stalled}, "%s stalled and never resumed.", s.id)
		}
	}
}
