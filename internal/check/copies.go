package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Answers with copies (coordinator and cohorts): R5. Who acts for a failed member is
// for programs to say; that they know what it told its caller is ours.

// copyKey is a cast that is the copy of an answer.
type copyKey struct {
	streamKey
	number uint64
}

func judgeCopies(r *run, v *verdict) {
	r.ordering() // finds what casts depend on
	first := map[copyKey]int{}
	for _, i := range r.allReply {
		f := at[fact.Reply](r, i)
		if !f.Copied {
			continue
		}
		k := copyKey{streamKey{viewKey{f.Group, f.CopyView}, f.Proc}, f.Copy}
		s, cast := r.copyOf(k)
		if !v.holds(cast != nil && cast.rec < i) {
			v.fail([]int{i}, "%s answered %s with a copy that it had not cast.", f.Proc, f.Caller)
			continue
		}
		if j, ok := first[k]; !v.holds(!ok) {
			v.fail([]int{j, i}, "%s cast one copy of two answers, %d in %s.", f.Proc, f.Copy, s.view)
			continue
		}
		first[k] = i
		r.judgeCopy(v, s, cast, f.Copy, []int{cast.rec, i})
	}
}

// copyOf finds the stay in which a copy was cast, and the run it is in.
func (r *run) copyOf(k copyKey) (*stay, *send) {
	m, stream := r.memberOf[memberKey{k.sender, k.group}], r.streamOf[k.streamKey]
	if m == nil || stream == nil {
		return nil, nil
	}
	n := stream.find(k.number)
	j := slices.IndexFunc(m.stays, func(s *stay) bool { return s.view.view == k.view })
	if n == len(stream.sends) || j < 0 || stream.sends[n].lo > k.number {
		return nil, nil
	}
	if x := &stream.sends[n]; x.Origin == 0 && !x.Void {
		return m.stays[j], x
	}
	return nil, nil
}

// judgeCopy asks who has a copy, when its answer is given, and holds what it
// depends on.
func (r *run) judgeCopy(v *verdict, s *stay, cast *send, number uint64, events []int) {
	rank, ok := s.view.rank[s.proc]
	if !ok {
		return // M1 knows
	}
	for _, other := range s.view.stays {
		if other.next != nil && !v.holds(other.got[rank].has(span{number, number})) {
			v.fail(events, "%s gave an answer, but %s left %s without its copy, cast %d.", s.proc, other.proc, s.view, number)
		}
	}
	answered := events[len(events)-1]
	if !r.opt.GlobalClock || s.ended >= 0 && s.ended < answered {
		return
	}
	v.checks += len(s.view.members)
	r.judgeHeld(s, answered, rank, number, func(p id.Address) {
		v.fail(events, "%s gave an answer while %s did not hold its copy, cast %d in %s.", s.proc, p, number, s.view)
	})
	for k, n := range cast.past {
		if k == rank || n == 0 {
			continue
		}
		r.judgeHeld(s, answered, k, n, func(p id.Address) {
			v.fail(events, "%s gave an answer while %s did not hold cast %d of %s in %s, on which its copy depends.", s.proc, p, n, s.view.members[k], s.view)
		})
	}
}
