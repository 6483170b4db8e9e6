// Package memlog is a model of the membership log: Paxos, entry after entry,
// whose acceptors are the voters of the view that the entries before have made.
//
// Ballots belong to a view and are ordered by round, then by owner. Round 0 has
// one ballot, of the oldest voter, and needs no promises. A site may take over
// at any time: it need not be right about who is dead.
//
//	bid      a site opens a ballot above all it has promised
//	promise  a voter promises to accept nothing below it
//	lead     with the promises of a quorum the site leads
//	propose  the leader proposes for the entry after its last: what the
//	         promises say was accepted at the highest ballot, or else its own
//	accept   a voter that has applied all entries before accepts
//	decide   the leader sees that a quorum of the view before accepted
//	learn    a site hears of an entry that another has applied
//
// Messages are history: what was once said may arrive any number of times, late,
// in any order, or never. So a crash is a site that does nothing more, and the
// loss of a message one that is never acted on; neither needs a step. What an
// acceptor tells in a promise is read from that history too: the last ballot
// below the promise at which it accepted, for it accepts none such afterwards.
package memlog

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

const (
	maxSites   = 4
	maxEntries = 3
	maxViews   = maxEntries // that vote: the one after the last entry does not
	maxRounds  = 3          // with round 0
	maxBallots = 1 + (maxRounds-1)*maxSites
)

// State is the state of the world.
type State struct {
	sites [maxSites]site
	views [maxViews]history // what was said at the ballots of each view
	// The first decision on each entry: the history to which all must agree.
	log [maxEntries]entry
	// split is set when a site applies something else.
	split bool
}

// site is one site's memory.
type site struct {
	in       bool  // it knows a view that it is in
	out      bool  // it has halted
	index    uint8 // entries applied
	promised uint8 // the highest ballot obeyed in the view after them
	ballot   uint8 // the ballot it bids for or leads at, plus 1; 0 for none
	leading  bool
	heard    model.Set // the quorum whose promises made it lead
}

// history is what was said in a view, by ballot.
type history struct {
	promises  [maxBallots]model.Set
	proposals [maxBallots][maxEntries]entry
	accepts   [maxBallots][maxEntries]model.Set
}

// entry is what can be decided: who is removed (bits 0 to 3) and added (4 to 7),
// or an operation on groups (8), which leaves the view as it is, by one site (9
// and 10), which tells it from others. Zero is no entry.
type entry uint16

func change(remove, add model.Set) entry { return entry(remove) | entry(add)<<4 }

func operation(by int) entry { return 1<<8 | entry(by)<<9 }

func (e entry) remove() model.Set { return model.Set(e & 15) }

func (e entry) add() model.Set { return model.Set(e >> 4 & 15) }

func (e entry) changesView() bool { return e&255 != 0 }

func (e entry) String() string {
	switch {
	case e == 0:
		return "nothing"
	case e.changesView():
		return fmt.Sprintf("-%v +%v", e.remove(), e.add())
	}
	return fmt.Sprintf("operation of %d", e>>9)
}

// ballot numbers: 0 is round 0, then the rounds by owner.
func ballotOf(round, owner int) int { return 1 + (round-1)*maxSites + owner }

func ownerOf(ballot int) int { return (ballot - 1) % maxSites }

func roundOf(ballot int) int {
	if ballot == 0 {
		return 0
	}
	return 1 + (ballot-1)/maxSites
}
