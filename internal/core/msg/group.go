package msg

import (
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// Order is the ordering of a cast.
type Order uint8

// The orders. Sequence is not for users: such an entry of the sequencer's
// stream assigns positions to the Total casts of others.
const (
	FIFO Order = iota + 1
	Causal
	Total
	Barrier
	Sequence
)

// A Span gives the next N positions of the total order to the next N Total
// casts of the member with rank Rank. Without positions it is the order itself
// that goes to that member: its sender has it no more, or, when it names itself,
// has it from here on.
type Span struct {
	Rank uint16
	N    uint32
}

// Data carries entries of one member's stream in one view: from the member
// itself, or forwarded in flush Attempt by another that holds what the member
// can no longer send. What is forwarded counts in that attempt alone: a later
// one has asked anew what everybody holds.
type Data struct {
	Group   id.Address
	View    uint64
	Sender  uint16 // rank
	Attempt uint64 // 0: from the sender itself
	Run     *Run
}

// Part is a piece of a cast too large for one frame. The pieces of a cast
// follow each other in order on one lane; Run has the cast's header and, in
// place of its body, the piece.
type Part struct {
	Group   id.Address
	View    uint64
	Sender  uint16
	Attempt uint64
	Offset  uint64
	Total   uint64 // length of the whole body
	Run     *Run
}

// Ack tells every member what its sender holds and has used up, as counts of
// entries for each rank. Held makes casts stable; Used gives credit. Both only
// grow. Of views up to Clear, which are before View, nothing is left unused. Wanted
// asks the receivers to acknowledge at once, because somebody waits for stability.
type Ack struct {
	Group  id.Address
	View   uint64
	From   uint16 // rank
	Held   []uint64
	Used   []uint64
	Clear  uint64 // 0: none
	Wanted bool
}

// FlushOK answers, for Attempt, what its sender holds of the view it has
// installed (View 0: none yet, it is joining). After it the sender accepts
// nothing more of that view but forwarded entries.
//
// Settled says that the sender has delivered all of the views before View, and
// so that Seen, Clients and Clock count: as in Install, for members that joined with View and may
// lack it. Until then it cannot tell; it reports again when it can.
type FlushOK struct {
	Group   id.Address
	Attempt uint64
	From    id.Address
	View    uint64
	Held    []uint64
	Settled bool
	Seen    []Seen // as in Install, for members that joined with View and may lack it
	Clients SessionTable
	Clock   uint64
}

// A Forwarding tells Holder to send entries after From of Sender's stream, up
// to the cut, to process To.
type Forwarding struct {
	Sender uint16
	Holder id.Address
	To     id.Address
	From   uint64
}

// Cut fixes what is delivered in View: exactly Counts entries of each rank.
type Cut struct {
	Group   id.Address
	Attempt uint64
	View    uint64
	Counts  []uint64
	Forward []Forwarding
}

// CutAck says that its sender holds all that the cut demands.
type CutAck struct {
	Group   id.Address
	Attempt uint64
	From    id.Address
}

// Install ends attempt Attempt: all survivors hold the cut, the view of log
// entry Attempt begins. Seen, Clients and Clock, which is after that of all that was
// delivered before, are for members that join with it.
//
// For is the attempt whose coordinator sends it: Attempt itself, or a later one
// that found some members behind others. Who has reported for a later attempt
// obeys no earlier coordinator, for its report says which view it is in. Settled
// says that Seen counts: who joins obeys no other.
type Install struct {
	Group   id.Address
	Attempt uint64
	For     uint64
	Settled bool
	Seen    []Seen
	Clients SessionTable
	Clock   uint64
}

// Request is sent by a process outside the destination to a member of it,
// which casts it in its place. The caller repeats it to another member when
// that one dies. Numbers First, First+1… are the caller's own and follow each
// other for one destination. View and Time are what the caller has seen of the
// group: a relay casts only when it has seen as much. Index is the caller's last
// applied log entry; a relay that lags waits for it, so that no two relays ever
// cast for one caller in the same view.
type Request struct {
	Index  uint64
	Dest   id.Address
	Relay  id.Address // the member asked, and the entry by which it joined:
	Joined uint64     // once it has left, others are asked, even if it came back
	Caller id.Address
	First  uint64
	Order  Order
	Safe   bool
	Call   bool
	View   uint64
	Time   vclock.Time
	Deps   []Dep // of other groups, what the caller has seen
	Clock  uint64
	N      uint32
	Body   []byte

	Session *Session // nil unless it is a session's
	Listed  *Listed  // nil unless it brings a cast to a list
}

// Counts is what the request counts for in its caller's window, in bytes: as part
// of a cast to a list it does not, for the whole cast has an end of its own.
func (r *Request) Counts() int {
	if r.Listed != nil {
		return 0
	}
	return (&Run{N: r.N, Body: r.Body}).Size()
}

// RequestHeld tells a caller that its requests up to Upto, the last of them
// delivered in view Of, are safe with the group, whatever becomes of the relay. Of
// those of a session it says that they were carried out.
type RequestHeld struct {
	Dest   id.Address
	Caller id.Address
	Of     uint64 // 0 for a process
	First  uint64
	Upto   uint64
}

// A Reply answers one request. In View, Cast is the number in the caller's
// stream; View 0 means a caller outside the group, then Cast is its number.
type Reply struct {
	View uint64
	Cast uint64
	Null bool
	Body []byte
}

// Replies carries answers of process From to process To. They are shown to
// the caller only when it has seen all that From had seen: View and Time. Of
// is the view in which From was delivered the requests.
type Replies struct {
	Group id.Address
	From  id.Address
	To    id.Address
	Of    uint64
	View  uint64
	Time  vclock.Time
	Deps  []Dep // of other groups, what From has seen
	Clock uint64
	Items []Reply
}

// DepAsk asks a member of a group whether all its members are done with a Dep,
// so that nobody need carry it any more; DepDone says that they are.
type (
	DepAsk  struct{ Dep }
	DepDone struct{ Dep }
)

// State transfer: the joiner asks, the donor answers with the cut at which the
// state was taken, its blocks, and an end; the joiner grants credit in bytes.
type (
	// XferAsk asks the donor for the state, and no other member at its site.
	// Xfer is the joiner's number for this transfer, asked for in View; a
	// higher one replaces all before.
	XferAsk struct {
		Group  id.Address
		View   uint64
		Joiner id.Address
		Donor  id.Address
		Xfer   uint64
	}
	// XferBegin says at which cut the state was taken: all of the views
	// before View, and in it Counts entries of each rank.
	XferBegin struct {
		Group  id.Address
		Joiner id.Address
		Donor  id.Address
		Xfer   uint64
		View   uint64
		Counts []uint64
	}
	// XferBlock is a piece of the state. Where it was received it may be on loan:
	// who reads it returns it.
	XferBlock struct {
		Group  id.Address
		Joiner id.Address
		Xfer   uint64
		Bytes  []byte
		Loan   Loan
	}
	// XferEnd follows the last block. Err is set when the donor's program
	// could not write its state.
	XferEnd struct {
		Group  id.Address
		Joiner id.Address
		Xfer   uint64
		Size   uint64
		Err    string
	}
	// XferCredit allows the donor to have sent Upto bytes in all. Stop ends
	// the transfer.
	XferCredit struct {
		Group  id.Address
		Joiner id.Address
		Xfer   uint64
		Upto   uint64
		Stop   bool
	}
)

// HandOver asks member To to leave its place to Heir, which holds the state by
// now. Joined is the entry by which Heir became a member, later than To did.
type HandOver struct {
	Group  id.Address
	View   uint64
	To     id.Address
	Heir   id.Address
	Joined uint64
}

// Seen says that the requests of Caller, a process outside the group, up to
// number Last were delivered before the view began: those after the Seen before
// this one in View, or with View 0 in views too old to tell.
type Seen struct {
	Caller id.Address
	Last   uint64
	View   uint64
}
