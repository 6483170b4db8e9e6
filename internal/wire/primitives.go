package wire

import (
	"encoding/binary"
	"fmt"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Bounds of strings, in bytes. Names are checked where they enter the system;
// texts are for people, and a longer one loses its end when it is sent.
const (
	MaxName = 255
	MaxText = 1024
)

// maxRanks bounds lists with one element for each rank: a rank has 16 bits.
const maxRanks = 1 << 16

// Failures with more than one place.
const (
	short    = "ends too early"
	longList = "list longer than the frame"
)

func appendAddr(b []byte, a id.Address) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(a))
}

func appendSite(b []byte, s id.Site) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(s))
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendCounts(b []byte, counts []uint64) []byte {
	b = binary.AppendUvarint(b, uint64(len(counts)))
	for _, n := range counts {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

// appendName panics on a name that no peer would take: sent, it would break
// every connection it is repeated on.
func appendName(b []byte, s string) []byte {
	if len(s) > MaxName {
		panic(fmt.Sprintf("wire: name of %d bytes, at most %d", len(s), MaxName))
	}
	return appendString(b, s)
}

func appendText(b []byte, s string) []byte {
	if len(s) > MaxText {
		end := MaxText
		for end > MaxText-3 && s[end]&0xC0 == 0x80 { // inside of a character
			end--
		}
		s = s[:end]
	}
	return appendString(b, s)
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// reader takes values off the front of a frame. The first failure empties it,
// so that all later reads fail and give zeros: callers check err once, at the
// end. It takes only the one form that the append functions write.
type reader struct {
	b    []byte
	size int      // length of the whole frame
	kind msg.Kind // message being read; 0 outside of any
	err  *Error
	data *dataFrame // what is read is in there if it is a msg.Data,
	rows []uint64   // and its counts in here as long as there is room
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = &Error{Kind: r.kind, What: what, At: r.size - len(r.b)}
	}
	r.b = nil
}

// check fails with what unless ok.
func (r *reader) check(ok bool, what string) {
	if !ok {
		r.fail(what)
	}
}

// end fails unless all bytes were read, and returns the error as such.
func (r *reader) end() error {
	r.check(len(r.b) == 0, "bytes after the end")
	if r.err != nil {
		return r.err
	}
	return nil
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail(short)
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) fixed64() uint64 {
	if len(r.b) < 8 {
		r.fail(short)
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *reader) uvarint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		v := r.b[0]
		r.b = r.b[1:]
		return uint64(v)
	}
	return r.longUvarint()
}

func (r *reader) longUvarint() uint64 {
	v, w := binary.Uvarint(r.b)
	switch {
	case w == 0:
		r.fail(short)
		return 0
	case w < 0:
		r.fail("number over 64 bits")
		return 0
	case r.b[w-1] == 0:
		r.fail("number longer than needed")
		return 0
	}
	r.b = r.b[w:]
	return v
}

// upTo reads a number that is at most limit.
func (r *reader) upTo(limit uint64, what string) uint64 {
	v := r.uvarint()
	if v > limit {
		r.fail(what)
		return 0
	}
	return v
}

func (r *reader) uint32() uint32 { return uint32(r.upTo(1<<32-1, "number over 32 bits")) }

func (r *reader) rank() uint16 { return uint16(r.upTo(maxRanks-1, "rank out of range")) }

func (r *reader) bool() bool { return r.flags(1) != 0 }

// flags reads a byte in which only the bits of mask may be set.
func (r *reader) flags(mask byte) byte {
	v := r.byte()
	if v&^mask != 0 {
		r.fail("unknown flag")
		return 0
	}
	return v
}

func (r *reader) addr() id.Address { return id.Address(r.fixed64()) }

func (r *reader) site() id.Site {
	s := id.Site(r.fixed64())
	if s > id.MaxSite {
		r.fail("site out of range")
		return 0
	}
	return s
}

// bytes takes the next n bytes without copying; nil for none.
func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fail(short)
		return nil
	}
	if n == 0 {
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// rest takes all that is left, without copying; nil for nothing.
func (r *reader) rest() []byte { return r.bytes(uint64(len(r.b))) }

func (r *reader) name() string { return string(r.bytes(r.upTo(MaxName, "name too long"))) }

func (r *reader) text() string { return string(r.bytes(r.upTo(MaxText, "text too long"))) }

// length reads the length of a list whose elements take at least size bytes
// each. It fails, and gives 0, when the rest of the frame cannot hold as many:
// nothing is allocated on a peer's word alone.
func (r *reader) length(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.b)/size) {
		r.fail(longList)
		return 0
	}
	return int(n)
}

// slots reads the length of such a list and makes room for it; nil for none.
func slots[T any](r *reader, size int) []T {
	if n := r.length(size); n > 0 {
		return make([]T, n)
	}
	return nil
}

// counts reads a list with one number for each rank; nil for none.
func (r *reader) counts() []uint64 {
	n := r.upTo(maxRanks, "more counts than ranks")
	if n > uint64(len(r.b)) {
		r.fail(longList)
		return nil
	}
	if n == 0 {
		return nil
	}
	var out []uint64
	if n <= uint64(len(r.rows)) {
		out, r.rows = r.rows[:n:n], r.rows[n:]
	} else {
		out = make([]uint64, n)
	}
	for i := range out {
		out[i] = r.uvarint()
	}
	return out
}
