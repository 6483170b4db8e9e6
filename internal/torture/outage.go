package torture

import (
	"slices"
	"time"
)

// majority is when a majority was up and connected: spans of milliseconds since
// 1970, the last one perhaps without an end.
type majority struct {
	spans [][2]int64
	open  bool
}

// begin says that from now on there is a majority.
func (m *majority) begin(now time.Time) {
	if !m.open {
		m.spans, m.open = append(m.spans, [2]int64{now.UnixMilli(), 0}), true
	}
}

// end says that there is none any more.
func (m *majority) end(now time.Time) {
	if m.open {
		m.spans[len(m.spans)-1][1], m.open = now.UnixMilli(), false
	}
}

// longest is the longest time in which nothing succeeded although there was a
// majority, and since when, in milliseconds, of the times of successes.
func (m *majority) longest(times []int64) (longest, since int64) {
	times = slices.Sorted(slices.Values(times))
	for _, s := range m.spans {
		i, _ := slices.BinarySearch(times, s[0])
		last := s[0]
		for ; i < len(times) && times[i] < s[1]; i++ {
			if d := times[i] - last; d > longest {
				longest, since = d, last
			}
			last = times[i]
		}
		if d := s[1] - last; d > longest {
			longest, since = d, last
		}
	}
	return longest, since
}
