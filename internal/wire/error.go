package wire

import (
	"errors"
	"fmt"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// An Error says that bytes from a peer are not of this protocol although the
// peer claimed its version. The fault is the peer's, or that of whatever
// changed the bytes on their way; nothing after them on the same connection can
// be understood, so the connection must be closed.
type Error struct {
	Kind msg.Kind // message in which it was found; 0 outside of any
	What string
	At   int // where, in bytes from the start of the frame or greeting
}

func (e *Error) Error() string {
	in := ""
	if known(e.Kind) {
		in = ", in " + kinds[e.Kind].name
	}
	return fmt.Sprintf("wire: malformed bytes from the peer%s: %s (byte %d)", in, e.What, e.At)
}

// ErrTooLarge reports a frame over MaxFrame of its lane that this site was about to send.
// The message must be cut up, or its frame must carry fewer.
var ErrTooLarge = errors.New("wire: frame too large to send")

// ErrNotCohort reports that the other end is no Cohort node: another service
// has the address, or only one of the two uses TLS.
var ErrNotCohort = errors.New("wire: the other end does not speak Cohort (wrong address, or TLS on one side only)")

// A VersionError reports a Cohort node of another protocol version. One of the
// two must be upgraded.
type VersionError struct {
	Ours, Theirs uint16
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("wire: the other end speaks protocol version %d, this one %d: upgrade the older", e.Theirs, e.Ours)
}
