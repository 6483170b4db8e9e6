package check

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
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
	problem, with := "", -1
	next, unsent := x.lo, uint64(0) // the next number to be found; the first that was not
	stream.overlapping(x, func(s *send) {
		if s.lo > next && unsent == 0 {
			unsent = next
		}
		next = s.hi + 1
		switch {
		case s.Order != f.Order || s.Safe != f.Safe || s.Origin != f.Origin || s.OFirst-s.First != f.OFirst-f.First && f.Origin != 0:
			problem, with = "it was sent as something else", s.rec
		case s.Void && !f.Void:
			problem, with = "no program cast it", s.rec
		case f.Void && !s.Void && f.Origin == 0: // what is asked from outside is void where its sender does not speak for a session
			problem, with = "it is void without a reason", s.rec
		case r.opt.GlobalClock && s.rec > i:
			problem, with = "it was sent later", s.rec
		}
	})
	events := []int{i}
	if with >= 0 {
		events = append(events, with)
	} else if next <= x.hi && unsent == 0 {
		unsent = next
	}
	if problem == "" && unsent > 0 && !r.unwritten(f, stream) {
		problem = fmt.Sprintf("no Send fact has %d", unsent)
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
	if last.view.view != f.View {
		return last.view.view < f.View // who had left may have joined again
	}
	return last.ended < 0 && (s == nil || s.all == nil || s.all[len(s.all)-1].hi < f.First+uint64(f.N)-1)
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
