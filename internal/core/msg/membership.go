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
// address refuses new ones. Timeout is silence. Replaced: the same name came
// back as a new incarnation. Left: the site asked to leave.
const (
	Crash Evidence = iota + 1
	Timeout
	Replaced
	Left
)

func (e Evidence) String() string {
	switch e {
	case Crash:
		return "crash"
	case Timeout:
		return "timeout"
	case Replaced:
		return "replaced"
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
)

// An Op changes the directory of groups, or asks to leave it. Index makes it
// harmless when it comes late: for OpLeave, OpReady and OpReplace it is the
// entry by which Proc's membership began, for OpFlush the view that is to end.
type Op struct {
	Kind     OpKind
	Proc     id.Address
	Group    id.Address
	Name     string
	Index    uint64
	Stateful bool // OpJoin: Proc must be fed the state before it is ready

	Old   id.Address // OpReplace
	Since uint64     // OpReplace: the entry by which Old's membership began
}

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

type (
	// Heartbeat says nothing; the frame that carries it does.
	Heartbeat struct{}

	// Join asks a member to bring Member into the system. Members forward it
	// to their coordinator.
	Join struct{ Member view.Member }

	// Refuse says no to a Join.
	Refuse struct{ Why string }

	// Prepare opens a takeover: the sender asks the members of a view to obey
	// Ballot. Accused are those older than the sender, all of whom it suspects.
	Prepare struct {
		Ballot  Ballot
		Index   uint64 // last entry the sender applied
		Accused []Accusation
	}

	// Promise obeys a Prepare. Decided are entries the candidate lacks;
	// Accepted is what the sender accepted for the entry after its last.
	Promise struct {
		Ballot   Ballot
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
		Groups  []*view.Group // by address
	}

	// Accuse lists all whom the sender suspects now. It replaces what the
	// sender said before.
	Accuse struct{ Accused []Accusation }

	// Submit asks the coordinator to put operations into the log.
	Submit struct{ Ops []Op }
)
