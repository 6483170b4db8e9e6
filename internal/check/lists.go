package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Casts to lists of destinations: O7, O11, O12 and E7.

// listKey names one attempt of a cast to a list.
type listKey struct {
	caller id.Address
	num    uint64
}

// listed is what is known of one attempt.
type listed struct {
	listKey
	cast    int // record, or -1
	dests   []id.Address
	done    int // record of its end, or -1
	end     string
	number  uint64
	brought map[memberKey]int // who holds it; group 0 for a process
	given   map[memberKey]int // who was given it
	first   int               // the first of these records, or -1
}

// noteList files a fact about a cast to a list.
func (r *run) noteList(i int) {
	switch f := r.records[i].Fact.(type) {
	case fact.ListCast:
		x := r.list(f.Proc, f.Num)
		x.cast, x.dests = i, f.Dests
		r.asks = append(r.asks, listAsk{f.Proc, f.ID, i})
	case fact.ListDone:
		x := r.list(f.Proc, f.Num)
		x.done, x.end = i, f.End
		r.asks = slices.DeleteFunc(r.asks, func(a listAsk) bool { return a.proc == f.Proc && a.id == f.ID })
	case fact.Brought:
		r.list(f.Caller, f.Num).brought[memberKey{f.Proc, f.Group}] = i
	case fact.Listed:
		x := r.list(f.Caller, f.Num)
		k := memberKey{f.Proc, f.Group}
		if x.first < 0 {
			x.first, x.number = i, f.Number
		}
		r.gives = append(r.gives, i)
		if _, again := x.given[k]; again {
			r.regiven = append(r.regiven, i)
		}
		x.given[k] = i
		if f.Group == 0 {
			return
		}
		if s := r.stayOf(i, f.Proc, f.Group, f.View); s != nil {
			s.listed = append(s.listed, i)
		}
	}
}

// listAsk is a cast to a list that has not ended.
type listAsk struct {
	proc id.Address
	id   uint64
	rec  int
}

func (r *run) list(caller id.Address, num uint64) *listed {
	k := listKey{caller, num}
	x := r.listOf[k]
	if x == nil {
		x = &listed{listKey: k, cast: -1, done: -1, first: -1, brought: map[memberKey]int{}, given: map[memberKey]int{}}
		r.listOf[k] = x
		r.lists = append(r.lists, x)
	}
	return x
}

// listActor is the process whose doing a fact about a list is.
func listActor(f fact.Fact) (id.Address, bool) {
	switch f := f.(type) {
	case fact.ListCast:
		return f.Proc, true
	case fact.ListDone:
		return f.Proc, true
	case fact.Brought:
		return f.Proc, true
	case fact.Listed:
		return f.Proc, true
	}
	return 0, false
}

// judgeListOrder: one number for each, and in each stream they grow.
func judgeListOrder(r *run, v *verdict) {
	last := map[memberKey]int{}
	named := map[uint64]*listed{}
	for _, i := range r.gives {
		f := at[fact.Listed](r, i)
		x := r.listOf[listKey{f.Caller, f.Num}]
		if !v.holds(x.number == f.Number) {
			v.fail([]int{x.first, i}, "Cast %d of %s to a list came as number %d to some and as %d to %s.", f.Num, f.Caller, x.number, f.Number, f.Proc)
		}
		if y := named[f.Number]; y == nil {
			named[f.Number] = x
		} else if !v.holds(y == x) {
			v.fail([]int{y.first, i}, "Casts %d of %s and %d of %s to lists have the same number %d.", y.num, y.caller, x.num, x.caller, f.Number)
		}
		k := memberKey{f.Proc, f.Group}
		if before, ok := last[k]; ok {
			if g := at[fact.Listed](r, before); !v.holds(g.Number < f.Number) {
				v.fail([]int{before, i}, "%s was given cast %d to a list after %d.", f.Proc, f.Number, g.Number)
			}
		}
		last[k] = i
	}
}

// judgeListAtomicity: who is given one is on its list, and all who hold it and
// stay are given it if anybody is, or if its sender was told so.
func judgeListAtomicity(r *run, v *verdict) {
	for _, i := range r.regiven {
		v.holds(false)
		f := at[fact.Listed](r, i)
		v.fail([]int{i}, "%s was given cast %d of %s to a list twice in %s.", f.Proc, f.Num, f.Caller, f.Group)
	}
	for _, x := range r.lists {
		r.judgeMeant(x, v)
		switch numbered := len(x.given) > 0 || x.end == "numbered"; {
		case x.end == "nowhere" && !v.holds(len(x.given) == 0):
			v.fail([]int{x.first, x.done}, "Cast %d of %s to a list was delivered, but its sender was told that it is not.", x.num, x.caller)
		case x.end == "nowhere" && x.cast >= 0 && !v.holds(slices.ContainsFunc(x.dests, func(to id.Address) bool { return r.vanished(to, x.caller, x.done) })):
			v.fail([]int{x.cast, x.done}, "Cast %d of %s to a list was not delivered, and none of its destinations was gone by the log.", x.num, x.caller)
		case numbered:
			r.judgeArrived(x, v)
		}
	}
	for _, view := range r.views {
		for _, group := range view.moved() {
			for _, s := range group[1:] {
				a, b := r.numbersOf(group[0]), r.numbersOf(s)
				if !v.holds(slices.Equal(a, b)) {
					v.fail([]int{group[0].next.installed, s.next.installed}, "%s was given casts %v to lists in %s, but %s, which moved to view %d with it, %v.",
						group[0].proc, a, view, s.proc, s.next.view.view, b)
				}
			}
		}
	}
}

// numbersOf lists the casts to lists that a process was given during a stay.
func (r *run) numbersOf(s *stay) (list []uint64) {
	for _, i := range s.listed {
		list = append(list, at[fact.Listed](r, i).Number)
	}
	return list
}

// judgeMeant judges that all who were given x are on its list.
func (r *run) judgeMeant(x *listed, v *verdict) {
	for _, k := range r.takers(x.given) {
		dest := k.group
		if dest == 0 {
			dest = k.proc
		}
		if x.cast < 0 && !r.opt.GlobalClock {
			continue // its sender may have been killed before it wrote it
		}
		if !v.holds(x.cast >= 0 && slices.Contains(x.dests, dest)) {
			v.fail([]int{x.given[k]}, "%s was given cast %d of %s to a list, which was not cast to %s.", k.proc, x.num, x.caller, dest)
		}
	}
}

// judgeArrived judges that all who hold x and are there in the end were given it.
func (r *run) judgeArrived(x *listed, v *verdict) {
	if !r.live() {
		return
	}
	for _, k := range r.takers(x.brought) {
		if !r.alive[k.proc.Site()] {
			continue
		}
		if k.group != 0 {
			m := r.memberOf[k]
			if m == nil || m.cur == nil || slices.ContainsFunc(m.leaves, func(i int) bool { return i > x.brought[k] }) {
				continue
			}
		}
		if _, ok := x.given[k]; !v.holds(ok) {
			v.fail([]int{x.brought[k], r.quiet}, "%s held cast %d of %s to a list in %s and was never given it, though it has a number.", k.proc, x.num, x.caller, k.group)
		}
	}
	for _, to := range x.dests {
		for _, k := range r.destined(to, x.cast) {
			if _, ok := x.given[k]; !v.holds(ok) {
				v.fail([]int{x.cast, r.quiet}, "%s was never given cast %d of %s to a list, though that has a number and was cast to %s.", k.proc, x.num, x.caller, to)
			}
		}
	}
}

// destined are those in the end who cannot have missed what was brought to a
// destination after record rec: a process, or members that have held the state since
// before. Without a global clock nobody knows which members have.
func (r *run) destined(to id.Address, rec int) (list []memberKey) {
	if !to.IsGroup() {
		if r.alive[to.Site()] {
			list = append(list, memberKey{proc: to})
		}
		return list
	}
	for _, m := range r.members {
		if m.group == to && m.cur != nil && r.alive[m.proc.Site()] && m.ready >= 0 && m.ready < rec && r.opt.GlobalClock {
			list = append(list, memberKey{m.proc, to})
		}
	}
	return list
}

// takers lists the keys of a map in the order of their records.
func (r *run) takers(all map[memberKey]int) []memberKey {
	list := make([]memberKey, 0, len(all))
	for k := range all {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b memberKey) int { return all[a] - all[b] })
	return list
}

// judgeListEnd: in the end every cast to a list has ended.
func judgeListEnd(r *run, v *verdict) {
	if !r.live() {
		return
	}
	for _, x := range r.lists {
		if x.done >= 0 {
			v.holds(true)
		}
	}
	for _, a := range r.asks {
		if r.alive[a.proc.Site()] && !v.holds(false) {
			v.fail([]int{a.rec, r.quiet}, "Cast %d of %s to a list has no end.", a.id, a.proc)
		}
	}
}

// seen of casts to lists is a part of what a process knows. It is never changed.
type seenLists []*listed

func (s seenLists) with(more ...*listed) seenLists {
	for _, x := range more {
		if !slices.Contains(s, x) {
			s = append(slices.Clip(s), x)
		}
	}
	return s
}

// stepList takes what p did with a cast to a list.
func (a *across) stepList(p id.Address, i int) {
	switch f := a.records[i].Fact.(type) {
	case fact.ListCast:
		x := a.listOf[listKey{p, f.Num}]
		a.listPast[x] = a.lists[p]
		a.listSight[x] = a.after(a.sight[p], a.programs().lists[listCastKey{p, f.ID}], 0)
	case fact.ListDone:
		if f.End == "numbered" {
			a.lists[p] = a.lists[p].with(a.listOf[listKey{p, f.Num}])
		}
	case fact.Listed:
		x := a.listOf[listKey{f.Caller, f.Num}]
		a.listChecks++
		if slices.Contains(a.ahead[memberKey{p, f.Group}], x) {
			a.lateLists = append(a.lateLists, i)
		}
		a.lists[p] = a.lists[p].with(a.listPast[x]...).with(x)
		if f.Group != 0 {
			a.sight[p] = a.bind(p, a.sight[p], a.listSight[x], f.Group)
		}
	}
}

func judgeListCausality(r *run, v *verdict) {
	a := r.across()
	v.checks = a.listChecks
	for _, i := range a.lateLists {
		f := at[fact.Listed](r, i)
		v.fail([]int{i}, "%s was given cast %d of %s to a list in %s after something that depends on it.", f.Proc, f.Num, f.Caller, f.Group)
	}
}
