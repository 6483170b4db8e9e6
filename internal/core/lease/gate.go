package lease

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fifo"
)

// Closed is what is due at a member that serves no reads, now or any more.
const Closed = ^uint64(0)

// Gate counts, for one member, what its readers have to wait for: casts that
// are safe, whatever their order, and Barrier casts. All that can have been
// finished anywhere in the group the member holds; so a reader that begins when
// Due is n, and looks when all that was due up to n is settled, misses nothing.
//
// The first that is due is the state itself.
type Gate struct {
	due   uint64
	shut  bool
	marks [][]mark // by rank: held, not yet delivered
	kept  []uint64 // due, of what was delivered and is kept unseen, ascending
}

// mark is number due: the run that ends with entry last of its stream.
type mark struct{ last, due uint64 }

// Open returns the gate of a new member.
func Open() Gate { return Gate{due: 1} }

// Turn begins a view of n members. What was due in the last has been delivered,
// or dropped by all.
func (g *Gate) Turn(n int) { g.marks = make([][]mark, n) }

// Hold notes that a run of rank's stream is held, before anybody is told so.
func (g *Gate) Hold(rank int, last uint64) {
	g.due++
	g.marks[rank] = append(g.marks[rank], mark{last, g.due})
}

// DueOf is the number under which the run is due that ends with entry last of
// rank's stream.
func (g *Gate) DueOf(rank int, last uint64) uint64 {
	i := slices.IndexFunc(g.marks[rank], func(m mark) bool { return m.last == last })
	return g.marks[rank][i].due
}

// Keep notes that what is due under a number has left its stream, but not for the
// program yet: it stays due until Forget.
func (g *Gate) Keep(due uint64) {
	at, _ := slices.BinarySearch(g.kept, due)
	g.kept = slices.Insert(g.kept, at, due)
}

// Forget ends what Keep began.
func (g *Gate) Forget(due uint64) {
	if i, ok := slices.BinarySearch(g.kept, due); ok {
		g.kept = slices.Delete(g.kept, i, i+1)
	}
}

// Due is what a reader that begins now waits for.
func (g *Gate) Due() uint64 {
	if g.shut {
		return Closed
	}
	return g.due
}

// Close lets no reader in any more.
func (g *Gate) Close() { g.shut = true }

// Reopen lets readers in again, at a member that did not have to go: what was
// due meanwhile has been counted.
func (g *Gate) Reopen() { g.shut = false }

// Settled is how much of what was due has been delivered, when so much of each
// stream has.
func (g *Gate) Settled(done []uint64) uint64 {
	if g.shut {
		return 0
	}
	settled := g.due
	if len(g.kept) > 0 {
		settled = g.kept[0] - 1
	}
	for rank, list := range g.marks {
		n := 0
		for n < len(list) && list[n].last <= done[rank] {
			n++
		}
		if list = fifo.Drop(list, n); len(list) > 0 {
			settled = min(settled, list[0].due-1)
		}
		g.marks[rank] = list
	}
	return settled
}
