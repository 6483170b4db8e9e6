package check

import (
	"fmt"
	"sort"
	"strings"
)

// span is the numbers lo to hi, both included.
type span struct{ lo, hi uint64 }

func (x span) String() string {
	if x.lo == x.hi {
		return fmt.Sprint(x.lo)
	}
	return fmt.Sprintf("%d-%d", x.lo, x.hi)
}

// set is a set of numbers as ascending spans that do not touch. Numbers are
// mostly added at the end, which is cheap.
type set []span

// from is the index of the first span that ends at n or later.
func (s set) from(n uint64) int {
	if k := len(s); k == 0 || s[k-1].hi < n {
		return k
	}
	return sort.Search(len(s), func(i int) bool { return s[i].hi >= n })
}

// meets tells whether s has a number of x.
func (s set) meets(x span) bool {
	i := s.from(x.lo)
	return i < len(s) && s[i].lo <= x.hi
}

// has tells whether s has every number of x.
func (s set) has(x span) bool {
	i := s.from(x.lo)
	return i < len(s) && s[i].lo <= x.lo && s[i].hi >= x.hi
}

// add puts the numbers of x into s.
func (s *set) add(x span) {
	old := *s
	lo := old.from(max(x.lo, 1) - 1) // the first that x meets or touches
	hi := lo
	for hi < len(old) && old[hi].lo <= x.hi+1 {
		x.lo, x.hi = min(x.lo, old[hi].lo), max(x.hi, old[hi].hi)
		hi++
	}
	if lo == len(old) {
		*s = append(old, x)
		return
	}
	if hi == lo {
		*s = append(old, span{})
		copy((*s)[lo+1:], (*s)[lo:])
		(*s)[lo] = x
		return
	}
	old[lo] = x
	*s = append(old[:lo+1], old[hi:]...)
}

// minus is s without the numbers of t.
func (s set) minus(t set) set {
	var rest set
	for _, x := range s {
		for i := t.from(x.lo); i < len(t) && t[i].lo <= x.hi; i++ {
			if t[i].lo > x.lo {
				rest = append(rest, span{x.lo, t[i].lo - 1})
			}
			if t[i].hi >= x.hi {
				x.lo = x.hi + 1
				break
			}
			x.lo = t[i].hi + 1
		}
		if x.lo <= x.hi {
			rest = append(rest, x)
		}
	}
	return rest
}

// upto is s without the numbers above n.
func (s set) upto(n uint64) set {
	i := s.from(n)
	if i == len(s) {
		return s
	}
	kept := s[:i:i]
	if s[i].lo <= n {
		kept = append(kept, span{s[i].lo, n})
	}
	return kept
}

func (s set) equal(t set) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if s[i] != t[i] {
			return false
		}
	}
	return true
}

// clone is a copy that shares nothing with s.
func (s set) clone() set { return append(set(nil), s...) }

// String names at most four spans: "1-3, 7".
func (s set) String() string {
	var parts []string
	for i, x := range s {
		if i == 4 {
			parts = append(parts, "...")
			break
		}
		parts = append(parts, x.String())
	}
	return strings.Join(parts, ", ")
}
