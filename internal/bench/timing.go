package bench

import (
	"encoding/binary"
	"slices"
	"time"
)

// timing is how long a cast took to be delivered here.
type timing struct {
	seq  uint64
	took time.Duration
}

// timings are those of one sender's casts to one group, spread over all of the run:
// when there is room for no more, every second one goes, and from there on every
// second one is left out. Which are kept goes by their numbers, so that members keep
// the same casts.
type timings struct {
	list  []timing
	every uint64 // casts whose number this divides are kept
}

// keptTimings bounds the list.
const keptTimings = 1 << 18

func (k *timings) add(t timing) {
	if t.seq%k.every != 0 {
		return
	}
	if len(k.list) == keptTimings {
		k.every *= 2
		k.list = slices.DeleteFunc(k.list, func(t timing) bool { return t.seq%k.every != 0 })
	}
	if t.seq%k.every == 0 {
		k.list = append(k.list, t)
	}
}

// timingSize is of one timing as bytes: the sender and its number, and
// nanoseconds up to 4.29 s.
const timingSize = 8 + 4

// timings are those of a group as bytes, in pieces of at most so many. The call
// follows the last delivery.
func (l *ledger) timings(group, most int, tell func([]byte)) {
	var b []byte
	for r := range l.groups[group].lanes {
		for _, t := range l.groups[group].lanes[r].times.list {
			b = binary.LittleEndian.AppendUint64(b, t.seq<<16|uint64(r))
			b = binary.LittleEndian.AppendUint32(b, uint32(min(max(t.took, 0), 1<<32-1)))
			if len(b) >= most*timingSize {
				tell(b)
				b = b[:0]
			}
		}
	}
	if len(b) > 0 {
		tell(b)
	}
}
