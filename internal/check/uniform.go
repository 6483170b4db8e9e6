package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What a safe delivery promises: U1 to U3.

func judgeUniform(r *run, v *verdict) {
	for _, view := range r.views {
		for _, s := range view.stays {
			for _, other := range view.stays {
				if other.next == nil || s.next != nil && s.next.view == other.next.view {
					continue // V5 judges those who went on together
				}
				for rank, sender := range view.members {
					if s.safe[rank] == nil {
						continue
					}
					missing := s.safe[rank].minus(other.got[rank])
					if missing != nil && r.opt.GlobalClock {
						missing = missing.minus(r.contained(s, sender))
					}
					if !v.holds(missing == nil) {
						v.fail([]int{s.installed, other.next.installed}, "%s was delivered the safe casts %s of %s in %s, but %s went on to view %d without them.",
							s.proc, missing, sender, view, other.proc, other.next.view.view)
					}
				}
			}
		}
	}
}

// contained is what s was delivered of sender after it was excluded; U3 judges it.
func (r *run) contained(s *stay, sender id.Address) set {
	var late set
	for _, i := range r.safeAfterExclusion(s) {
		if f := at[fact.Deliver](r, i); f.Sender == sender {
			late.add(runOf(f.First, f.N))
		}
	}
	return late
}

// safeAfterExclusion are the safe deliveries of s after its site was removed.
func (r *run) safeAfterExclusion(s *stay) []int {
	gone, ok := r.removed[s.proc.Site()]
	if !ok {
		return nil
	}
	var late []int
	for _, i := range s.events {
		if f, ok := r.records[i].Fact.(fact.Deliver); ok && f.Safe && i > gone.rec {
			late = append(late, i)
		}
	}
	return late
}

func judgeSafePrefix(r *run, v *verdict) {
	if !r.opt.GlobalClock {
		return
	}
	r.ordering() // finds what casts depend on
	for _, m := range r.members {
		for _, s := range m.stays {
			for _, i := range s.events {
				if f, ok := r.records[i].Fact.(fact.Deliver); ok && f.Safe {
					r.judgeHolders(v, s, i, &f)
				}
			}
		}
	}
}

// judgeHolders asks who holds the casts of a safe delivery, and what they
// depend on. A FIFO cast depends on what those before it in its stream do.
func (r *run) judgeHolders(v *verdict, s *stay, i int, f *fact.Deliver) {
	rank, x := s.view.rank[f.Sender], runOf(f.First, f.N)
	v.checks += len(s.view.members)
	r.judgeHeld(s, i, rank, x.hi, func(p id.Address) {
		v.fail([]int{i}, "%s was delivered the safe cast %d of %s in %s while %s did not hold it.", s.proc, x.hi, f.Sender, s.view, p)
	})
	s.view.streams[rank].overlapping(x, func(cast *send) {
		for k, n := range cast.past {
			if k == rank || n == 0 {
				continue
			}
			r.judgeHeld(s, i, k, n, func(p id.Address) {
				v.fail([]int{cast.rec, i}, "%s was delivered the safe casts %s of %s in %s while %s did not hold cast %d of %s, on which they depend.",
					s.proc, x, f.Sender, s.view, p, n, s.view.members[k])
			})
		}
	})
}

// judgeHeld calls fail for each member that did not hold the stream of a rank up
// to number n when s wrote record i, though it had to.
func (r *run) judgeHeld(s *stay, i, rank int, n uint64, fail func(id.Address)) {
	stream := s.view.streams[rank]
	if since, ok := stream.heldByAll(s.view, n); ok && since <= i {
		return
	}
	for _, p := range s.view.members {
		if !stream.heldBefore(p, n, i) && !r.excused(s, p, i) {
			fail(p)
		}
	}
}

// excused tells whether p need hold nothing of its view with s any more when s
// writes record i: s takes part in the attempt that leads it to its next view,
// and p is not in that one. Where s did not live to say, its last attempt counts.
func (r *run) excused(s *stay, p id.Address, i int) bool {
	k := len(s.attempts) - 1
	if s.next != nil {
		k = slices.IndexFunc(s.attempts, func(m mark) bool { return m.upto == s.next.fact.Attempt })
	}
	if k < 0 || s.attempts[k].rec > i {
		return false
	}
	if s.next != nil {
		return s.next.view.lacks(p) || slices.Contains(s.next.fact.Joined, p)
	}
	return r.parted(s.view, p, s.attempts[k].upto)
}

// parted tells whether p's membership in view ended by log entry upto.
func (r *run) parted(view *groupView, p id.Address, upto uint64) bool {
	l := r.ledgerOf[view.group]
	if l == nil {
		return r.left(view.group, p, upto)
	}
	return slices.ContainsFunc(l.entries, func(e entry) bool {
		return e.Index > view.view && e.Index <= upto && slices.Contains(e.Left, p)
	})
}

// heldByAll is the record since which every member of view holds s up to n.
func (s *stream) heldByAll(view *groupView, n uint64) (since int, ok bool) {
	if s == nil {
		return 0, false
	}
	if s.byAll == nil {
		s.byAll = s.joinHeld(view)
	}
	i, _ := slices.BinarySearchFunc(s.byAll, n, func(m mark, n uint64) int { return compare(m.upto, n) })
	if i == len(s.byAll) {
		return 0, false
	}
	return s.byAll[i].rec, true
}

// joinHeld makes one list of marks of those of all members, ascending in both.
func (s *stream) joinHeld(view *groupView) []mark {
	all := []mark{}
	for k, p := range view.members {
		marks := s.held[p]
		if k == 0 {
			all = slices.Clone(marks)
			continue
		}
		both := all[:0:0]
		for i, j := 0, 0; i < len(all) && j < len(marks); {
			x := mark{max(all[i].rec, marks[j].rec), min(all[i].upto, marks[j].upto)}
			if n := len(both); n > 0 && both[n-1].rec == x.rec {
				both[n-1] = x
			} else {
				both = append(both, x)
			}
			if all[i].upto == x.upto {
				i++
			}
			if marks[j].upto == x.upto {
				j++
			}
		}
		all = both
	}
	if all == nil {
		all = []mark{}
	}
	return all
}

func judgeContainment(r *run, v *verdict) {
	if !r.opt.GlobalClock {
		return
	}
	for _, m := range r.members {
		for _, s := range m.stays {
			for _, i := range r.safeAfterExclusion(s) {
				f := at[fact.Deliver](r, i)
				r.judgeContained(v, s, i, &f)
			}
		}
	}
}

// judgeContained asks for a late safe delivery at the members of the view that
// went on to the next view, or run in the end and were not excluded.
func (r *run) judgeContained(v *verdict, s *stay, i int, f *fact.Deliver) {
	gone := r.removed[s.proc.Site()]
	rank := s.view.rank[f.Sender]
	for _, other := range s.view.stays {
		_, excluded := r.removed[other.proc.Site()]
		settled := other.next != nil || other.ended < 0 && r.alive[other.proc.Site()]
		if other == s || excluded && other.next == nil || !settled {
			continue
		}
		if !v.holds(other.got[rank].has(runOf(f.First, f.N))) {
			v.fail([]int{gone.rec, i}, "%s was delivered the safe casts %s of %s in %s after it was excluded, and %s, a survivor, was not.",
				s.proc, runOf(f.First, f.N), f.Sender, s.view, other.proc)
		}
	}
}
