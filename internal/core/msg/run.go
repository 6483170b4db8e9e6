package msg

import (
	"encoding/binary"
	"math/bits"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// A Run is the unit of everything: consecutive entries of one member's stream
// that share one header, so that headers, order records, acknowledgements and
// retention cost per run and not per cast.
type Run struct {
	First uint64 // number of the first entry
	N     uint32
	Order Order
	Safe  bool
	Call  bool        // a reply is expected to each
	Time  vclock.Time // what the sender had delivered; nil for FIFO and Sequence
	Spans []Span      // Sequence only, and then N is 1 and Body empty
	Deps  []Dep       // of other groups, what must come first
	Clock uint64      // after that of all the sender had seen, in any group; 0 for FIFO and Sequence

	Origin id.Address // process outside the group for whom the sender relays, or 0
	OFirst uint64     // its number for the first

	Session *Session // nil unless it is a session's
	Listed  *Listed  // nil unless it is part of a cast to a list

	// Body is N times a length (uvarint) and so many bytes.
	Body []byte
	Loan Loan // the memory Body is in, when somebody wants it back
}

// A Dep is the past of a cast in another group: of its view View, and all before,
// the first Time entries of each rank. Who is a member there delivers those first.
// With Group 0 it is of casts to lists, up to number View.
type Dep struct {
	Group id.Address
	View  uint64
	Time  vclock.Time
}

// Clone returns a copy.
func (d Dep) Clone() Dep { return Dep{d.Group, d.View, d.Time.Clone()} }

// Merge raises d to what d and e say together. Both are of one group; who has
// come to a later view is done with all earlier ones.
func (d *Dep) Merge(e Dep) {
	switch {
	case e.View > d.View:
		*d = e.Clone()
	case e.View == d.View && len(e.Time) == len(d.Time):
		d.Time.Merge(e.Time)
	}
}

// Covers reports whether e demands nothing that d does not.
func (d Dep) Covers(e Dep) bool {
	return d.View > e.View || (d.View == e.View && len(d.Time) == len(e.Time) && d.Time.Covers(e.Time))
}

// Last is the number of the last entry.
func (r *Run) Last() uint64 { return r.First + uint64(r.N) - 1 }

// Size is what the run counts for in windows and bounds, in bytes: the same
// however its casts are put together in runs.
func (r *Run) Size() int { return Weight(int(r.N), len(r.Body)) }

// Weight is the size of a run of n casts with a body of so many bytes.
func Weight(n, bytes int) int { return bytes + n*castOverhead }

// castOverhead stands for header and bookkeeping, so that empty casts are not free.
const castOverhead = 64

// AppendCast appends one cast's payload to a body.
func AppendCast(body, payload []byte) []byte { return AppendParts(body, payload, nil) }

// AppendParts appends one cast to a body, whose payload is head and then rest.
func AppendParts(body, head, rest []byte) []byte {
	body = binary.AppendUvarint(body, uint64(len(head)+len(rest)))
	return append(append(body, head...), rest...)
}

// CastSize is how many bytes a payload of n takes in a body.
func CastSize(n int) int { return n + (bits.Len64(uint64(n)|1)+6)/7 }

// NextCast takes the first payload off a body. ok is false when the body is
// empty or malformed.
func NextCast(body []byte) (payload, rest []byte, ok bool) {
	if len(body) > 0 && body[0] < 0x80 { // short, as most are where there are many
		if end := 1 + int(body[0]); end <= len(body) {
			return body[1:end:end], body[end:], true
		}
	}
	n, w := binary.Uvarint(body)
	if w <= 0 || n > uint64(len(body)-w) {
		return nil, nil, false
	}
	end := w + int(n)
	return body[w:end:end], body[end:], true
}

// Cut splits the run after its first k entries, 0 < k < N. Both halves share
// the body's bytes.
func (r *Run) Cut(k uint32) (head, tail *Run) {
	rest := r.Body
	for range k {
		_, next, ok := NextCast(rest)
		if !ok {
			break
		}
		rest = next
	}
	n := len(r.Body) - len(rest)
	h, t := *r, *r
	h.N, h.Body = k, r.Body[:n:n]
	t.First, t.N, t.Body = r.First+uint64(k), r.N-k, rest
	if r.Origin != 0 {
		t.OFirst += uint64(k)
	}
	return &h, &t
}

// WellFormed reports whether the body holds exactly N payloads.
func (r *Run) WellFormed() bool {
	rest := r.Body
	for range r.N {
		n, w := uint64(0), 1
		if len(rest) > 0 && rest[0] < 0x80 {
			n = uint64(rest[0])
		} else if n, w = binary.Uvarint(rest); w <= 0 {
			return false
		}
		if n > uint64(len(rest)-w) {
			return false
		}
		rest = rest[w+int(n):]
	}
	return len(rest) == 0
}
