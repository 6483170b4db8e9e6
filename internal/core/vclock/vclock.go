// Package vclock is vector time within one group view: one counter for each
// rank. Counter k says how many entries of member k's stream have been
// delivered (Birman, Schiper, Stephenson 1991).
package vclock

// Time is a vector time; it has one counter for each rank of its view.
type Time []uint64

// New is the time at which nothing was delivered yet, for n ranks.
func New(n int) Time { return make(Time, n) }

// Clone copies t.
func (t Time) Clone() Time { return append(Time(nil), t...) }

// Covers reports whether everything in u is in t. Both are of one view: what has
// counts for more ranks than t, as a peer may send, is not.
func (t Time) Covers(u Time) bool {
	if len(u) > len(t) {
		return false
	}
	for k, n := range u {
		if t[k] < n {
			return false
		}
	}
	return true
}

// CoversBut is Covers without looking at rank skip: a sender's own stream is
// kept in order by its numbers, not by its time.
func (t Time) CoversBut(u Time, skip int) bool {
	if len(u) > len(t) {
		return false
	}
	for k, n := range u {
		if k != skip && t[k] < n {
			return false
		}
	}
	return true
}

// Merge raises t to the least time that covers both.
func (t Time) Merge(u Time) {
	for k, n := range u {
		t[k] = max(t[k], n)
	}
}

// Equal reports whether t and u are the same time.
func (t Time) Equal(u Time) bool {
	if len(t) != len(u) {
		return false
	}
	for k := range t {
		if t[k] != u[k] {
			return false
		}
	}
	return true
}
