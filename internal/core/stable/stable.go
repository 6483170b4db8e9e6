// Package stable knows, for one group view, which entries every member holds
// and which every member has used up.
//
// Held makes casts stable: they need not be kept, and safe ones may be
// delivered. Used gives the sender credit. They are separate counts: a member
// holds what its program has yet to handle.
//
// Requires: what is told of a member is no more than it holds.
// Guarantees: both minima only grow; an old or repeated acknowledgement changes
// nothing.
package stable

import "slices"

// Matrix is one row of counts for each member, by rank.
type Matrix struct {
	held, used [][]uint64
	stable     []uint64 // column minima of held
	spent      []uint64 // column minima of used
	clear      []uint64 // the newest view of which nothing, nor of those before, is unused
}

// New returns the matrix of a view of n members.
func New(n int) *Matrix {
	m := &Matrix{
		held: make([][]uint64, n), used: make([][]uint64, n),
		stable: make([]uint64, n), spent: make([]uint64, n), clear: make([]uint64, n),
	}
	for i := range n {
		m.held[i], m.used[i] = make([]uint64, n), make([]uint64, n)
	}
	return m
}

// Held raises the row of rank and reports whether anything became stable.
func (m *Matrix) Held(rank int, counts []uint64) bool {
	return raise(m.held, m.stable, rank, counts)
}

// Used raises the row of rank and reports whether the minima grew.
func (m *Matrix) Used(rank int, counts []uint64) bool {
	return raise(m.used, m.spent, rank, counts)
}

func raise(rows [][]uint64, minima []uint64, rank int, counts []uint64) (grew bool) {
	if len(counts) != len(minima) {
		return false
	}
	for s, n := range counts {
		if n <= rows[rank][s] {
			continue
		}
		was := rows[rank][s]
		rows[rank][s] = n
		if was > minima[s] {
			continue // was not the least
		}
		least := n
		for _, row := range rows {
			least = min(least, row[s])
		}
		if least > minima[s] {
			minima[s] = least
			grew = true
		}
	}
	return grew
}

// Stable is how much of each stream every member holds. Do not change it.
func (m *Matrix) Stable() []uint64 { return m.stable }

// Spent is how much of each stream every member has used. Do not change it.
func (m *Matrix) Spent() []uint64 { return m.spent }

// Clear notes that rank has used all of a view and those before it.
func (m *Matrix) Clear(rank int, view uint64) { m.clear[rank] = max(m.clear[rank], view) }

// ClearOf is the newest view of which, and of those before it, rank has used all.
func (m *Matrix) ClearOf(rank int) uint64 { return m.clear[rank] }

// Cleared is the newest view of which, and of those before it, every member has used
// all.
func (m *Matrix) Cleared() uint64 { return slices.Min(m.clear) }

// AllClear reports whether every member has used all of the views before one.
func (m *Matrix) AllClear(before uint64) bool { return m.Cleared()+1 >= before }

// Lacking lists the ranks that are not known to hold all of need.
func (m *Matrix) Lacking(need []uint64) []int {
	var ranks []int
	for rank, row := range m.held {
		for s, n := range need {
			if row[s] < n {
				ranks = append(ranks, rank)
				break
			}
		}
	}
	return ranks
}

// Unused lists the ranks that are not known to have used rank's stream up to count.
func (m *Matrix) Unused(rank int, count uint64) []int {
	var ranks []int
	for r, row := range m.used {
		if row[rank] < count {
			ranks = append(ranks, r)
		}
	}
	return ranks
}

// Unclear lists the ranks that are not known to have used all of the views before one.
func (m *Matrix) Unclear(before uint64) []int {
	var ranks []int
	for rank, view := range m.clear {
		if view+1 < before {
			ranks = append(ranks, rank)
		}
	}
	return ranks
}
