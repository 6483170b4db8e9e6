package check

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Casts relayed for processes outside the group: the part of V2 about them.

// history is what a membership had seen of casts from outside its group, by
// origin: delivered to it, or in a state that it loaded.
type history struct {
	seen   map[id.Address]set
	loaded bool
	blind  bool // what was in the state it loaded is not known
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

// judgeRelayed follows the membership that begins with s. Until the process
// holds the state it cannot know what is a duplicate.
func (r *run) judgeRelayed(v *verdict, s *stay) {
	r.replay(s, len(r.records), 0, func(i int, f *fact.Deliver, seen set) {
		x := runOf(f.OFirst, f.N)
		switch {
		case f.Duplicate && !v.holds(seen.has(x)):
			v.fail([]int{i}, "%s took %s of %s for duplicates, but had not been delivered them.", f.Proc, x, f.Origin)
		case !f.Duplicate && !v.holds(!seen.meets(x)):
			v.fail([]int{i}, "%s was delivered some of %s of %s a second time, by relay %s.", f.Proc, x, f.Origin, f.Sender)
		}
	})
}

// replay goes through the membership that begins with s, up to record end. It
// calls f, if there is one, for each relayed delivery while the process held
// the state, with what it had seen of the origin before. Depth counts the
// donors on the way here.
func (r *run) replay(s *stay, end, depth int, f func(int, *fact.Deliver, set)) *history {
	h := &history{seen: map[id.Address]set{}}
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
			if ready {
				r.inherit(h, s, depth)
			}
			known := h.seen[d.Origin]
			if ready && !h.blind && f != nil {
				f(i, &d, known)
			}
			known.add(runOf(d.OFirst, d.N))
			h.seen[d.Origin] = known
		}
		if s.ready >= 0 && s.ready < end {
			r.inherit(h, s, depth)
		}
	}
	return h
}

// maxChain bounds how far states are followed from donor to donor.
const maxChain = 64

// inherit adds to h, once, what the state that s loaded had seen.
func (r *run) inherit(h *history, s *stay, depth int) {
	l, ok := r.records[s.ready].Fact.(fact.Loaded)
	if h.loaded || !ok {
		return
	}
	h.loaded = true
	base := r.captured(&l, depth)
	if base == nil || base.blind {
		h.blind = true
		return
	}
	for origin, theirs := range base.seen { // each origin by itself, so the order does not matter
		mine := h.seen[origin]
		for _, x := range theirs {
			mine.add(x)
		}
		h.seen[origin] = mine
	}
}

// captured is the history of the donor up to the capture of what l loaded; nil
// if the trace does not have it.
func (r *run) captured(l *fact.Loaded, depth int) *history {
	i := r.snapshotOf(l)
	donor := r.memberOf[memberKey{l.From, l.Group}]
	if i < 0 || donor == nil || depth == maxChain {
		return nil
	}
	first := donor.at(i)
	if first == nil {
		return nil
	}
	for first.prev != nil {
		first = first.prev
	}
	return r.replay(first, i, depth+1, nil)
}
