// Package flow declares the bound of every queue, and counts what a member has
// sent that others have yet to use.
//
// Requires: Spent with counts that only grow. Guarantees: every byte taken is
// freed once, in the view it was sent in or a later one.
package flow

import "github.com/cohortkit/cohort/internal/core/fifo"

// The bounds. Sizes are bytes.
const (
	// Window is what one process may have sent to one group without all
	// members having used it. A larger cast goes alone. Several processors go over
	// what is under way, so it should fit into their caches (docs/performance.md).
	Window = 2 << 20
	// RequestWindow is the same for a process outside the group.
	RequestWindow = 2 << 20
	// OutsideWindow is what may have come from outside, relayed by one member or sent to
	// one process, and not be used: the rest waits with who sent it. It bounds memory
	// and is no pace: handlers may send to each other, and should seldom wait.
	OutsideWindow = 16 << 20
	// Share is what a node may always use of each of these windows, and Pool what it
	// may use of all of them together beyond that: a few busy groups have their windows,
	// and a thousand 64 MiB.
	Share = 32 << 10
	Pool  = 32 << 20
	// AckBytes is after how many bytes received, or used, a member acknowledges
	// unasked: else senders would wait for the last of a window to be told.
	AckBytes = 512 << 10
	// MaxBody is the largest body in one frame; larger casts go in parts.
	MaxBody = 256 << 10
	// ControlFrame is how large a control frame gets with more than one message in it:
	// the rest of what a step says to a site goes in others.
	ControlFrame = 1 << 20
	// JoinBacklog is what a joiner keeps back while it is fed the state, before
	// it makes the group's senders wait.
	JoinBacklog = 64 << 20
	// XferBlock and XferWindow bound state transfer: a block, and what may be
	// under way to one joiner.
	XferBlock  = MaxBody
	XferWindow = 8 << 20
	// Early is what is kept of messages that come before their time: of views yet to come
	// for each member of the group, of log entries yet to come for each site. EarlyEach is
	// what each counts for besides the body, and EarlyOther what one counts for that
	// brings no casts. With as many windows of the smallest casts, or as many casts of the
	// largest size, as members can have under way while one of them stands still, it
	// is not reached.
	Early      = 256 << 20
	EarlyEach  = 192
	EarlyOther = 1 << 10
	// Sessions is how many client sessions a group has, and EndedSessions of how
	// many that ended it remembers how far they came.
	Sessions      = 1 << 12
	EndedSessions = 1 << 8
	// SessionCalls is how many answers are kept for a session that its client has
	// not acknowledged, and SessionBytes how large together.
	SessionCalls = 256
	SessionBytes = 4 << 20
	// Deps is of how many groups a process may carry knowledge that concerns
	// others, before its Causal and Total casts wait.
	Deps = 256
	// Strangers is how many sites outside the view may have a session.
	Strangers = 256
)

// Account counts the bytes one member has sent and not all have used.
type Account struct {
	sent    []unused // runs of this view, by their last numbers
	carried []unused // earlier views, by their indexes, and what was left at their ends
}

// Bytes are those of casts of a member's own program, and of what it has relayed.
type Bytes struct{ Own, Relayed int }

func (b *Bytes) add(more Bytes) { b.Own, b.Relayed = b.Own+more.Own, b.Relayed+more.Relayed }

// unused are bytes that are out until all have used as much as up to last.
type unused struct {
	last uint64
	Bytes
}

// free takes off what all have used up to, and returns the bytes of it.
func free(list *[]unused, upto uint64) (freed Bytes) {
	n := 0
	for n < len(*list) && (*list)[n].last <= upto {
		freed.add((*list)[n].Bytes)
		n++
	}
	*list = fifo.Drop(*list, n)
	return freed
}

// Sent notes a run of the member's own stream.
func (a *Account) Sent(last uint64, b Bytes) { a.sent = append(a.sent, unused{last, b}) }

// Spent notes that all members have used the stream up to count, and returns
// the bytes that frees.
func (a *Account) Spent(count uint64) (freed Bytes) { return free(&a.sent, count) }

// Out is how many bytes are out, those of earlier views among them, and the
// number of the first cast of this view that is; 0 if there is none.
func (a *Account) Out() (out Bytes, first uint64) {
	for _, x := range a.carried {
		out.add(x.Bytes)
	}
	for _, s := range a.sent {
		out.add(s.Bytes)
	}
	if len(a.sent) > 0 {
		first = a.sent[0].last
	}
	return out, first
}

// Pending reports whether anything is out.
func (a *Account) Pending() bool { return len(a.sent) > 0 || a.Carried() > 0 }

// Turn carries what is not yet used of a view over into the next.
func (a *Account) Turn(view uint64) {
	var left Bytes
	for _, s := range a.sent {
		left.add(s.Bytes)
	}
	if left != (Bytes{}) {
		a.carried = append(a.carried, unused{view, left})
	}
	a.sent = nil
}

// Cleared notes that everybody has used all of a view and those before it, and
// returns the bytes that frees.
func (a *Account) Cleared(view uint64) (freed Bytes) { return free(&a.carried, view) }

// Carried is the last of the earlier views of which bytes are still out, or 0.
func (a *Account) Carried() (view uint64) {
	if n := len(a.carried); n > 0 {
		view = a.carried[n-1].last
	}
	return view
}
