package check

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Casts relayed for processes outside the group: the part of V2 about them.

// history is what a membership had seen of casts from outside its group, by
// origin: delivered to it, or in a state that it loaded.
type history struct {
	seen  map[id.Address]set
	blind bool // what was in the state it loaded is not known
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

// judgeRelayed follows the membership that begins with s. What it is delivered
// while it waits for the state is judged together with the state; a process
// that never gets one cannot know what is a duplicate.
func (r *run) judgeRelayed(v *verdict, s *stay) {
	r.replay(s, len(r.records), 0, func(i int, f *fact.Deliver, x span, seen set) {
		switch {
		case f.Duplicate && !v.holds(seen.has(x)):
			v.fail([]int{i}, "%s took %s of %s for duplicates, but had not been delivered them.", f.Proc, x, f.Origin)
		case !f.Duplicate && !v.holds(!seen.meets(x)):
			v.fail([]int{i}, "%s was delivered some of %s of %s a second time, by relay %s.", f.Proc, x, f.Origin, f.Sender)
		}
	})
}

// replay goes through the membership that begins with s, up to record end. It
// calls f, if there is one, for each relayed delivery to a process that held
// the state or got it later, with the numbers at the origin and what it had
// seen of the origin before. What a state covers is part of the state, whether
// it was delivered before the state was loaded or after. Depth counts the
// donors on the way here.
func (r *run) replay(s *stay, end, depth int, f func(int, *fact.Deliver, span, set)) *history {
	h := &history{seen: map[id.Address]set{}}
	ready := s.heldSince()
	if ready >= end {
		ready = -1
	}
	var l fact.Loaded
	loaded := false
	if ready >= 0 {
		if l, loaded = r.records[ready].Fact.(fact.Loaded); loaded {
			h.inherit(r.captured(&l, depth))
		}
	}
	for ; s != nil && s.installed < end; s = s.next {
		for _, i := range s.events {
			if s.users == nil || i >= end {
				break
			}
			d, ok := r.records[i].Fact.(fact.Deliver)
			if !ok || d.Origin == 0 || d.Session != 0 || d.Void {
				continue
			}
			x := runOf(d.OFirst, d.N)
			if loaded {
				x.lo += covered(&l, s, &d)
			}
			if x.lo > x.hi {
				continue
			}
			known := h.seen[d.Origin]
			if (loaded || ready >= 0 && ready <= i) && !h.blind && f != nil {
				f(i, &d, x, known)
			}
			known.add(x)
			h.seen[d.Origin] = known
		}
	}
	return h
}

// covered is how many casts at the beginning of d are in the state of l.
func covered(l *fact.Loaded, s *stay, d *fact.Deliver) uint64 {
	if d.View < l.View {
		return uint64(d.N)
	}
	rank, ok := s.view.rank[d.Sender]
	if d.View > l.View || !ok || rank >= len(l.Counts) || l.Counts[rank] < d.First {
		return 0
	}
	return min(uint64(d.N), l.Counts[rank]-d.First+1)
}

// maxChain bounds how far states are followed from donor to donor.
const maxChain = 64

// inherit makes h what a state had seen; base is nil if that is not known.
func (h *history) inherit(base *history) {
	if base == nil || base.blind {
		h.blind = true
		return
	}
	for origin, theirs := range base.seen { // order does not matter: each origin is by itself
		h.seen[origin] = theirs.clone()
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
