package load

import "time"

// slot is the resolution of a timeline.
const slot = 100 * time.Microsecond

// timeline notes in which slots of time something happened, a bit each: 1.2 kB
// for a second.
type timeline struct {
	begin time.Time
	bits  []uint64
}

// mark notes that it happened at a time; before the beginning does not count.
func (l *timeline) mark(at time.Time) {
	i := int(at.Sub(l.begin) / slot)
	if i < 0 {
		return
	}
	for len(l.bits) <= i/64 {
		l.bits = append(l.bits, 0)
	}
	l.bits[i/64] |= 1 << (i % 64)
}

// longest is the longest time, until end, in which it did not happen after it
// had first.
func (l *timeline) longest(end time.Time) time.Duration {
	last, most := -1, 0
	for i := range len(l.bits) * 64 {
		if l.bits[i/64] == 0 && i%64 == 0 {
			continue
		}
		if l.bits[i/64]&(1<<(i%64)) != 0 {
			if last >= 0 {
				most = max(most, i-last)
			}
			last = i
		}
	}
	if last >= 0 {
		most = max(most, int(end.Sub(l.begin)/slot)-last)
	}
	return time.Duration(most) * slot
}
