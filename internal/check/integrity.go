package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What may be delivered at all, how often and in which view: V1 to V4 and V11.

func judgeIntegrity(r *run, v *verdict) {
	for _, m := range r.members {
		for _, s := range m.stays {
			for _, i := range s.events {
				if f, ok := r.records[i].Fact.(fact.Deliver); ok {
					r.judgeSent(v, i, &f)
				}
			}
		}
	}
	for _, x := range r.strays {
		if f, ok := r.records[x.rec].Fact.(fact.Deliver); ok {
			r.judgeSent(v, x.rec, &f)
		}
	}
	for _, i := range r.aliens {
		f := at[fact.Deliver](r, i)
		if r.silenced(i, &f) {
			continue
		}
		v.holds(false)
		v.fail([]int{i}, "%s was delivered casts of %s in view %d of %s, of which the sender is no member.", f.Proc, f.Sender, f.View, f.Group)
	}
}

// judgeSent compares a delivery with the sends of the same numbers.
func (r *run) judgeSent(v *verdict, i int, f *fact.Deliver) {
	x := runOf(f.First, f.N)
	stream := r.streamOf[streamKey{viewKey{f.Group, f.View}, f.Sender}]
	var found set
	problem, with := "", -1
	stream.overlapping(x, func(s *send) {
		found.add(span{max(s.lo, x.lo), min(s.hi, x.hi)})
		switch {
		case s.Order != f.Order || s.Safe != f.Safe || s.Origin != f.Origin || s.OFirst-s.First != f.OFirst-f.First && f.Origin != 0:
			problem, with = "it was sent as something else", s.rec
		case r.opt.GlobalClock && s.rec > i:
			problem, with = "it was sent later", s.rec
		}
	})
	events := []int{i}
	if with >= 0 {
		events = append(events, with)
	} else if missing := (set{x}).minus(found); missing != nil && !r.unwritten(f, stream) {
		problem = "no Send fact has " + missing.String()
	}
	if !v.holds(problem == "") {
		v.fail(events, "%s was delivered %s of %s in view %d of %s, but %s.", f.Proc, x, f.Sender, f.View, f.Group, problem)
	}
}

// unwritten tells whether the sender may have been killed before it wrote what
// it sent: then nothing that it wrote comes after.
func (r *run) unwritten(f *fact.Deliver, s *stream) bool {
	if !r.lost(f.Sender.Site()) {
		return false
	}
	m := r.memberOf[memberKey{f.Sender, f.Group}]
	if m == nil || len(m.stays) == 0 {
		return true
	}
	last := m.stays[len(m.stays)-1]
	return last.view.view <= f.View && last.ended < 0 && (s == nil || s.all == nil || s.all[len(s.all)-1].hi < f.First+uint64(f.N)-1)
}

func judgeDuplication(r *run, v *verdict) {
	for _, m := range r.members {
		for _, s := range m.stays {
			for _, got := range s.got {
				v.checks += len(got)
			}
			if s.prev == nil && s.relays() {
				r.judgeRelayed(v, s)
			}
		}
	}
	for _, x := range r.twice {
		f := at[fact.Deliver](r, x.rec)
		v.holds(false)
		v.fail([]int{x.rec}, "%s was delivered some of %s of %s in %s a second time.", f.Proc, runOf(f.First, f.N), f.Sender, x.stay.view)
	}
}

// judgeRelayed follows a membership and what it was delivered from outside the
// group. Until the process holds the state it cannot know what is a duplicate.
func (r *run) judgeRelayed(v *verdict, s *stay) {
	r.relayed(s, len(r.records), func(i int, f *fact.Deliver, seen set, ready bool) {
		x := runOf(f.OFirst, f.N)
		switch {
		case !ready:
		case f.Duplicate && !v.holds(seen.has(x)):
			v.fail([]int{i}, "%s took %s of %s for duplicates, but had not been delivered them.", f.Proc, x, f.Origin)
		case !f.Duplicate && !v.holds(!seen.meets(x)):
			v.fail([]int{i}, "%s was delivered some of %s of %s a second time, by relay %s.", f.Proc, x, f.Origin, f.Sender)
		}
	})
}

// relays tells whether the membership that begins with s had relayed casts.
func (s *stay) relays() bool {
	for ; s != nil; s = s.next {
		if s.users != nil {
			return true
		}
	}
	return false
}

// relayed calls f for each relayed delivery of the membership that begins with
// s, before record end, with what the process had then seen of the origin by
// itself or in a state it loaded. It returns all that was seen.
func (r *run) relayed(s *stay, end int, f func(int, *fact.Deliver, set, bool)) map[id.Address]set {
	seen := map[id.Address]set{}
	return r.relayedFrom(s, end, seen, f, 0)
}

// maxChain bounds how far states are followed from donor to donor.
const maxChain = 64

func (r *run) relayedFrom(s *stay, end int, seen map[id.Address]set, f func(int, *fact.Deliver, set, bool), depth int) map[id.Address]set {
	loaded := false
	for ; s != nil && s.installed < end; s = s.next {
		for _, i := range s.events {
			if s.users == nil || i >= end {
				break
			}
			d, ok := r.records[i].Fact.(fact.Deliver)
			if !ok || d.Origin == 0 {
				continue
			}
			ready := s.ready >= 0 && s.ready <= i
			if ready && !loaded {
				r.inherit(s, i, seen, depth)
				loaded = true
			}
			known := seen[d.Origin]
			f(i, &d, known, ready)
			known.add(runOf(d.OFirst, d.N))
			seen[d.Origin] = known
		}
		if !loaded && s.ready >= 0 && s.ready < end {
			r.inherit(s, end, seen, depth)
			loaded = true
		}
	}
	return seen
}

// inherit adds to seen what the state that s loaded had seen.
func (r *run) inherit(s *stay, end int, seen map[id.Address]set, depth int) {
	l, ok := r.records[s.ready].Fact.(fact.Loaded)
	if !ok || s.ready >= end || depth == maxChain {
		return
	}
	donor := r.memberOf[memberKey{l.From, l.Group}]
	snapshots := r.snapshots[xferKey{l.Group, l.From, l.Xfer}]
	if donor == nil || len(snapshots) == 0 {
		return
	}
	first := donor.at(snapshots[0])
	if first == nil {
		return
	}
	for first.prev != nil {
		first = first.prev
	}
	base := r.relayedFrom(first, snapshots[0], map[id.Address]set{}, func(int, *fact.Deliver, set, bool) {}, depth+1)
	for origin, s := range base { // every origin by itself: the order of the map does not matter
		mine := seen[origin]
		for _, x := range s {
			mine.add(x)
		}
		seen[origin] = mine
	}
}

// at is the stay of m that record rec falls into.
func (m *member) at(rec int) *stay {
	for _, s := range m.stays {
		if s.installed <= rec && (s.ended < 0 || rec < s.ended) {
			return s
		}
	}
	return nil
}

func judgeSameView(r *run, v *verdict) {
	r.judgeStrays(v, func(x *stray, f *fact.Deliver, proper int) {
		if proper >= 0 {
			v.holds(false)
			v.fail([]int{proper, x.rec}, "%s was delivered %s of %s in %s, and %s in view %d.",
				f.Proc, runOf(f.First, f.N), f.Sender, x.stay.view, r.records[proper].Fact.(fact.Deliver).Proc, f.View)
		}
	})
}

func judgeSendingView(r *run, v *verdict) {
	r.judgeStrays(v, func(x *stray, f *fact.Deliver, proper int) {
		if proper < 0 {
			v.holds(false)
			v.fail([]int{x.rec}, "%s was delivered %s of %s in %s, but they were sent in view %d.", f.Proc, runOf(f.First, f.N), f.Sender, x.stay.view, f.View)
		}
	})
	for _, x := range r.strays {
		if f, ok := r.records[x.rec].Fact.(fact.Send); ok {
			v.holds(false)
			v.fail([]int{x.rec}, "%s sent %s in view %d while it was in %s.", f.Proc, runOf(f.First, f.N), f.View, x.stay.view)
		}
	}
}

// judgeStrays counts all deliveries and calls f for each one in the wrong view,
// with a delivery of the same casts in the right one. Casts of senders that
// the process no longer has in its view are left to V11.
func (r *run) judgeStrays(v *verdict, f func(x *stray, d *fact.Deliver, proper int)) {
	v.checks += r.deliveries()
	for k := range r.strays {
		x := &r.strays[k]
		d, ok := r.records[x.rec].Fact.(fact.Deliver)
		if _, present := x.stay.view.rank[d.Sender]; ok && present {
			f(x, &d, r.proper(&d))
		}
	}
}

// deliveries is how many runs were delivered in the view they name.
func (r *run) deliveries() int {
	n := 0
	for _, m := range r.members {
		for _, s := range m.stays {
			n += len(s.events)
		}
	}
	return n
}

// proper is a delivery of a cast of d in the view that d names.
func (r *run) proper(d *fact.Deliver) int {
	view := r.viewOf[viewKey{d.Group, d.View}]
	if view == nil {
		return -1
	}
	rank, ok := view.rank[d.Sender]
	if !ok {
		return -1
	}
	x := runOf(d.First, d.N)
	for _, s := range view.stays {
		if !s.got[rank].meets(x) {
			continue
		}
		i := slices.IndexFunc(s.events, func(i int) bool {
			f, ok := r.records[i].Fact.(fact.Deliver)
			return ok && f.Sender == d.Sender && f.First <= x.hi && x.lo <= f.First+uint64(f.N)-1
		})
		return s.events[i]
	}
	return -1
}

func judgeSilence(r *run, v *verdict) {
	v.checks += r.deliveries()
	late := slices.Clone(r.aliens)
	for _, x := range r.strays {
		late = append(late, x.rec)
	}
	for _, i := range late {
		if f, ok := r.records[i].Fact.(fact.Deliver); ok && r.silenced(i, &f) {
			s := r.memberOf[memberKey{f.Proc, f.Group}].at(i)
			v.holds(false)
			v.fail([]int{s.installed, i}, "%s was delivered casts of %s after it had installed %s, of which the sender is no member.", f.Proc, f.Sender, s.view)
		}
	}
}

// silenced tells whether delivery i, which is not of the receiver's view, is
// from a sender that was in a view before.
func (r *run) silenced(i int, f *fact.Deliver) bool {
	s := r.memberOf[memberKey{f.Proc, f.Group}].at(i)
	if s == nil {
		return false
	}
	if _, present := s.view.rank[f.Sender]; present {
		return false
	}
	if f.View < s.view.view {
		return true
	}
	for s = s.prev; s != nil; s = s.prev {
		if _, present := s.view.rank[f.Sender]; present {
			return true
		}
	}
	return false
}
