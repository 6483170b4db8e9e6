// Package lists is a model of Total casts to several destinations, which the
// membership log puts in order.
//
// The sender brings its cast to each group by a member of it, the relay, which
// casts it there, safe. Who is delivered that keeps it in a pool. A relay that all
// members of its view hold the cast tells the sender, and in which view it was
// first delivered. When all destinations hold it, the sender asks the log for a
// number: it is given if no group has got a member since that view, and all
// destinations still are. Else the attempt is void: all drop it, and the sender
// makes another. The log deals with the attempts of a site in their order, and
// with none twice: one below the last dealt with is void, and so is all that is
// not numbered when its sender is removed.
//
// The lead of a group casts, safe, which number comes now, in their order, and
// members take that cast from their pools. What has its number by an entry before
// the one that made the next view, and was not delivered, is delivered at the end
// of the view. A process that is a destination itself takes the cast when its site
// applies the entry.
//
// Views end as package cut has it; here all survivors agree at once, when they
// have applied the entry that made the next one: what a survivor has cast, or all
// held, is in the cut, and of the rest some. Each installs the next view in its
// own time. A view that nobody alive has installed may be skipped.
package lists

import "github.com/cohortkit/cohort/internal/model"

const (
	maxSites   = 5
	maxGroups  = 2
	maxCasts   = 3
	maxTries   = 5
	maxEntries = 8
	maxViews   = 4 // of a group, numbered from 0
)

// State is the state of the world. Every site has one process, which has the
// same number.
type State struct {
	log     [maxEntries]entry
	decided uint8
	applied [maxSites]uint8
	down    model.Set // crashed, or halted as they learnt that they are removed
	casts   [maxCasts]cast
	tries   [maxTries]try // in the order in which they are made
	tried   uint8
	groups  [maxGroups]group
	direct  [maxSites]process
	wrong   fault
}

// entry is one of the log.
type entry struct {
	kind   kind
	who    uint8 // the site that joins or is removed, or the attempt
	group  uint8
	number uint8 // what a cast is given
	void   void
}

type kind uint8

const (
	join kind = iota + 1
	remove
	list
	quit // the sender gives up its attempt: a destination is gone
)

// void says why the log does not number an attempt.
type void uint8

const (
	grown void = iota + 1 // somebody came who lacks it
	gone                  // a destination
	dealt                 // it, or a later one
)

// cast is what its sender knows of one cast.
type cast struct {
	state progress
	try   uint8 // under way, numbered from 1
}

type progress uint8

const (
	idle progress = iota
	open
	numbered
	nowhere
)

// try is an attempt to have a cast numbered.
type try struct {
	cast   uint8
	known  uint8            // entries that its sender had applied
	asked  bool             // the log has been asked
	wants  bool             // and its sender repeats that
	quit   bool             // to void it
	relay  [maxGroups]uint8 // from 1
	sent   [maxGroups]uint8 // the view in which the relay has cast it, from 1
	of     [maxGroups]uint8 // the view in which all came to hold it, from 1
	held   [maxGroups]uint8 // that view, once the sender was told
	direct model.Set        // processes that hold it, as the sender was told
}

// group is a group.
type group struct {
	tip     uint8 // the last view agreed on
	streams [maxViews]stream
	members [maxSites]member
}

// stream is what was cast in a view.
type stream struct {
	brought [maxTries]model.Set // the relays that cast an attempt
	level   [maxTries]level
	places  [maxCasts]uint8 // numbers, by the lead
	placed  uint8
	safe    uint8 // of these, held by all
	next    uint8 // the view that follows, 0 until it is agreed
	rest    bool  // something was delivered at the end
	end     history
	ended   bool // by somebody, who was delivered end in it
}

// level is how sure it is that all will be delivered something.
type level uint8

const (
	loose level = iota
	stable
	cut
)

// member is a member of a group, by its site.
type member struct {
	view   uint8     // installed, from 1
	seen   model.Set // attempts that came in the stream
	pool   model.Set // those that it keeps
	took   uint8     // places of this view
	listed uint8     // the last number delivered
	got    history
	since  uint8 // how much of got is from earlier views
}

// process is a destination by itself.
type process struct {
	pool model.Set
	got  history
}

// history lists the attempts delivered, from 1.
type history struct {
	list [maxCasts]uint8
	n    uint8
}

// fault is what the judge saw happen.
type fault uint8

const (
	lacks fault = iota + 1
	disorder
	repeats
	apart
	tires
)

var faults = [...]string{
	lacks:    "somebody is to deliver what it does not hold",
	disorder: "somebody is to deliver a number after a higher one",
	repeats:  "somebody is delivered more than was cast",
	apart:    "two that moved to one view together were delivered different casts",
	tires:    "a cast is tried more often than anything can have voided it",
}

func (h *history) add(s *State, a int) {
	if int(h.n) == len(h.list) {
		s.fail(repeats)
		return
	}
	h.list[h.n] = uint8(a + 1)
	h.n++
}

// from is what h has after the first n.
func (h history) from(n uint8) (rest history) {
	for _, a := range h.list[n:h.n] {
		rest.list[rest.n] = a
		rest.n++
	}
	return rest
}

func (s *State) fail(f fault) {
	if s.wrong == 0 {
		s.wrong = f
	}
}

func (s *State) up(p int) bool { return !s.down.Has(p) }
