package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// A connection carries the frames of one lane in one direction. It opens with a
// greeting of each side: the dialer's Hello, then the acceptor's Welcome; after
// them only the dialer sends.
//
// A greeting begins with a magic number and the version, in all versions to
// come, so that strangers and other versions are told apart before anything
// else is read. In this version follow the role (1 byte), the size of the rest
// (2 bytes) and the rest, of which System and sites have 8 bytes each.

// Hello is what the dialer says first.
type Hello struct {
	System uint64 // number of the system it belongs to; 0 as long as none
	Site   id.Site
	Name   string // at most MaxName bytes, as in the site view
	Addr   string // where others reach it; at most MaxName bytes
	Lane   msg.Lane
	Probe  bool // it only asks who is there: the Welcome ends the connection
}

// Welcome is the acceptor's answer. Got is how many frames of that lane it has
// received from the dialer's site: the dialer goes on with the one after. To a
// probe it is 0.
type Welcome struct {
	System  uint64 // 0 as long as none
	Site    id.Site
	Name    string // at most MaxName bytes
	Addr    string // where others reach it; at most MaxName bytes
	Got     uint64
	Refused Refusal
}

// Refusal says why an acceptor takes no frames; 0 when it takes them.
type Refusal uint8

// The refusals.
const (
	RefusedSystem  Refusal = iota + 1 // acceptor and dialer belong to different systems
	RefusedSite                       // the dialer's incarnation was removed
	RefusedSelf                       // the dialer has reached itself
	RefusedClosing                    // the acceptor is about to stop
	RefusedBusy                       // the acceptor has too many visitors
)

func (f Refusal) String() string {
	switch f {
	case RefusedSystem:
		return "it belongs to another system"
	case RefusedSite:
		return "this site was removed: come back as a new incarnation"
	case RefusedSelf:
		return "the address is this site's own"
	case RefusedClosing:
		return "it is about to stop"
	case RefusedBusy:
		return "it has too many visitors: try again later"
	}
	return "not refused"
}

const (
	magic       = "CHRT"
	openingSize = len(magic) + 2 // with the version
	roleHello   = 'H'
	roleWelcome = 'W'
	maxGreeting = 1024
)

// AppendHello appends h. It panics on a name or address over MaxName.
func AppendHello(buf []byte, h Hello) []byte {
	return appendGreeting(buf, roleHello, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint64(b, h.System)
		b = appendSite(b, h.Site)
		b = appendName(b, h.Name)
		b = appendName(b, h.Addr)
		return appendBool(append(b, byte(h.Lane)), h.Probe)
	})
}

// ReadHello reads a Hello and not a byte more, blocking as in does; it reads at
// most about 1 KiB. The error is ErrNotCohort, a *VersionError (answer it with
// any Welcome, from which the dialer learns the same), an *Error, or that of in.
func ReadHello(in io.Reader) (Hello, error) {
	r, err := readGreeting(in, roleHello)
	if err != nil {
		return Hello{}, err
	}
	h := Hello{
		System: r.fixed64(), Site: r.site(), Name: r.name(), Addr: r.name(), Lane: msg.Lane(r.byte()), Probe: r.bool(),
	}
	r.check(h.Site != 0, "greeting without a site")
	r.check(h.Lane < msg.Lanes, "greeting for an unknown lane")
	if err := r.end(); err != nil {
		return Hello{}, err
	}
	return h, nil
}

// AppendWelcome appends w. It panics on a name or address over MaxName.
func AppendWelcome(buf []byte, w Welcome) []byte {
	return appendGreeting(buf, roleWelcome, func(b []byte) []byte {
		b = binary.LittleEndian.AppendUint64(b, w.System)
		b = appendSite(b, w.Site)
		b = appendName(b, w.Name)
		b = appendName(b, w.Addr)
		b = binary.AppendUvarint(b, w.Got)
		return append(b, byte(w.Refused))
	})
}

// ReadWelcome reads a Welcome as ReadHello does a Hello.
func ReadWelcome(in io.Reader) (Welcome, error) {
	r, err := readGreeting(in, roleWelcome)
	if err != nil {
		return Welcome{}, err
	}
	w := Welcome{
		System: r.fixed64(), Site: r.site(), Name: r.name(), Addr: r.name(), Got: r.uvarint(), Refused: Refusal(r.byte()),
	}
	r.check(w.Site != 0, "greeting without a site")
	r.check(w.Refused <= RefusedBusy, "unknown refusal")
	if err := r.end(); err != nil {
		return Welcome{}, err
	}
	return w, nil
}

func appendGreeting(b []byte, role byte, fields func([]byte) []byte) []byte {
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint16(b, Version)
	b = append(b, role, 0, 0)
	start := len(b)
	b = fields(b)
	binary.LittleEndian.PutUint16(b[start-2:], uint16(len(b)-start))
	return b
}

// readGreeting reads a whole greeting of that role and returns a reader of its
// fields. What does not belong to this version is left unread.
func readGreeting(in io.Reader, role byte) (*reader, error) {
	opening := make([]byte, openingSize)
	n, err := io.ReadFull(in, opening)
	if seen := min(n, len(magic)); string(opening[:seen]) != magic[:seen] {
		return nil, ErrNotCohort
	}
	if err != nil {
		return nil, err
	}
	if v := binary.LittleEndian.Uint16(opening[len(magic):]); v != Version {
		return nil, &VersionError{Ours: Version, Theirs: v}
	}
	head := make([]byte, 3)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, cut(err)
	}
	size := binary.LittleEndian.Uint16(head[1:])
	if head[0] != role {
		return nil, &Error{What: fmt.Sprintf("greeting of role %q in place of %q", head[0], role), At: openingSize}
	}
	if size > maxGreeting {
		return nil, &Error{What: fmt.Sprintf("greeting of %d bytes", size), At: openingSize}
	}
	rest := make([]byte, size)
	if _, err := io.ReadFull(in, rest); err != nil {
		return nil, cut(err)
	}
	return &reader{b: rest, size: len(rest)}, nil
}

// cut turns an end between two parts of a greeting into one inside of it.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
