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

// judgeHolders asks who holds the casts of a safe delivery. In a flush those who
// leave the view with it need not; who they are, the next view says.
func (r *run) judgeHolders(v *verdict, s *stay, i int, f *fact.Deliver) {
	var staying []id.Address
	flushing := s.flushing >= 0 && s.flushing < i
	if flushing {
		if staying = s.view.successors(); staying == nil {
			return // nobody lived to say
		}
	}
	stream := s.view.streams[s.view.rank[f.Sender]]
	last := f.First + uint64(f.N) - 1
	for _, p := range s.view.members {
		if r.goneBefore(p, i) || flushing && !slices.Contains(staying, p) {
			continue
		}
		if !v.holds(stream.heldBefore(p, last, i)) {
			v.fail([]int{i}, "%s was delivered the safe cast %d of %s in %s while %s did not hold it.", s.proc, last, f.Sender, s.view, p)
		}
	}
}

// successors are the members of a view that follows v.
func (v *groupView) successors() []id.Address {
	for _, s := range v.stays {
		if s.next != nil {
			return s.next.view.members
		}
	}
	return nil
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
// were not excluded and that went on to the next view, or run in the end.
func (r *run) judgeContained(v *verdict, s *stay, i int, f *fact.Deliver) {
	gone := r.removed[s.proc.Site()]
	rank := s.view.rank[f.Sender]
	for _, other := range s.view.stays {
		_, excluded := r.removed[other.proc.Site()]
		settled := other.next != nil || other.ended < 0 && r.alive[other.proc.Site()]
		if other == s || excluded || !settled {
			continue
		}
		if !v.holds(other.got[rank].has(runOf(f.First, f.N))) {
			v.fail([]int{gone.rec, i}, "%s was delivered the safe casts %s of %s in %s after it was excluded, and %s, a survivor, was not.",
				s.proc, runOf(f.First, f.N), f.Sender, s.view, other.proc)
		}
	}
}
