package core

import (
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Input is all that happened to a site since its last step, in order. Now is
// monotonic; sites that say that they share a machine share its clock.
type Input struct {
	Now    effect.Time
	Events []Event
}

// Event is one thing that happened: a type of this file.
type Event interface{ event() }

// From the network.
type (
	// Frame came in on connection Conn, which the site answered. Bytes is its
	// size on the wire. The frame and what it holds belong to the site; bodies of
	// casts that have a Loan until it is returned.
	Frame struct {
		Conn  uint64
		From  id.Site
		Frame *msg.Frame
		Bytes int
	}
	// Offered: From opened a connection for one lane; the site answers.
	Offered struct {
		Conn   uint64
		From   id.Site
		Addr   string // where From says it is reached
		System uint64 // 0 while From is in none
		Lane   msg.Lane
	}
	// Connected: a connection the site asked for is open. The other end has
	// got so many frames of the lane.
	Connected struct {
		Conn uint64
		To   id.Site
		Lane msg.Lane
		Got  uint64
	}
	// Broken: a connection to a site closed.
	Broken struct {
		Conn uint64
		To   id.Site
		Lane msg.Lane
	}
	// Gone: the connection to a site closed and its address refuses new ones,
	// or is somebody else's by now. That incarnation runs no more.
	Gone struct{ Site id.Site }
	// Perished: the machine says that a site that ran on it has ended: certain,
	// and never taken back. Now must not be earlier than that end.
	Perished struct{ Site id.Site }
	// Shunned: a member of the system says that this site was excluded.
	Shunned struct{ By id.Site }
	// Contact: a seed answered; it is the site with this number.
	Contact struct {
		Site id.Site
		Addr string
	}
)

// From the program.
type (
	// Found starts a new system: with this site alone, or together with those at
	// the addresses With, of which this one's is one, as soon as all are there.
	Found struct {
		System uint64
		With   []string
	}
	// Depart leaves all groups, and when nothing that was cast before can be lost by that,
	// the system; the site halts when that is decided.
	Depart struct{}
	// Sync asks for Synced{ID} when this site has applied all that the log held
	// when Sync was asked.
	Sync struct{ ID uint64 }
	// JoinGroup makes Proc a member of the group called Name. The casts of a
	// Conservative member, but FIFO ones, wait until no failure can take away
	// what they may depend on in other groups.
	JoinGroup struct {
		Proc         id.Address
		Name         string
		Stateful     bool // feed Proc the state before it is ready
		Conservative bool
		// Replaces, a member before Proc is one, leaves in the very view in which
		// Proc is ready, and Proc has its rank; 0 for nobody. It implies Stateful.
		Replaces id.Address
		Patience Patience
	}
	// LeaveGroup ends Proc's membership once what it sent is stable, and, if it alone
	// holds the state, others do that are to. A member that is Gone gives its state to
	// nobody any more, and does not wait for that: to who is to hold it, it has failed.
	LeaveGroup struct {
		Proc, Group id.Address
		Gone        bool
	}
	// Cast sends N casts from Proc to Dest: a group, of which Proc may be a
	// member or not, or a process. Body holds them as msg.Run.Body does, at
	// most flow.MaxBody bytes unless N is 1; it belongs to the site from now
	// on, or until the site returns the Loan, if there is one. Calls, when not
	// nil, has one call for each. InSession refuses the cast when Proc speaks for
	// no session with Dest any more.
	Cast struct {
		Proc  id.Address
		Dest  id.Address
		Order msg.Order
		Safe  bool
		N     uint32
		Body  []byte
		Loan  msg.Loan
		Calls []CallSpec

		InSession bool
	}
	// OpenSession makes Proc, which has asked nothing of the group Dest yet, speak
	// for a client session: a new one, or one that stands. Its program goes on with
	// that if nobody else has taken it since, or Takes it from whoever has it. What
	// Proc casts to Dest from now on is the session's, numbered from Next (at least
	// 1), Total and safe; a number that the session has had repeats that request.
	// SessionOpened or SessionEnded follows.
	OpenSession struct {
		Proc, Dest id.Address
		Session    uint64 // 0: a new one
		Next       uint64
		Holder     id.Address // the first process by which the program held the session, or wanted to
		Takes      bool       // the session is another program's
	}
	// CloseSession ends the session that Proc speaks for, when all that it has cast
	// is held and its calls have ended. What it casts from now on is refused.
	CloseSession struct{ Proc, Dest id.Address }
	// Answer replies to a request, as Casts.Request gives it. With a Copy, that
	// payload is cast to the group first, and the caller gets its reply only
	// when every member holds the copy: no caller knows an answer that could
	// be lost to the group (section 6 of the 1987 paper).
	Answer struct {
		Proc    id.Address
		Request Request
		Null    bool
		Body    []byte
		Copy    []byte

		copied call.Key // the copy, once it is cast and held by all
	}
	// CastList casts once to each of Dests, groups and processes: in all of them or
	// in none, in one order with all other casts to lists wherever they meet, and
	// safe. Body holds one cast. ListDone follows when that is decided.
	CastList struct {
		Proc  id.Address
		ID    uint64
		Dests []id.Address // each once
		Body  []byte
	}
	// CancelCall gives up a call: nothing more is told of it.
	CancelCall struct {
		Proc, Dest id.Address
		ID         uint64
	}
	// Used: Proc's program has handled the next Items deliveries of casts, which
	// it was given as the member it is Since; or, with no group, by its own address.
	Used struct {
		Proc, Group id.Address
		Since       uint64
		Items       int
	}
	// FlushGroup asks for Flushed{ID} when all that Proc has sent to the group
	// or was delivered in it is stable.
	FlushGroup struct {
		Proc, Group id.Address
		ID          uint64
	}
	// StateBlock is the next piece of the state Proc captured under Xfer, with the
	// memory it is in if that is lent; the last one has Last set. Err reports that there will be no state.
	StateBlock struct {
		Proc, Group id.Address
		Joiner      id.Address
		Xfer        uint64
		Bytes       []byte
		Loan        msg.Loan
		Last        bool
		Err         string
	}
	// StateRead: Proc's program has read Bytes more of the state under Xfer.
	StateRead struct {
		Proc, Group id.Address
		Xfer        uint64
		Bytes       int
	}
	// Restored: Proc's program has made the state under Xfer its own, or could
	// not (Err), and then leaves the group.
	Restored struct {
		Proc, Group id.Address
		Xfer        uint64
		Err         string
	}
)

// CallSpec is one call: the caller's number for it, which grows with every
// call of a process, and how many replies it wants (call.All for all).
type CallSpec struct {
	ID   uint64
	Want int
}

// Request names a delivered cast that expects a reply.
type Request struct {
	Group  id.Address // 0: sent to the process itself
	Caller id.Address
	Of     uint64 // the view it was delivered in
	View   uint64 // 0: the caller is outside
	Cast   uint64

	Session uint64 // whose request it is; 0: no session's
}

func (*Frame) event()       {}
func (Offered) event()      {}
func (Connected) event()    {}
func (Broken) event()       {}
func (Gone) event()         {}
func (Shunned) event()      {}
func (Contact) event()      {}
func (Found) event()        {}
func (Depart) event()       {}
func (Sync) event()         {}
func (JoinGroup) event()    {}
func (LeaveGroup) event()   {}
func (Cast) event()         {}
func (OpenSession) event()  {}
func (CloseSession) event() {}
func (Answer) event()       {}
func (CastList) event()     {}
func (CancelCall) event()   {}
func (Used) event()         {}
func (FlushGroup) event()   {}
func (StateBlock) event()   {}
func (StateRead) event()    {}
func (Restored) event()     {}
func (Perished) event()     {}
