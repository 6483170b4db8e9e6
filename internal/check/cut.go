package check

import (
	"fmt"
	"math"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What members of a view have in common when it ends: V5 and V7 to V10.

func judgeSynchrony(r *run, v *verdict) {
	for _, view := range r.views {
		for _, group := range view.moved() {
			one := group[0]
			if i := slices.IndexFunc(group, (*stay).clean); i >= 0 {
				one = group[i]
			}
			for _, s := range group {
				if s != one {
					judgeTogether(v, one, s)
				}
			}
		}
	}
}

// judgeTogether compares what two members were delivered in a view that they
// left together. Relayed casts are compared by what they were at their origin.
func judgeTogether(v *verdict, a, b *stay) {
	events := []int{a.next.installed, b.next.installed}
	differ := func(had, lacks *stay, what set, of id.Address) {
		v.fail(events, "%s was delivered %s of %s in %s, but %s, which moved to view %d with it, was not.",
			had.proc, what, of, a.view, lacks.proc, a.next.view.view)
	}
	for rank, sender := range a.view.members {
		x, y := a.plain(rank), b.plain(rank)
		if v.holds(x.equal(y)) {
			continue
		}
		if more := x.minus(y); more != nil {
			differ(a, b, more, sender)
		} else {
			differ(b, a, y.minus(x), sender)
		}
	}
	for _, origin := range origins(a, b) {
		x, y := a.users[origin], b.users[origin]
		lacks, extra := x.minus(y), y.minus(x)
		if !b.clean() || !a.clean() { // who has no state yet cannot tell a duplicate
			lacks, extra = lacks.minus(b.dups[origin]), extra.minus(a.dups[origin])
		}
		if !v.holds(lacks == nil && extra == nil) {
			if lacks != nil {
				differ(a, b, lacks, origin)
			} else {
				differ(b, a, extra, origin)
			}
		}
	}
}

// plain is what s was delivered of a rank, without relayed casts.
func (s *stay) plain(rank int) set {
	if s.relayed == nil || s.relayed[rank] == nil {
		return s.got[rank]
	}
	return s.got[rank].minus(s.relayed[rank])
}

// origins are the processes outside whose casts a or b was delivered, ascending.
func origins(a, b *stay) []id.Address {
	var all []id.Address
	for _, s := range []*stay{a, b} {
		for origin := range s.users {
			all = append(all, origin)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func judgeCut(r *run, v *verdict) {
	for _, view := range r.views {
		for _, group := range view.moved() {
			one := -1
			for _, s := range group {
				i := r.lastCut(s)
				if i < 0 {
					continue
				}
				if one < 0 {
					one = i
				}
				f := at[fact.Cut](r, i)
				if !v.holds(slices.Equal(f.Counts, at[fact.Cut](r, one).Counts)) {
					v.fail([]int{one, i}, "%s has another cut of %s than %s.", s.proc, view, at[fact.Cut](r, one).Proc)
				}
				r.judgeCutOf(v, s, i, f.Counts)
			}
		}
	}
}

// lastCut is the cut that led s to its next view.
func (r *run) lastCut(s *stay) int {
	for k := len(s.cuts) - 1; k >= 0; k-- {
		if at[fact.Cut](r, s.cuts[k]).Attempt == s.next.fact.Attempt {
			return s.cuts[k]
		}
	}
	if k := len(s.cuts); k > 0 {
		return s.cuts[k-1]
	}
	return -1
}

func (r *run) judgeCutOf(v *verdict, s *stay, i int, counts []uint64) {
	for rank, sender := range s.view.members {
		events := []int{i, s.next.installed}
		n := counts[rank]
		if beyond := s.got[rank].minus(s.got[rank].upto(n)); !v.holds(beyond == nil) {
			v.fail(events, "%s was delivered %s of %s in %s, but the cut ends at %d.", s.proc, beyond, sender, s.view, n)
		}
		r.judgeDrop(v, s, rank, events)
		missing := s.view.sent(rank).upto(n).minus(s.got[rank]).minus(s.dropped[rank])
		if missing != nil && sender == s.proc {
			continue // V10 knows
		}
		if !v.holds(missing == nil) {
			v.fail(events, "%s was not delivered %s of %s in %s, but the cut holds everything up to %d.", s.proc, missing, sender, s.view, n)
		}
	}
}

// judgeDrop asks that the first cast of a rank that was dropped depends on something
// lost, as all after it depend on it: on a cast that s was not delivered, or on
// positions, of which the trace does not tell, from a sequencer that did not go on.
func (r *run) judgeDrop(v *verdict, s *stay, rank int, events []int) {
	if len(s.dropped[rank]) == 0 {
		return
	}
	sender, n := s.view.members[rank], s.dropped[rank][0].lo
	x := r.sendOf(s.view.group, s.view.view, sender, n)
	if x == nil {
		return // who was killed may not have written it
	}
	r.ordering() // which sets what it depends on
	lost := x.deps != nil && r.sequencerLost(s, sender)
	for k, n := range x.deps {
		lost = lost || k != rank && n > 0 && !s.got[k].has(span{n, n})
	}
	if !v.holds(lost) {
		v.fail(append(events, x.rec), "%s dropped cast %d of %s in %s, which depends on nothing that was lost.", s.proc, n, sender, s.view)
	}
}

func judgeFlushPrimitive(r *run, v *verdict) {
	answered := map[int]int{} // call to answer
	for _, f := range r.flushes {
		if f.called < 0 {
			v.holds(false)
			v.fail([]int{f.done}, "A flush of %s in %s was answered that was not called.", f.proc, f.group)
		} else if f.done >= 0 {
			answered[f.called] = f.done
		}
	}
	for _, m := range r.members {
		for _, s := range m.stays {
			if len(m.flushes) > 0 {
				r.judgeFlushes(v, s, answered)
			}
			r.judgeLeaver(v, s)
		}
	}
}

// judgeFlushes walks a stay and judges each of its flush calls with what came
// before it. Earlier views are settled by their cuts.
func (r *run) judgeFlushes(v *verdict, s *stay, answered map[int]int) {
	seen := make([]set, len(s.got))
	shown := s.prev != nil
	for _, i := range s.events {
		switch f := r.records[i].Fact.(type) {
		case fact.Send:
			if rank, ok := s.view.rank[f.Proc]; ok {
				seen[rank].add(runOf(f.First, f.N))
			}
			shown = true
		case fact.Deliver:
			seen[s.view.rank[f.Sender]].add(runOf(f.First, f.N))
			shown = true
		case fact.FlushCall:
			if shown { // else it may have been made before its program was shown a view, and before other casts
				r.judgeTold(v, s, i, f.Queued)
			}
			if done, ok := answered[i]; ok {
				what := fmt.Sprintf("A flush of %s was answered", s.proc)
				r.judgeKept(v, s, seen, what, []int{i, done})
				r.judgeQueued(v, s, what, []int{i, done})
			}
		}
	}
}

// judgeQueued judges the casts that were made before a flush call and not sent yet:
// the next that its caller sent, in that view or later ones.
func (r *run) judgeQueued(v *verdict, s *stay, what string, events []int) {
	called, done := events[0], events[1]
	left := at[fact.FlushCall](r, called).Queued
	if left == 0 {
		return
	}
	for x := s; x != nil && left > 0; x = x.next {
		own := r.own(x, called, done, left)
		for _, y := range own {
			left -= y.hi - y.lo + 1
		}
		r.judgeOwn(v, x, own, what, events)
	}
	if !v.holds(left == 0) {
		v.fail(events, "%s, but %d casts were not sent that its program had made before.", what, left)
	}
}

// judgeTold compares how many casts a flush call says were made and not sent with
// what was told of their making and their sending.
func (r *run) judgeTold(v *verdict, s *stay, i int, told uint64) {
	if e := r.programs().during(s); e != nil {
		if _, n := e.unsent(i); !v.holds(n == told) {
			v.fail([]int{i}, "%s had %d casts to %s unsent when it made a flush call, which says %d.", s.proc, n, s.group, told)
		}
	}
}

// own is what s itself sent between two records, and for its own program, at most
// so many casts.
func (r *run) own(s *stay, after, before int, most uint64) (sent set) {
	for _, i := range s.events {
		f, ok := r.records[i].Fact.(fact.Send)
		if !ok || i < after || i > before || f.Origin != 0 || f.Void {
			continue
		}
		if f.N = uint32(min(uint64(f.N), most)); f.N == 0 {
			break
		}
		sent.add(runOf(f.First, f.N))
		most -= uint64(f.N)
	}
	return sent
}

// judgeLeaver judges what a member sent in the view that it left, as it wished to:
// that is a flush, too.
func (r *run) judgeLeaver(v *verdict, s *stay) {
	if s.ended < 0 {
		return
	}
	if f, ok := r.records[s.ended].Fact.(fact.Leave); ok && f.Why == "left" {
		what, events := fmt.Sprintf("%s left %s", s.proc, s.group), []int{s.ended}
		if !v.holds(f.Unsent == 0) {
			v.fail(events, "%s, but %d casts were not sent that its program had made before.", what, f.Unsent)
		}
		if e := r.programs().during(s); e != nil { // whoever waits for an answer with a copy learns that it left
			list, _ := e.unsent(s.ended)
			if i := slices.IndexFunc(list, func(x made) bool { return !x.copies }); !v.holds(i < 0) {
				v.fail(append(events, list[i].rec), "%s, but a cast was not sent that its program had made before.", what)
			}
		}
		r.judgeOwn(v, s, r.own(s, s.installed, s.ended, math.MaxUint64), what, events)
	}
}

// judgeOwn is judgeKept of casts of s itself.
func (r *run) judgeOwn(v *verdict, s *stay, own set, what string, events []int) {
	if rank, ok := s.view.rank[s.proc]; ok && own != nil {
		seen := make([]set, len(s.got))
		seen[rank] = own
		r.judgeKept(v, s, seen, what, events)
	}
}

// judgeKept judges that all members of a view have what was seen in it, by rank,
// when the last of events says so.
func (r *run) judgeKept(v *verdict, s *stay, seen []set, what string, events []int) {
	done := events[len(events)-1]
	for _, other := range s.view.stays {
		if other.next == nil {
			continue
		}
		for rank, sender := range s.view.members {
			if missing := seen[rank].minus(other.got[rank]); !v.holds(missing == nil) {
				v.fail(events, "%s, but %s left %s without %s of %s.", what, other.proc, s.view, missing, sender)
			}
		}
	}
	if !r.opt.GlobalClock || s.ended >= 0 && s.ended < done {
		return
	}
	for rank, sender := range s.view.members {
		if seen[rank] == nil {
			continue
		}
		last := seen[rank][len(seen[rank])-1].hi
		v.checks += len(s.view.members)
		r.judgeHeld(s, done, rank, last, func(p id.Address) {
			v.fail(events, "%s while %s did not hold cast %d of %s in %s.", what, p, last, sender, s.view)
		})
	}
}

func judgeBlock(r *run, v *verdict) {
	for _, m := range r.members {
		for _, s := range m.stays {
			if len(s.blocks) == 0 {
				continue
			}
			v.checks++
			for _, i := range s.events {
				if f, ok := r.records[i].Fact.(fact.Send); ok && i > s.blocks[0] {
					v.fail([]int{s.blocks[0], i}, "%s sent %s in %s after it was blocked.", s.proc, runOf(f.First, f.N), s.view)
				}
			}
		}
	}
}

func judgeSelfDelivery(r *run, v *verdict) {
	for _, m := range r.members {
		for _, s := range m.stays {
			rank, ok := s.view.rank[s.proc]
			if s.next == nil || !ok {
				continue
			}
			var own set
			for _, i := range s.events {
				if f, ok := r.records[i].Fact.(fact.Send); ok {
					own.add(runOf(f.First, f.N))
				}
			}
			if missing := own.minus(s.got[rank]); !v.holds(missing == nil) {
				v.fail([]int{s.next.installed}, "%s left %s without being delivered its own %s.", s.proc, s.view, missing)
			}
		}
	}
}
