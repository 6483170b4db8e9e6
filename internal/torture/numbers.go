package torture

import "sort"

// numbers is a set of numbers as ascending spans, first and last of each, which
// neither touch nor overlap. Numbers that are given in sequence take little.
type numbers [][2]uint64

// find is the index of the first span that ends at n or later.
func (s numbers) find(n uint64) int {
	return sort.Search(len(s), func(i int) bool { return s[i][1] >= n })
}

// has reports whether n is in the set.
func (s numbers) has(n uint64) bool {
	i := s.find(n)
	return i < len(s) && s[i][0] <= n
}

// add puts n into the set, and reports false when it was there.
func (s *numbers) add(n uint64) bool {
	i := s.find(n)
	list := *s
	if i < len(list) && list[i][0] <= n {
		return false
	}
	before := i > 0 && list[i-1][1]+1 == n
	after := i < len(list) && list[i][0] == n+1
	switch {
	case before && after:
		list[i-1][1] = list[i][1]
		*s = append(list[:i], list[i+1:]...)
	case before:
		list[i-1][1] = n
	case after:
		list[i][0] = n
	default:
		list = append(list, [2]uint64{})
		copy(list[i+1:], list[i:])
		list[i] = [2]uint64{n, n}
		*s = list
	}
	return true
}

// count is how many numbers the set has.
func (s numbers) count() (n uint64) {
	for _, x := range s {
		n += x[1] - x[0] + 1
	}
	return n
}

// minus lists the numbers of s that are not in other.
func (s numbers) minus(other numbers) (list []uint64) {
	for _, x := range s {
		for n := x[0]; n <= x[1]; n++ {
			if !other.has(n) {
				list = append(list, n)
			}
		}
	}
	return list
}
