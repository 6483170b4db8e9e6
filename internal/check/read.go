package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What a read of a member's own state promises: U4 and U5.

// judgeLease is U4.
func judgeLease(r *run, v *verdict) {
	if !r.opt.GlobalClock {
		return
	}
	for i := range r.records {
		f, ok := r.records[i].Fact.(fact.ReadDone)
		if !ok || f.Err != "" {
			continue
		}
		gone, removed := r.removed[f.Proc.Site()]
		if !v.holds(!removed || i < gone.rec) {
			v.fail([]int{gone.rec, i}, "%s read in %s, and its site had been removed by log entry %d.", f.Proc, f.Group, gone.index)
		}
	}
}

// finished is what of a group had been delivered, to anybody, as safe or as a
// Barrier: of the newest view with such casts the last one of each rank.
type finished struct {
	view *groupView
	last []uint64
	rec  []int // the first delivery of each
}

// judgeReads is U5.
func judgeReads(r *run, v *verdict) {
	if !r.opt.GlobalClock {
		return
	}
	type readKey struct {
		memberKey
		id uint64
	}
	type begun struct {
		rec  int
		need finished
		list lastList
	}
	lists := map[id.Address]lastList{}
	newest, open := map[id.Address]*finished{}, map[readKey]begun{}
	for i := range r.records {
		switch f := r.records[i].Fact.(type) {
		case fact.Deliver:
			if (f.Safe || f.Order == fact.Barrier) && !f.Duplicate && !f.Void {
				r.finish(newest, i, &f)
			}
		case fact.Listed:
			r.finishList(lists, f.Group, i, r.listOf[listKey{f.Caller, f.Num}])
		case fact.ListDone:
			x := r.listOf[listKey{f.Proc, f.Num}]
			for _, to := range x.dests {
				if f.End == "numbered" {
					r.finishList(lists, to, i, x)
				}
			}
		case fact.ReadCall:
			b := begun{rec: i, list: lists[f.Group]}
			if n := newest[f.Group]; n != nil {
				b.need = finished{n.view, slices.Clone(n.last), slices.Clone(n.rec)}
			}
			open[readKey{memberKey{f.Proc, f.Group}, f.ID}] = b
		case fact.ReadDone:
			b, ok := open[readKey{memberKey{f.Proc, f.Group}, f.ID}]
			if f.Err != "" {
				continue
			}
			if !v.holds(ok) {
				v.fail([]int{i}, "%s ended a read in %s that had not begun.", f.Proc, f.Group)
				continue
			}
			b.need.judge(v, b.rec, i, &f)
			if x := b.list; x.number != 0 && !v.holds(f.Lists >= x.number) {
				v.fail([]int{x.rec, b.rec, i}, "%s read in %s with casts to lists up to number %d, and number %d was done before it began.", f.Proc, f.Group, f.Lists, x.number)
			}
			r.judgePrescient(v, i, &f)
		}
	}
}

// lastList is the last cast to a list that is done as far as a group is concerned.
type lastList struct {
	number uint64
	rec    int
}

func (r *run) finishList(lists map[id.Address]lastList, group id.Address, i int, x *listed) {
	if group != 0 && x.number > lists[group].number {
		lists[group] = lastList{x.number, i}
	}
}

// finish notes a delivery that finishes casts.
func (r *run) finish(newest map[id.Address]*finished, i int, f *fact.Deliver) {
	view := r.viewOf[viewKey{f.Group, f.View}]
	if view == nil {
		return
	}
	rank, ok := view.rank[f.Sender]
	if !ok {
		return
	}
	n := newest[f.Group]
	if n == nil || n.view.view < view.view {
		n = &finished{view, make([]uint64, len(view.members)), make([]int, len(view.members))}
		newest[f.Group] = n
	}
	if x := runOf(f.First, f.N); n.view == view && x.hi > n.last[rank] {
		n.last[rank], n.rec[rank] = x.hi, i
	}
}

// judge asks whether a read saw what was finished when it began.
func (n *finished) judge(v *verdict, call, done int, f *fact.ReadDone) {
	if n.view == nil || f.View > n.view.view {
		return // V5 and T1 judge what is carried from view to view
	}
	if !v.holds(f.View == n.view.view && len(f.Counts) == len(n.last)) {
		v.fail([]int{slices.Max(n.rec), call, done}, "%s read in view %d of %s, and safe casts of %s had been delivered before it began.", f.Proc, f.View, f.Group, n.view)
		return
	}
	for rank, last := range n.last {
		if !v.holds(f.Counts[rank] >= last) {
			v.fail([]int{n.rec[rank], call, done}, "%s read in %s with %d casts of %s, and cast %d had been delivered before it began.",
				f.Proc, n.view, f.Counts[rank], n.view.members[rank], last)
		}
	}
}

// judgePrescient asks whether a read saw what nobody had sent.
func (r *run) judgePrescient(v *verdict, done int, f *fact.ReadDone) {
	view := r.viewOf[viewKey{f.Group, f.View}]
	if view == nil || len(f.Counts) != len(view.members) {
		return
	}
	for rank, n := range f.Counts {
		if n == 0 {
			continue
		}
		sent := view.streams[rank]
		k := -1
		if sent != nil {
			k = sent.find(n)
		}
		if !v.holds(k >= 0 && k < len(sent.sends) && sent.sends[k].lo <= n && sent.sends[k].rec < done) {
			v.fail([]int{done}, "%s read cast %d of %s in %s before it was sent.", f.Proc, n, view.members[rank], view)
		}
	}
}
