package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Groups as the log makes them: the parts of M2, M10 and M11 that rest on Op.

// ledger is what the log did to one group.
type ledger struct {
	group   id.Address
	entries []entry // by index, one for each, as the first record has it
}

type entry struct {
	fact.Op
	rec   int
	other int // a record that has something else for the same entry, or -1
}

func (l *ledger) find(index uint64) (int, bool) {
	return slices.BinarySearchFunc(l.entries, index, func(e entry, n uint64) int { return compare(e.Index, n) })
}

// joins tells whether p joined by an entry after one, up to another.
func (l *ledger) joins(p id.Address, after, upto uint64) bool {
	return l != nil && slices.ContainsFunc(l.entries, func(e entry) bool {
		return e.Index > after && e.Index <= upto && slices.Contains(e.Joined, p)
	})
}

// out tells whether an entry after view took p out, and somebody told of that
// before record i. Where nobody knows what was before what, any such entry counts.
func (r *run) out(p id.Address, view *groupView, i int) bool {
	l := r.ledgerOf[view.group]
	return l != nil && slices.ContainsFunc(l.entries, func(e entry) bool {
		return e.Index > view.view && (e.rec < i || !r.opt.GlobalClock) && slices.Contains(e.Left, p)
	})
}

// vanished tells whether a group or a process may have been gone by as much of the log
// as the site of p had applied when it wrote record i.
func (r *run) vanished(to, p id.Address, i int) bool {
	upto := r.siteOf[p.Site()].loggedBefore(i)
	if to.IsGroup() {
		l := r.ledgerOf[to]
		if l == nil || r.followed(l) < upto {
			return true
		}
		members, _ := l.follow(nil, 0, upto)
		return len(members) == 0
	}
	there := false
	for k := range r.siteViews {
		if r.siteViews[k].Index <= upto {
			there = r.siteViews[k].has(to.Site())
		}
	}
	return !there
}

func (r *run) noteOp(i int, f fact.Op) {
	l := r.ledgerOf[f.Group]
	if l == nil {
		l = &ledger{group: f.Group}
		r.ledgerOf[f.Group] = l
		r.ledgers = append(r.ledgers, l)
	}
	k, ok := l.find(f.Index)
	if !ok {
		l.entries = slices.Insert(l.entries, k, entry{f, i, -1})
		return
	}
	if e := &l.entries[k]; e.other < 0 && !sameOp(&e.Op, &f) {
		e.other = i
	}
}

func sameOp(a, b *fact.Op) bool {
	return slices.Equal(a.Heirs, b.Heirs) && slices.Equal(a.Joined, b.Joined) && slices.Equal(a.Left, b.Left) && slices.Equal(a.Ready, b.Ready) && slices.Equal(a.Aside, b.Aside)
}

// apply notes that s has applied the log up to index.
func (s *site) apply(rec int, index uint64) {
	if index > s.logged {
		s.logged = index
		s.log = append(s.log, mark{rec, index})
	}
}

// loggedBefore is how much of the log s had applied when record rec was written.
func (s *site) loggedBefore(rec int) uint64 {
	k, _ := slices.BinarySearchFunc(s.log, rec, func(m mark, rec int) int { return compare(uint64(m.rec), uint64(rec)) })
	if k == 0 {
		return 0
	}
	return s.log[k-1].upto
}

// judgeOps is the part of M2 about the changes of groups.
func (r *run) judgeOps(v *verdict) {
	for _, s := range r.sites {
		last := map[id.Address]int{}
		for _, i := range s.ops {
			f := at[fact.Op](r, i)
			if j, ok := last[f.Group]; !v.holds(!ok || at[fact.Op](r, j).Index < f.Index) {
				v.fail([]int{j, i}, "%s changed %s by entry %d after entry %d.", s.id, f.Group, f.Index, at[fact.Op](r, j).Index)
			}
			last[f.Group] = i
		}
	}
}

// judgeLedgers is the part of M10 about the changes of groups: they are the
// same at all sites, and every view has the members and the holders of the
// state that they make.
func (r *run) judgeLedgers(v *verdict) {
	for _, l := range r.ledgers {
		for k := range l.entries {
			if e := &l.entries[k]; !v.holds(e.other < 0) {
				v.fail([]int{e.rec, e.other}, "%s and %s changed %s by entry %d in different ways.", r.records[e.rec].Site, r.records[e.other].Site, l.group, e.Index)
			}
		}
	}
	for _, s := range r.sites {
		for _, i := range s.ops {
			if f := at[fact.Op](r, i); !v.holds(s.loggedBefore(i) >= f.Index) {
				v.fail([]int{i}, "%s changed %s by entry %d before it had applied it.", s.id, f.Group, f.Index)
			}
		}
	}
	r.recompute(func(view *groupView, made *roster) {
		if !v.holds(made.rec >= 0) {
			v.fail([]int{view.first}, "%s was installed, but log entry %d did not change the group.", view, view.view)
			return
		}
		if !v.holds(sameMembers(view.members, made.members) && sameMembers(view.ready, made.ready)) {
			v.fail([]int{made.rec, view.first}, "%s has the members %v, of which %v are ready, but the log has %v and %v.",
				view, view.members, view.ready, made.members, made.ready)
		}
	})
}

// judgeLogOrder is the part of M11 about the changes of groups: members are
// ranked in the order in which the log brought them in.
func (r *run) judgeLogOrder(v *verdict) {
	r.recompute(func(view *groupView, made *roster) {
		if made.rec >= 0 && sameMembers(view.members, made.members) && !v.holds(slices.Equal(view.members, made.members)) {
			v.fail([]int{made.rec, view.first}, "%s ranks its members %v, but the log brought them in as %v.", view, view.members, made.members)
		}
	})
}

func sameMembers(a, b []id.Address) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// roster is a group as the log has it after an entry.
type roster struct {
	members, ready []id.Address
	rec            int // the Op of the entry, or -1
}

func (s *roster) apply(e *entry) {
	gone := func(p id.Address) bool { return slices.Contains(e.Left, p) }
	s.members = slices.DeleteFunc(inherited(s.members, e.Heirs), gone)
	s.members = append(s.members, heirless(e.Joined, e.Heirs)...)
	s.ready = append(slices.DeleteFunc(s.ready, gone), e.Ready...)
	s.ready = slices.DeleteFunc(s.ready, func(p id.Address) bool { return slices.Contains(e.Aside, p) })
	s.rec = e.rec
}

// inherited is members with each heir in the place of the one it replaced.
func inherited(members, heirs []id.Address) []id.Address {
	members = heirless(members, heirs)
	for k := 0; k+1 < len(heirs); k += 2 {
		if i := slices.Index(members, heirs[k]); i >= 0 {
			members[i] = heirs[k+1]
		}
	}
	return members
}

// heirless is members without the heirs.
func heirless(members, heirs []id.Address) []id.Address {
	return slices.DeleteFunc(slices.Clone(members), func(p id.Address) bool {
		i := slices.Index(heirs, p)
		return i >= 0 && i%2 == 1
	})
}

// follow is how members rank after the entries after one, up to another, and whom
// these brought in or gave a place: with one rank for who left and came again, who
// took a place and whose place was taken in turn.
func (l *ledger) follow(members []id.Address, after, upto uint64) (ranked, moved []id.Address) {
	made := roster{members: slices.Clone(members)}
	if l == nil {
		return made.members, nil
	}
	for k := range l.entries {
		if e := &l.entries[k]; e.Index > after && e.Index <= upto {
			made.apply(e)
			moved = append(append(moved, e.Joined...), e.Heirs...)
		}
	}
	return made.members, moved
}

// recompute calls f with each group view and what the log made of its group by
// the entry of that name. Views of which the trace may lack an entry are left
// out: all before the first Op of a run, and with clocks of their own those
// that no site is known to have followed from the group's beginning.
func (r *run) recompute(f func(*groupView, *roster)) {
	views := map[id.Address][]*groupView{}
	for _, view := range r.views {
		views[view.group] = append(views[view.group], view)
	}
	for _, l := range r.ledgers {
		if first := l.entries[0].Index; l.group != id.Group(first, l.group.Local()) {
			continue
		}
		list := views[l.group]
		slices.SortFunc(list, func(a, b *groupView) int { return compare(a.view, b.view) })
		now, next, complete := &roster{}, 0, r.followed(l)
		for _, view := range list {
			if view.view > complete {
				break
			}
			now.rec = -1
			for ; next < len(l.entries) && l.entries[next].Index <= view.view; next++ {
				now.apply(&l.entries[next])
			}
			if k := next - 1; k < 0 || l.entries[k].Index != view.view {
				now.rec = -1
			}
			f(view, now)
		}
	}
}

// followed is the last entry up to which the ledger has all that the log did.
func (r *run) followed(l *ledger) uint64 {
	if r.opt.GlobalClock {
		return maxNumber
	}
	first, upto := l.entries[0].Index, uint64(0)
	for _, s := range r.sites {
		if len(s.log) == 0 || s.log[0].upto >= first {
			continue // it may know the group from a snapshot
		}
		known := s.logged
		if r.lost(s.id) {
			known = 0
			if k := len(s.ops); k > 0 { // what follows may not have been written
				known = at[fact.Op](r, s.ops[k-1]).Index - 1
			}
		}
		upto = max(upto, known)
	}
	return upto
}
