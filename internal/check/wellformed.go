package check

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// judgeWellFormed is W1.
func judgeWellFormed(r *run, v *verdict) {
	v.checks = len(r.records)
	for _, f := range r.flaws {
		v.fail([]int{f.rec}, "A trace must make sense: %s.", f.text)
	}
}

// maxNumber bounds everything that is counted, so that sums do not overflow.
const maxNumber = 1 << 62

// misfit says what is wrong with a record that nothing can be made of.
func misfit(rec *trace.Record) string {
	if rec.Fact == nil {
		return "a record has a fact"
	}
	if proc, group, ok := actor(rec.Fact); ok {
		if problem := misfitTarget(rec.Fact, group); problem != "" {
			return problem
		}
		if proc.IsGroup() || proc == 0 || proc.Site() != rec.Site {
			return "p is a process of the site"
		}
	}
	if proc, ok := listActor(rec.Fact); ok && (proc.IsGroup() || proc == 0 || proc.Site() != rec.Site) {
		return "p is a process of the site"
	}
	switch f := rec.Fact.(type) {
	case fact.Send:
		return misfitCasts(f.First, f.N, f.Order, f.Origin, f.OFirst)
	case fact.Deliver:
		if (f.Order == fact.Total) != (f.Pos > 0) || f.Pos > maxNumber {
			return "a Total delivery has a position and no other has"
		}
		return misfitCasts(f.First, f.N, f.Order, f.Origin, f.OFirst)
	case fact.Drop:
		return misfitCasts(f.First, f.N, fact.FIFO, 0, 0)
	case fact.SiteView:
		if len(f.Members) == 0 {
			return "a site view has members"
		}
	case fact.Op:
		if !f.Group.IsGroup() {
			return "g is the address of a group"
		}
	}
	return ""
}

// misfitTarget says what is wrong with g. Only a call may be to a process, and
// then it is in no view.
func misfitTarget(f fact.Fact, g id.Address) string {
	if g.IsGroup() {
		return ""
	}
	direct, view := g != 0, uint64(0)
	switch f := f.(type) {
	case fact.Asked:
		view = f.View
	case fact.Reply:
		view = f.View
	case fact.Call, fact.Outcome, fact.Done:
	default:
		direct = false
	}
	switch {
	case !direct:
		return "g is the address of a group"
	case view != 0:
		return "a process is asked by its own address in no view"
	}
	return ""
}

var orders = []fact.Order{fact.FIFO, fact.Causal, fact.Total, fact.Barrier}

func misfitCasts(first uint64, n uint32, order fact.Order, origin id.Address, ofirst uint64) string {
	switch {
	case first == 0 || first > maxNumber || n == 0:
		return "a run of casts has a first number and a length"
	case !slices.Contains(orders, order):
		return "the order is fifo, causal, total or barrier"
	case (origin != 0) != (ofirst != 0) || ofirst > maxNumber:
		return "a relayed cast has an origin and its number there, and no other has"
	}
	return ""
}

// actor is the process whose doing f is, and the group; facts of sites have none.
func actor(f fact.Fact) (proc, group id.Address, ok bool) {
	switch f := f.(type) {
	case fact.View:
		return f.Proc, f.Group, true
	case fact.Made:
		return f.Proc, f.Group, true
	case fact.Send:
		return f.Proc, f.Group, true
	case fact.Held:
		return f.Proc, f.Group, true
	case fact.Deliver:
		return f.Proc, f.Group, true
	case fact.Stable:
		return f.Proc, f.Group, true
	case fact.Sequencer:
		return f.Proc, f.Group, true
	case fact.Block:
		return f.Proc, f.Group, true
	case fact.FlushOK:
		return f.Proc, f.Group, true
	case fact.Cut:
		return f.Proc, f.Group, true
	case fact.Drop:
		return f.Proc, f.Group, true
	case fact.Leave:
		return f.Proc, f.Group, true
	case fact.FlushCall:
		return f.Proc, f.Group, true
	case fact.FlushDone:
		return f.Proc, f.Group, true
	default:
		return toolActor(f)
	}
}

func toolActor(f fact.Fact) (proc, group id.Address, ok bool) {
	switch f := f.(type) {
	case fact.Session:
		return f.Proc, f.Group, true
	case fact.ReadCall:
		return f.Proc, f.Group, true
	case fact.ReadDone:
		return f.Proc, f.Group, true
	case fact.Snapshot:
		return f.Proc, f.Group, true
	case fact.Loaded:
		return f.Proc, f.Group, true
	case fact.Digest:
		return f.Proc, f.Group, true
	case fact.Call:
		return f.Caller, f.Group, true
	case fact.Asked:
		return f.Caller, f.Group, true
	case fact.Reply:
		return f.Proc, f.Group, true
	case fact.Outcome:
		return f.Caller, f.Group, true
	case fact.Done:
		return f.Caller, f.Group, true
	}
	return 0, 0, false
}

// unfit says what is wrong with a fact at this point of the site's life.
func (s *site) unfit(f fact.Fact) string {
	_, crash := f.(fact.Crash) // may follow Halt, or come before the site said anything
	if s.end >= 0 && (!crash || s.crashed) {
		return "a site says nothing after its Halt or Crash"
	}
	if _, ok := f.(fact.Start); !ok && !crash && len(s.starts) == 0 && !s.flawed {
		s.flawed = true
		return "the first fact of a site is Start"
	}
	return ""
}
