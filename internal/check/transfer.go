package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
)

// State transfer: T1 to T5.

func judgeTransferCut(r *run, v *verdict) {
	r.judgeDigests(v)
	for _, m := range r.members {
		for _, s := range m.stays {
			if !s.donor {
				continue
			}
			got := make([]set, len(s.got))
			for _, i := range s.events {
				switch f := r.records[i].Fact.(type) {
				case fact.Deliver:
					got[s.view.rank[f.Sender]].add(runOf(f.First, f.N))
				case fact.Snapshot:
					r.judgeCounts(v, s, i, &f, got)
				}
			}
		}
	}
}

// judgeCounts compares what a donor said its state holds with what it had been
// delivered. Numbers that were never sent count for nothing.
func (r *run) judgeCounts(v *verdict, s *stay, i int, f *fact.Snapshot, got []set) {
	if !v.holds(f.View == s.view.view && len(f.Counts) == len(got)) {
		v.fail([]int{i}, "%s captured its state in view %d with %d counts, but is in %s with %d members.",
			f.Proc, f.View, len(f.Counts), s.view, len(got))
		return
	}
	for rank, n := range f.Counts {
		missing := s.view.sent(rank).upto(n).minus(got[rank]).minus(s.dropped[rank])
		beyond := got[rank].minus(got[rank].upto(n))
		if !v.holds(missing == nil && beyond == nil) {
			v.fail([]int{i}, "%s captured a state with %d casts of %s, but had been delivered %s of them in %s.",
				f.Proc, n, s.view.members[rank], got[rank], s.view)
		}
	}
}

// judgeDigests compares what donors and joiners say about one state.
func (r *run) judgeDigests(v *verdict) {
	first := map[xferKey]int{}
	for _, i := range r.digests {
		f := at[fact.Digest](r, i)
		k, ok := r.transferOf(&f)
		if !ok {
			continue
		}
		j, ok := first[k]
		if !ok {
			first[k] = i
			continue
		}
		if old := at[fact.Digest](r, j); !v.holds(old.Sum == f.Sum) {
			v.fail([]int{j, i}, "%s and %s have different states under transfer %d of %s.", old.Proc, f.Proc, f.Xfer, f.Group)
		}
	}
}

// transferOf is the state that a digest is about: one its process captured, or
// one it loaded.
func (r *run) transferOf(f *fact.Digest) (xferKey, bool) {
	if f.Xfer == 0 {
		return xferKey{}, false
	}
	k := xferKey{f.Group, f.Proc, f.Xfer}
	if len(r.snapshots[k]) > 0 {
		return k, true
	}
	for _, l := range r.loads {
		if l.stay.proc == f.Proc && l.stay.group == f.Group {
			if x := at[fact.Loaded](r, l.rec); x.Xfer == f.Xfer {
				return xferKey{f.Group, x.From, f.Xfer}, true
			}
		}
	}
	return k, false
}

// snapshotOf is the record in which the donor captured what l loaded, or -1.
func (r *run) snapshotOf(l *fact.Loaded) int {
	for _, i := range r.snapshots[xferKey{l.Group, l.From, l.Xfer}] {
		if at[fact.Snapshot](r, i).To == l.Proc {
			return i
		}
	}
	return -1
}

func judgeTransferGap(r *run, v *verdict) {
	for _, l := range r.loads {
		f := at[fact.Loaded](r, l.rec)
		first := l.stay
		for first.prev != nil {
			first = first.prev
		}
		if !v.holds(f.View >= first.view.view) {
			v.fail([]int{first.installed, l.rec}, "%s joined in %s and took a state of view %d, without the casts between.", f.Proc, first.view, f.View)
		}
		if held := first.heldSince(); !v.holds(held == l.rec) {
			v.fail(nonNegative(held, l.rec), "%s took a state of %s that it held already.", f.Proc, f.Group)
		}
		i := r.snapshotOf(&f)
		if i < 0 {
			if !r.lost(f.From.Site()) && !v.holds(false) {
				v.fail([]int{l.rec}, "%s took state %d of %s, which never captured it for it.", f.Proc, f.Xfer, f.From)
			}
			continue
		}
		if s := at[fact.Snapshot](r, i); !v.holds(s.View == f.View && slices.Equal(s.Counts, f.Counts)) {
			v.fail([]int{i, l.rec}, "%s took state %d of %s for another point than the one it was captured at.", f.Proc, f.Xfer, f.From)
		}
	}
}

// heldSince is the record since which the membership that begins with s holds
// the state.
func (s *stay) heldSince() int {
	for ; s != nil; s = s.next {
		if s.ready >= 0 {
			return s.ready
		}
	}
	return -1
}

func judgeVisibility(r *run, v *verdict) {
	for _, i := range r.allReply {
		f := at[fact.Reply](r, i)
		m := r.memberOf[memberKey{f.Proc, f.Group}]
		if m == nil || m.at(i) == nil {
			continue // it left, and may answer what it was asked before
		}
		s := m.at(i)
		// Who left and joined again may still answer what it was asked before.
		if !v.holds(s.ready >= 0 && s.ready <= i || r.askedEarlier(f, s)) {
			v.fail([]int{s.installed, i}, "%s answered a call in %s before it held the state.", f.Proc, s.view)
		}
	}
}

// askedEarlier tells whether the request that f answers was delivered in views
// before the membership that s belongs to.
func (r *run) askedEarlier(f fact.Reply, s *stay) bool {
	for s.prev != nil {
		s = s.prev
	}
	if f.View != 0 {
		return f.View < s.view.view
	}
	earlier := false
	for _, x := range r.requests[memberKey{f.Caller, f.Group}] {
		if x.lo <= f.Cast && f.Cast <= x.hi {
			if x.view >= s.view.view {
				return false
			}
			earlier = true
		}
	}
	return earlier
}

func judgeFailover(r *run, v *verdict) {
	for _, l := range r.loads {
		f := at[fact.Loaded](r, l.rec)
		view := r.viewOf[viewKey{f.Group, f.View}]
		if view == nil || len(f.Counts) != len(view.members) {
			continue
		}
		donor := slices.IndexFunc(view.stays, func(s *stay) bool { return s.proc == f.From })
		if donor < 0 {
			continue
		}
		if v.checks++; view.stays[donor].next != nil {
			continue // it lives, and V5 holds it to the others
		}
		if l.stay.view == view && l.stay.next == nil {
			continue // the joiner went on no more than the donor did, nor did the state
		}
		for _, s := range view.stays {
			if s.next == nil {
				continue
			}
			for rank, n := range f.Counts {
				if extra := view.sent(rank).upto(n).minus(s.got[rank]); !v.holds(extra == nil) {
					v.fail([]int{l.rec, s.next.installed}, "%s took a state of %s, which failed, with %s of %s, but %s left %s without them.",
						f.Proc, f.From, extra, view.members[rank], s.proc, view)
				}
			}
		}
	}
}

func judgeDonor(r *run, v *verdict) {
	for _, m := range r.members {
		for _, s := range m.stays {
			for _, i := range s.events {
				f, ok := r.records[i].Fact.(fact.Snapshot)
				if ok && !v.holds(s.ready >= 0 && s.ready <= i) {
					v.fail([]int{s.installed, i}, "%s captured a state of %s for %s before it held one.", f.Proc, f.Group, f.To)
				}
			}
			if s.prev == nil {
				continue
			}
			if !v.holds(s.prev.ready >= 0 || !slices.Contains(s.fact.Ready, s.proc)) {
				v.fail([]int{s.prev.installed, s.installed}, "%s is ready in %s, but has loaded no state since it joined.", s.proc, s.view)
			}
		}
	}
}
