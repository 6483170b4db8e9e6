package torture

import (
	"slices"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/crew"
)

// kind is the part that a process plays.
type kind uint8

const (
	member kind = iota // in all groups, with a vote
	guest              // in all groups, without a vote: it comes and goes
	client             // in no group
)

// freshFor is how old a status may be to be believed.
const freshFor = 500 * time.Millisecond

// slot is the place of a process in a round. A process that was killed is
// followed by another one at the same address.
type slot struct {
	name   string
	kind   kind
	listen string // where its process listens
	addr   string // where its relay does

	proc   *crew.Process // nil between two processes
	origin uint32        // of its updates
	killed bool          // it is meant to end
	leaves bool          // it is meant to leave
	over   bool          // it is meant to end for good
	paused bool
	foul   int       // faults of links that it suffers from
	near   int       // silent links, of others, that are with it and only some
	mended time.Time // when it, or one of these, was last silent

	joined  bool
	hushed  bool
	settled bool
	why     string         // it failed to come in the last time
	address cohort.Address // 0 while it is not in the system
	views   []viewed
	heard   time.Time // when the last status came
	state   []summary // nil until told
	changed time.Time // when state last did
}

// runs reports whether there is a process that is not about to end.
func (s *slot) runs() bool { return s.proc != nil && !s.killed && !s.leaves && !s.over }

// well reports whether nothing is done to the process, and it is in.
func (s *slot) well() bool {
	return s.runs() && !s.paused && s.foul == 0 && s.joined && s.address != 0 && time.Since(s.heard) < freshFor
}

// take notes what a status says of the process.
func (s *slot) take(t report) {
	s.address, s.views, s.heard = t.Address, t.Views, time.Now()
}

// hold notes the state that the process has told.
func (s *slot) hold(state []summary) {
	same := func(a, b summary) bool { return a.equal(b) }
	if !slices.EqualFunc(s.state, state, same) {
		s.changed = time.Now()
	}
	s.state = state
}

// seated reports whether the process holds the state in these views of all
// groups, and has no others.
func (s *slot) seated(views []viewed) bool {
	if len(s.views) != len(groups) || len(views) != len(groups) {
		return false
	}
	for k, v := range views {
		if s.views[k].Number != v.Number || !slices.Contains(v.Ready, s.address) {
			return false
		}
	}
	return true
}

// sound lists the members to whom nothing is done and who agree on the newest
// views, which it returns too.
func (r *round) sound() (list []*slot, views []viewed) {
	views = make([]viewed, len(groups))
	for _, s := range r.slots {
		if s.kind != member || !s.well() || len(s.views) != len(groups) {
			continue
		}
		for k, v := range s.views {
			if v.Number > views[k].Number {
				views[k] = v
			}
		}
	}
	for _, s := range r.slots {
		if s.kind == member && s.well() && s.seated(views) {
			list = append(list, s)
		}
	}
	return list, views
}

// spares reports whether the sound members that are no victims are a majority.
// No site view has more votes than there are members, so what happens to the
// victims must not stop the others then.
func (r *round) spares(victims []*slot) bool {
	list, _ := r.sound()
	left := 0
	for _, s := range list {
		if !slices.Contains(victims, s) {
			left++
		}
	}
	return 2*left > r.o.Sites
}
