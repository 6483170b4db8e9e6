// Package lease is a model of local reads under a lease, and of the chain of
// leases over successive views.
//
// Writes are safe casts to all members of a view: a write is complete when every
// member holds it, or when the members of the next view have agreed on what they
// hold and go on. A reader asks nobody. It answers with all that its own site
// holds, if its site has a lease: the word of a quorum of the view it has
// installed, each good for Holder units of its own clock from when it asked.
// Who gives its word keeps it for Grantor units of its own clock, and while it
// does, accepts no entry that removes the reader.
//
// That does for one change of view. For the next, two rules make a chain:
//
//	who has accepted the entry that ends view i gives no more words for view i;
//	who would accept an entry that removes the reader from the view after i must
//	know that the reader has installed that view, or have waited Grantor units
//	since it learnt of it itself.
//
// The log is given: an entry is decided when a quorum of its view has accepted
// it. One reader is watched; the leases of others are none of its business, and
// what others hold of a write that the reader lacks makes no difference to it.
// Time passes in units, and a clock may gain or lose Drift units in a lease.
package lease

import "github.com/cohortkit/cohort/internal/model"

const (
	maxSites = 5
	maxViews = 3
)

// State is the state of the world.
type State struct {
	reader  uint8
	fast    model.Set           // whose clocks gain; those of the others lose
	views   [maxViews]model.Set // as decided
	decided uint8               // the last view decided
	next    model.Set           // proposed to follow it, 0 while nothing is
	group   uint8               // the view in which writes are made: the last agreed on
	wrote   uint8               // writes, which all members but the reader hold at once,
	held    uint8               // those that the reader holds as well,
	done    uint8               // and those that are complete
	asked   uint8               // units for which what the reader asked last is good
	sites   [maxSites]site
	words   [maxSites]word // that the reader has
}

// site is one site.
type site struct {
	applied  uint8 // the last view it knows to be decided
	accepted uint8 // the last view that it has accepted
	answered uint8 // 1 and the view for which it has answered what was asked last
	keeps    uint8 // units for which it keeps its word to the reader
	heard    uint8 // the view that it knows the reader to have installed
	fresh    uint8 // units for which its view is too new for a reader not heard of
}

// word is what the reader has of a grantor: for which view, and for how long.
type word struct{ view, left uint8 }
