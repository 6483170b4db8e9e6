package msg

import (
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/view"
)

// A Ballot orders the attempts to decide log entries within one site view.
// Round 0 belongs to the oldest member and needs no Prepare.
type Ballot struct {
	ViewSeq uint64
	Round   uint64
	Owner   id.Site
}

// Less orders ballots by view, round and owner.
func (b Ballot) Less(c Ballot) bool {
	if b.ViewSeq != c.ViewSeq {
		return b.ViewSeq < c.ViewSeq
	}
	if b.Round != c.Round {
		return b.Round < c.Round
	}
	return b.Owner < c.Owner
}

// Evidence says why a site is suspected or removed.
type Evidence uint8

// The kinds of evidence. Crash is certain: the connection closed and the
// address refuses new ones, or another site answers there. Timeout is silence.
// Left: the site asked to leave.
const (
	Crash Evidence = iota + 1
	Timeout
	Left
)

func (e Evidence) String() string {
	switch e {
	case Crash:
		return "crash"
	case Timeout:
		return "timeout"
	case Left:
		return "left"
	}
	return "unknown"
}

// A Removal takes a site out of the view and says who wanted it and why.
type Removal struct {
	Site     id.Site
	Evidence Evidence
	Accusers []id.Site
}

// A Loss is a Removal as it is remembered after the fact: Index is the entry
// that made it, View the number of the site view without the site. Agreed are
// those who accepted the entry, where that is known.
type Loss struct {
	Removal
	Name   string
	Index  uint64
	View   uint64
	Agreed []id.Site
}

// OpKind says what an Op does to the directory of groups.
type OpKind uint8

// The operations. All are idempotent: who is unsure repeats.
const (
	OpJoin    OpKind = iota + 1 // Proc joins group Name; the first creates it
	OpLeave                     // Proc leaves Group
	OpReady                     // Proc, a member of Group, now holds its state
	OpFlush                     // Group ends its view Index: same members, new view
	OpDepart                    // the site of Proc leaves the system
	OpSync                      // nothing: who asked knows the log up to here; Index tells its own apart
	OpReplace                   // Proc takes the place of Old, holding the state; Old leaves
	OpList                      // the cast that Proc brought to all of List is delivered there, if it still can be
	OpAside                     // Proc, a ready member of Group, is slow, says Old: it is set aside until it is ready again
	OpDismiss                   // the same, and it is taken out
	OpTaken                     // the processes at the site of Proc were given their casts to lists, up to number Index
)

// An Op changes the directory of groups, or asks to leave it. Index makes it
// harmless when it comes late: for OpLeave, OpReady, OpReplace, OpAside and
// OpDismiss it is the entry by which Proc's membership began, for OpFlush the
// view that is to end. OpAside and OpDismiss do nothing in a view after Since.
// For OpJoin it is the last entry applied when it was asked for, and for the
// asker alone.
type Op struct {
	Kind     OpKind
	Proc     id.Address
	Group    id.Address
	Name     string
	Index    uint64
	Stateful bool // OpJoin: Proc must be fed the state before it is ready; OpLeave: not while others need it for theirs

	Old   id.Address // OpReplace, OpAside, OpDismiss
	Since uint64     // OpReplace: the entry by which Old's membership began; else the view in which Proc was slow
	List  *List      // OpList
}

// Accuses reports whether the operation has an Old and a Since.
func (k OpKind) Accuses() bool { return k == OpReplace || k == OpAside || k == OpDismiss }

// An Entry is one decision of the membership log.
type Entry struct {
	Index  uint64
	Remove []Removal
	Add    []view.Member
	Ops    []Op
}

// ChangesView reports whether the entry makes a new site view.
func (e *Entry) ChangesView() bool { return len(e.Remove)+len(e.Add) > 0 }

// An Accusation is one site under suspicion.
type Accusation struct {
	Site     id.Site
	Evidence Evidence
}

// A Vote is how far a promise or an acceptance counts: only together with the
// votes of the voter's kin, the other voters of its machine, but for those in
// Without, and then for the dead in Heirs as well, whose votes the voter inherits.
// Both lists only grow in a view; Without has all of Heirs.
type Vote struct {
	Heirs   []id.Site // dead kin whose votes have passed to the voter
	Without []id.Site // kin that is dead, or has been given up in this view
}

type (
	// Heartbeat says that its sender lives, and asks and grants leases: the
	// receiver may count on the sender from when it sent Grant on (0: not at
	// all), as long as both are in site view View.
	Heartbeat struct {
		View  uint64
		Stamp uint64 // the sender's clock
		Grant uint64 // the receiver's Stamp that this answers
	}

	// Join asks a member to bring Member into the system. Members forward it
	// to their coordinator.
	Join struct{ Member view.Member }

	// Refuse says no to a Join.
	Refuse struct{ Why string }

	// Prepare opens a takeover: the sender asks the members of a view to obey
	// Ballot. Accused are those older than the sender, all of whom it suspects.
	// With Ask it only asks whether they would: nobody promises anything.
	Prepare struct {
		Ballot  Ballot
		Ask     bool
		Index   uint64 // last entry the sender applied
		Accused []Accusation
	}

	// Promise obeys a Prepare. Decided are entries the candidate lacks;
	// Accepted is what the sender accepted for the entry after its last. With Ask
	// it answers a question and promises nothing.
	Promise struct {
		Ballot   Ballot
		Ask      bool
		Vote     Vote
		Index    uint64
		Decided  []*Entry
		Accepted *Entry
		At       Ballot // ballot of Accepted
	}

	// Propose asks to accept Entry at Ballot; all before it is decided.
	Propose struct {
		Ballot Ballot
		Entry  *Entry
	}

	// Accept says that the sender accepted entry Index at Ballot.
	Accept struct {
		Ballot Ballot
		Index  uint64
		Vote   Vote
	}

	// Bond is a word among kin: in no view from number From on has the sender
	// voted without the receiver, nor will it before Until, on the clock of the
	// machine they share. Who sees the sender die before that inherits its vote.
	Bond struct {
		From  uint64
		Until uint64 // nanoseconds
	}

	// Nack refuses a Prepare or Propose: the sender has promised another
	// ballot, or hears from somebody the candidate believes dead (Alive).
	Nack struct {
		Ballot   Ballot // the refused one
		Promised Ballot
		Alive    id.Site
	}

	// Commit says that Entry is decided; Agreed are those who accepted it.
	Commit struct {
		Entry  *Entry
		Agreed []id.Site
		Hash   uint64 // of the log up to and with Entry
	}

	// Fetch asks for all entries after Index.
	Fetch struct{ Index uint64 }

	// Decided answers Fetch.
	Decided struct{ Entries []*Entry }

	// Snapshot is the log's whole state after entry Index: the answer to a
	// Fetch from too far behind, and the welcome to a new site.
	Snapshot struct {
		System  uint64 // the system's number, drawn by its founder
		Index   uint64
		Hash    uint64
		View    *view.Site
		Since   uint64        // the entry that made View
		Mark    uint64        // the hash after that entry
		Removed []id.Site     // incarnations that must not come back
		Losses  []Loss        // the last removals and why, for people
		Groups  []*view.Group // by address
		Lists   uint64        // casts to lists numbered so far
		Marks   []ListMark    // by site
	}

	// Accuse lists all whom the sender suspects now. It replaces what the
	// sender said before.
	Accuse struct{ Accused []Accusation }

	// Submit asks the coordinator to put operations into the log.
	Submit struct{ Ops []Op }
)
