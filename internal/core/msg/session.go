package msg

import "github.com/cohortkit/cohort/internal/core/id"

// Client sessions. A session outlives the process that speaks for it: its
// requests are numbered by itself, and the group keeps what it answered to those
// that the client has not acknowledged.

// SessionOp says what a run, or a request for one, does to a session.
type SessionOp uint8

// The operations. Runs of all but SessionRequest have one entry, which no
// program sees.
const (
	SessionRequest SessionOp = iota + 1 // casts of the session that Origin speaks for
	SessionOpen                         // Proc speaks for session ID from here on, 0: for a new one
	SessionClose                        // the session that Proc speaks for ends
	SessionExpire                       // session ID ends if Proc still speaks for it since At
)

// Session goes with each run of a session, and each request for one.
type Session struct {
	Op    SessionOp
	ID    uint64
	Proc  id.Address
	At    uint64 // the log entry that Proc had applied when it took the session
	Acked uint64 // SessionRequest: the client needs no answer to its requests up to here

	// Holder is the program that Proc, or Origin, is of: the first process by which
	// it held the session. The same program may go on by another process; another
	// one Takes the session.
	Holder id.Address
	Takes  bool // SessionOpen
}

// SessionState is what all members know alike of one session. With Proc 0 it
// has ended.
type SessionState struct {
	ID    uint64
	Proc  id.Address // who speaks for it
	At    uint64     // the log entry it had applied when it took the session
	Base  uint64     // what was delivered before Proc took it
	Last  uint64     // what was delivered
	Acked uint64     // what the client needs no answer to

	Holder id.Address // the program that has it
	Was    id.Address // the one from which it was taken
	Until  uint64     // what was delivered then
}

// SessionTable is all sessions of a group, in the order of their opening, then
// those that ended, the latest last. Opened counts all there ever were.
type SessionTable struct {
	Opened   uint64
	Sessions []SessionState
}

// SessionStatus is what a client is told of its session.
type SessionStatus uint8

// The states. Ended: its requests after Last were not carried out and never
// will be. Forgotten: nobody knows any more what was. Full: there are too many.
const (
	SessionStands SessionStatus = iota + 1
	SessionEnded
	SessionForgotten
	SessionFull
)

// SessionTold answers whoever opened a session, or speaks for one no more.
type SessionTold struct {
	Dest   id.Address
	Caller id.Address
	Of     uint64 // the view in which who tells it is
	ID     uint64
	Last   uint64
	Status SessionStatus
}

// SessionReplies are the answers of one member in one session, to requests up to
// Last. In each, View is 0.
type SessionReplies struct {
	ID    uint64
	Last  uint64
	Items []Reply
}

// XferReplies goes before XferEnd: the answers that the donor's program had
// given, to requests whose effects are in the state.
type XferReplies struct {
	Group    id.Address
	Joiner   id.Address
	Xfer     uint64
	Sessions []SessionReplies
}
