// Package cut is a model of the superseding cut: how the members of a group
// agree on what was delivered in a view that ends, while more of them fail and
// later views replace the one they were on their way to.
//
// The log is given: it decides entry after entry, each a view, and everybody
// learns them in this order, each in its own time. View 1 is where all begin.
// An attempt has the number of the view it leads to:
//
//	apply    a member learns of view a, sends nothing more in the view it is
//	         in, takes nothing more from those that a removes, and reports to
//	         the lead of a, its oldest member, what it holds
//	collect  the lead has all reports. If some members have installed a later
//	         view than others, these are told to finish that one and to report
//	         again. Else the lead makes the cut: of who goes on, all it sent;
//	         of the others, the most that anybody holds
//	take     a member takes the cut and forwards what it was told to
//	ack      a member holds all of the cut
//	install  all have acknowledged: the lead installs a, then the others
//
// Casts are FIFO and delivered when received, so "holds" is "was delivered".
// They travel without loss between two that live, and in order; what the dead
// have sent may still arrive or not.
package cut

import "github.com/cohortkit/cohort/internal/model"

const (
	maxProcs = 4
	maxViews = 5 // views are numbered from 1
)

// State is the state of the world.
type State struct {
	views   [maxViews]model.Set // members, by view; ages are in order of number
	decided uint8               // the last view in the log
	down    model.Set           // crashed, or halted after they were removed
	casts   uint8               // sent so far by all
	crashes uint8
	procs   [maxProcs]proc
	tries   [maxViews]attempt
}

// proc is one process.
type proc struct {
	applied  uint8            // the last view it has learnt of
	at       uint8            // the view it has installed, 0 for none
	took     uint8            // the attempt whose cut it has taken, 0 for none
	acked    uint8            // the attempt whose cut it has acknowledged
	held     [maxViews]counts // of each view, how much of each stream
	left     [maxViews]uint8  // by which attempt it left each view, 0 for not
	followed model.Set        // the views it has installed
}

// attempt is what was said in one attempt.
type attempt struct {
	reported   model.Set // who has reported, and not been told to report again
	reports    [maxProcs]report
	told       model.Set // who was told to finish an earlier attempt first,
	finish     uint8     // and which
	of         uint8     // the view that the cut ends, 0 while there is no cut
	counts     counts    // the cut
	holder     [maxProcs]uint8
	movers     model.Set // who goes from there to here
	forwarding model.Set // who has taken the cut, and so forwarded its part
	acked      model.Set
	installed  bool // by the lead, which told the others to
}

// report is a FlushOK.
type report struct {
	of   uint8 // the view its sender is in, 0 for none
	held counts
}

// counts is how much of each stream: four bits for each process.
type counts uint16

func (c counts) of(p int) int { return int(c >> (4 * p) & 15) }

func (c counts) with(p, n int) counts { return c&^(15<<(4*p)) | counts(n)<<(4*p) }

// covers reports whether nothing in o is lacking in c.
func (c counts) covers(o counts) bool {
	for p := range maxProcs {
		if c.of(p) < o.of(p) {
			return false
		}
	}
	return true
}

// lead is the oldest member of view v.
func (s *State) lead(v int) int { return s.views[v].Min() }

func (s *State) up(p int) bool { return !s.down.Has(p) }

// closed reports whether p takes no more casts from x itself: a view that p
// knows of removes x.
func (s *State) closed(p, x int) bool {
	q := &s.procs[p]
	for v := q.at + 1; v <= q.applied; v++ {
		if !s.views[v].Has(x) {
			return true
		}
	}
	return false
}
