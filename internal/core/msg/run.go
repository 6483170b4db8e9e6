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

// castOverhead stands for the work that each cast is, so that a window of small ones
// takes no longer to be used than one of large ones: a view change waits for that.
const castOverhead = 96

// AppendCast appends one cast's payload to a body.
func AppendCast(body, payload []byte) []byte {
	return append(binary.AppendUvarint(body, uint64(len(payload))), payload...)
}

// Long is from where on the length of a payload takes more than one byte.
const Long = 0x80

// CastSize is how many bytes a payload of n takes in a body.
func CastSize(n int) int {
	if n < Long {
		return n + 1
	}
	return n + (bits.Len64(uint64(n))+6)/7
}

// NextCast takes the first payload off a body. ok is false when the body is
// empty or malformed.
func NextCast(body []byte) (payload, rest []byte, ok bool) {
	from, to := CastAt(body, 0)
	if to > len(body) {
		return nil, nil, false
	}
	return body[from:to:to], body[to:], true
}

// CastAt is where the payload is whose length is at a place in a body. It ends
// behind the body if that is malformed, or ends before.
func CastAt(body []byte, at int) (from, to int) {
	if at < len(body) && body[at] < Long { // as most are where there are many
		return at + 1, at + 1 + int(body[at])
	}
	return longCastAt(body, at)
}

func longCastAt(body []byte, at int) (from, to int) {
	n, w := binary.Uvarint(body[min(at, len(body)):])
	if w <= 0 || n > uint64(len(body)-at-w) {
		return at, len(body) + 1
	}
	return at + w, at + w + int(n)
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

// WellFormed reports whether the body holds exactly N payloads. Where those are short
// each is taken to be as long as the one before, until its length says otherwise: so
// a processor need not have one length to look for the next.
func (r *Run) WellFormed() bool {
	at, like := 0, -1
	for range r.N {
		if at >= len(r.Body) {
			return false
		}
		if first := int(r.Body[at]); first != like {
			n, w := binary.Uvarint(r.Body[at:])
			if w <= 0 || n > uint64(len(r.Body)-at-w) {
				return false
			}
			if first >= Long {
				at += w + int(n)
				continue
			}
			like = first
		}
		at += 1 + like
	}
	return at == len(r.Body)
}
