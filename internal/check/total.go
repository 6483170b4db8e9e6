package check

import (
	"cmp"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Orders that are the same for all: O5, O8 and O9.

// place is a run of positions and the casts that have them.
type place struct {
	span              // positions
	sender id.Address // of the casts
	first  uint64     // number of the first
	rec    int
}

// places is a map from positions to casts, ascending by position.
type places []place

func (p places) from(n uint64) int {
	i, _ := slices.BinarySearchFunc(p, n, func(x place, n uint64) int { return cmp.Compare(x.hi, n) })
	return i
}

// add fills the free positions of x and returns a place that has another cast
// at one of the others.
func (p *places) add(x place) (clash place, ok bool) {
	i := p.from(x.lo)
	for i < len(*p) && (*p)[i].lo <= x.hi {
		had := (*p)[i]
		if !had.agrees(x) {
			return had, false
		}
		if had.lo > x.lo {
			free := x
			free.hi = had.lo - 1
			*p = slices.Insert(*p, i, free)
			i++
		}
		if had.hi >= x.hi {
			return place{}, true
		}
		x.first += had.hi + 1 - x.lo
		x.lo = had.hi + 1
		i++
	}
	*p = slices.Insert(*p, i, x)
	return place{}, true
}

// agrees tells whether two places that share a position have one cast there.
func (p place) agrees(x place) bool {
	n := max(p.lo, x.lo)
	return p.sender == x.sender && p.first+(n-p.lo) == x.first+(n-x.lo)
}

func placeOf(rec int, f *fact.Deliver) place {
	return place{span{f.Pos, f.Pos + uint64(f.N) - 1}, f.Sender, f.First, rec}
}

// survivors are the members of a view whose word about its order counts: those
// that went on, and while nobody did, those that run.
func (r *run) survivors(view *groupView) map[*stay]bool {
	alive, went := map[*stay]bool{}, map[*stay]bool{}
	for _, s := range view.stays {
		if s.next != nil {
			went[s] = true
		}
		home := r.siteOf[s.proc.Site()]
		if _, gone := r.removed[s.proc.Site()]; s.ended < 0 && home.end < 0 && !gone {
			alive[s] = true
		}
	}
	if len(went) > 0 {
		return went
	}
	return alive
}

func judgeTotal(r *run, v *verdict) {
	for _, view := range r.views {
		survivors := r.survivors(view)
		all := r.places(view, survivors, v)
		for _, s := range view.stays {
			r.judgePositions(v, s, all, survivors[s])
		}
	}
}

// places collects what the survivors of a view say about its positions, and
// tells v, if there is one, where they differ.
func (r *run) places(view *groupView, survivors map[*stay]bool, v *verdict) places {
	var all places
	for _, s := range view.stays {
		if !survivors[s] {
			continue
		}
		for _, i := range s.totals {
			f := at[fact.Deliver](r, i)
			clash, ok := all.add(placeOf(i, &f))
			if v == nil || v.holds(ok) {
				continue
			}
			v.fail([]int{clash.rec, i}, "%s was delivered %s of %s at position %d in %s, but %s has %d of %s at position %d.",
				s.proc, runOf(f.First, f.N), f.Sender, f.Pos, view, r.procOf(clash.rec), clash.first, clash.sender, clash.lo)
		}
	}
	return all
}

// procOf is the process whose doing record i is.
func (r *run) procOf(i int) id.Address {
	p, _, _ := actor(r.records[i].Fact)
	return p
}

// judgePositions asks that positions grow and that none is passed over but for
// a cast that was lost with its sender, and then only in a flush.
func (r *run) judgePositions(v *verdict, s *stay, all places, survivor bool) {
	var last, empty uint64
	gap := -1 // the delivery after the last of the empty ones
	for _, i := range s.totals {
		f := at[fact.Deliver](r, i)
		if !v.holds(f.Pos > last) {
			v.fail([]int{i}, "%s was delivered position %d of %s after position %d.", s.proc, f.Pos, s.view, last)
			continue
		}
		if f.Pos > last+1 {
			passed, why := span{last + 1, f.Pos - 1}, -1
			if survivor {
				why = all.skipped(passed)
			}
			if flushing := s.flushing >= 0 && s.flushing < i; !flushing || why >= 0 {
				v.holds(false)
				v.fail(nonNegative(i, why), "%s was delivered position %d of %s without %s.", s.proc, f.Pos, s.view, passed)
			} else {
				empty, gap = empty+f.Pos-1-last, i
			}
		}
		last = f.Pos + uint64(f.N) - 1
	}
	if gap >= 0 && s.next != nil {
		if lost, known := r.lostTotals(s); known && !v.holds(empty <= lost) {
			v.fail([]int{gap, s.next.installed}, "%s passed over %d positions of %s, and %d Total casts were lost.", s.proc, empty, s.view, lost)
		}
	}
}

// lostTotals is how many Total casts s was never delivered of members that did not go
// on to the next view, if that is known: who was killed may not have written them all.
func (r *run) lostTotals(s *stay) (n uint64, known bool) {
	for _, p := range s.next.fact.Left {
		if r.lost(p.Site()) {
			return 0, false
		}
		rank, ok := s.view.rank[p]
		if !ok || s.view.streams[rank] == nil {
			continue
		}
		for k := range s.view.streams[rank].sends {
			x := &s.view.streams[rank].sends[k]
			if x.Order != fact.Total {
				continue
			}
			for _, y := range (set{x.span}).minus(s.got[rank]) {
				n += y.hi - y.lo + 1
			}
		}
	}
	return n, true
}

// skipped is a delivery at one of the positions that s passed over, by somebody
// whose deliveries it shares.
func (p places) skipped(passed span) int {
	if i := p.from(passed.lo); i < len(p) && p[i].lo <= passed.hi {
		return p[i].rec
	}
	return -1
}

func nonNegative(list ...int) []int {
	return slices.DeleteFunc(list, func(i int) bool { return i < 0 })
}

func judgeUniformPositions(r *run, v *verdict) {
	for _, view := range r.views {
		survivors := r.survivors(view)
		all := r.places(view, survivors, nil)
		for _, s := range view.stays {
			if survivors[s] {
				continue
			}
			for _, i := range s.totals {
				f := at[fact.Deliver](r, i)
				if !f.Safe {
					continue
				}
				if clash, ok := all.add(placeOf(i, &f)); !v.holds(ok) {
					v.fail([]int{clash.rec, i}, "%s was delivered the safe casts %s of %s at position %d in %s, but %s has %d of %s at position %d.",
						s.proc, runOf(f.First, f.N), f.Sender, f.Pos, view, r.procOf(clash.rec), clash.first, clash.sender, clash.lo)
				}
			}
		}
	}
}

func judgeBarrier(r *run, v *verdict) {
	for _, view := range r.views {
		var one *stay
		for _, s := range view.stays {
			if len(s.barriers) == 0 {
				continue
			}
			r.judgeBarriers(v, s)
			if one == nil {
				one = s
			} else if one.next == nil || s.next == nil || one.next.view != s.next.view { // V5 judges the others
				r.judgeSplit(v, one, s)
			}
		}
	}
}

// judgeBarriers asks that barriers are the last of a stay and in their order.
func (r *run) judgeBarriers(v *verdict, s *stay) {
	rank, number := -1, uint64(0)
	for _, i := range s.events {
		f, ok := r.records[i].Fact.(fact.Deliver)
		if !ok || i < s.barriers[0] {
			continue
		}
		if f.Order != fact.Barrier {
			v.holds(false)
			v.fail([]int{s.barriers[0], i}, "%s was delivered %s of %s in %s after a barrier.", s.proc, runOf(f.First, f.N), f.Sender, s.view)
			continue
		}
		k := s.view.rank[f.Sender]
		if !v.holds(k > rank || k == rank && f.First > number) {
			v.fail([]int{i}, "%s was delivered barrier %d of rank %d in %s after barrier %d of rank %d.", s.proc, f.First, k, s.view, number, rank)
		}
		rank, number = k, f.First
	}
}

// judgeSplit compares what two members were delivered before the barriers.
func (r *run) judgeSplit(v *verdict, a, b *stay) {
	for rank, sender := range a.view.members {
		x, y := r.beforeBarriers(a, rank), r.beforeBarriers(b, rank)
		if !v.holds(x.equal(y)) {
			v.fail([]int{a.barriers[0], b.barriers[0]}, "Before the barriers of %s, %s was delivered %s of %s and %s was delivered %s.",
				a.view, a.proc, x, sender, b.proc, y)
		}
	}
}

func (r *run) beforeBarriers(s *stay, rank int) set {
	var barriers set
	for _, i := range s.barriers {
		if f := at[fact.Deliver](r, i); s.view.rank[f.Sender] == rank {
			barriers.add(runOf(f.First, f.N))
		}
	}
	return s.got[rank].minus(barriers)
}
