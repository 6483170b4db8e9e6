package cohort

import (
	"errors"
	"fmt"

	"github.com/cohortkit/cohort/internal/node"
)

// What can go wrong. The comments say whose fault it is.
var (
	// ErrNobody: nobody is left who could answer: members declined or failed,
	// or there is no such group. The request was not, or need not have been,
	// carried out; asking again is up to the caller.
	ErrNobody = errors.New("cohort: nobody is left who could answer; ask again if the question still matters")
	// ErrNoGroup: no group of that name exists.
	ErrNoGroup = errors.New("cohort: there is no such group; its first member has to join it first")
	// ErrJoined: this node is a member of that group, or about to be.
	ErrJoined = errors.New("cohort: already a member of that group; use the Group that Join returned")
	// ErrLeft: the group was left, the node closed, the member was taken out because
	// it was slow (GroupConfig.SlowLeaves), or a client's session has ended;
	// in a session it says that the request was not carried out and never will be.
	ErrLeft = errors.New("cohort: no longer a member, or the session has ended; join or open it again first")
	// ErrLost: every member that held the group's state is gone; of a call also: this
	// node's membership ended before the answers were in.
	ErrLost = errors.New("cohort: the group's state is lost with the last member that held it; join to begin anew")
	// ErrUnknown: the system excluded this node while it was out of touch, or the
	// node missed the view in which the request was delivered, or left the group
	// with the call open. A node comes back by itself, but nobody can tell here
	// whether the request was carried out.
	ErrUnknown = errors.New("cohort: the node was cut off; whether the request was carried out is unknown: ask again")
	// ErrNoReply: the request was answered already, or wants no answer; the
	// handler's mistake.
	ErrNoReply = errors.New("cohort: nobody waits for this reply")
	// ErrTooLarge: a cast has at most 64 MiB, a reply or a request from outside
	// the group at most 1 MiB; the caller's mistake.
	ErrTooLarge = errors.New("cohort: too large: at most 64 MiB in a cast of a member, 1 MiB in a reply or from outside the group")
)

// Errors of starting a node.
type (
	// ConfigError says which field of a Config, or which argument, cannot be
	// used and why; the caller's mistake.
	ConfigError = node.ConfigError
	// ListenError says that the address cannot be listened at.
	ListenError = node.ListenError
	// SeedError says of each seed why it led into no system.
	SeedError = node.SeedError
	// RefusedError says why the system will not have this node.
	RefusedError = node.RefusedError
)

// FieldError says that a message has no field of that name and type: the
// sender's mistake, or the reader's.
type FieldError struct {
	Field, Want, Have string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("cohort: field %q: want %s, have %s", e.Field, e.Want, e.Have)
}

// RemoteError is the error that a member's handler answered a request with.
type RemoteError struct {
	From Address
	Text string
}

func (e *RemoteError) Error() string { return fmt.Sprintf("cohort: %v answers: %s", e.From, e.Text) }
