// Package votes is a model of votes by machine. Several sites on one machine
// know each other's deaths for certain, which sites apart never do; so the vote
// of a dead site need not be lost with it: its heir, the oldest living site of
// the same machine, casts it.
//
// One entry of the membership log is to be decided, by ballots, as package
// memlog tells; what is new is who speaks for a vote. That a vote is never cast
// by two at a time is not enough. An acceptor is its memory: whoever speaks for
// it must know what it has promised and accepted. Two designs do that, and a
// third, without memory, is the naive one:
//
//	Will   before a site answers anybody, it tells the other sites of its
//	       machine, on the connection whose end tells them of its death, what
//	       it is about to promise or accept. Who learns of its death has its
//	       will, and the wills it held.
//	Block  nothing is inherited. The votes of a machine count only all together:
//	       when each of its sites has answered or is known to be dead to one
//	       that has.
//
// Who speaks is asked one ballot at a time; messages may arrive late or never.
package votes

import "github.com/cohortkit/cohort/internal/model"

const (
	maxSites   = 5
	maxBallots = 4
)

// State is the state of the world. A vote has the number of its first owner.
type State struct {
	dead    model.Set
	crashes uint8
	knows   [maxSites]model.Set // whom each site knows to be dead
	// What each site would say for each vote; its own, and those it may inherit.
	memory [maxSites][maxSites]record
	wills  [maxSites][maxSites]record // as far as the others on its machine know
	said   [maxBallots]ballot
}

// record is an acceptor's memory. Ballots are counted from 1 here; 0 is none.
type record struct{ promised, accepted uint8 }

// ballot is what was said at a ballot.
type ballot struct {
	open     bool
	promises model.Set       // votes
	last     [maxSites]uint8 // with each promise: at which ballot it accepted last
	value    uint8           // proposed, 0 while nothing is
	accepts  model.Set       // votes
	heirs    model.Set       // those of them cast by an heir
	// Whom those that promised, or accepted, knew to be dead.
	missedA, missedB model.Set
}

// better is the later of two records of one vote.
func better(a, b record) record {
	return record{max(a.promised, b.promised), max(a.accepted, b.accepted)}
}
