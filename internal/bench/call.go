package bench

import (
	"encoding/binary"
	"slices"
	"time"
)

// Call is a call that was measured.
type Call struct {
	Group, Caller int
	Seq           uint64          // of the caller's casts to the group, from 0
	At            int64           // when it was made, nanoseconds since 1970
	Took          time.Duration   // until its caller had the replies
	Handled       []time.Duration // from At to the handler of each rank
}

// call is what its caller knows of it.
type call struct {
	group int
	seq   uint64
	at    int64
	took  time.Duration
}

// calls are those that a worker has made.
type calls []call

// callSize is of one call as bytes: its number, when it was made, and how long it
// took.
const callSize = 3 * 8

// tell tells the calls to a group as bytes, in pieces of at most so many.
func (list calls) tell(group, most int, tell func([]byte)) {
	var b []byte
	for _, c := range list {
		if c.group != group {
			continue
		}
		b = binary.LittleEndian.AppendUint64(b, c.seq)
		b = binary.LittleEndian.AppendUint64(b, uint64(c.at))
		b = binary.LittleEndian.AppendUint64(b, uint64(c.took))
		if len(b) >= most*callSize {
			tell(b)
			b = b[:0]
		}
	}
	if len(b) > 0 {
		tell(b)
	}
}

// appendCalls appends what tell has told.
func appendCalls(list []Call, group, caller int, b []byte) []Call {
	for ; len(b) >= callSize; b = b[callSize:] {
		list = append(list, Call{
			Group: group, Caller: caller, Seq: binary.LittleEndian.Uint64(b),
			At: int64(binary.LittleEndian.Uint64(b[8:])), Took: time.Duration(binary.LittleEndian.Uint64(b[16:])),
		})
	}
	return list
}

// called are the calls of a run, with when they were handled: those of which all
// is known.
func (r *running) called() ([]Call, Times) {
	var took []time.Duration
	known := r.calls[:0]
	for _, c := range r.calls {
		c.Handled = r.times[castKey{c.Group, c.Seq<<16 | uint64(c.Caller)}]
		if c.Handled == nil || slices.Contains(c.Handled, 0) {
			continue
		}
		known, took = append(known, c), append(took, c.Took)
	}
	return known, newTimes(took)
}
