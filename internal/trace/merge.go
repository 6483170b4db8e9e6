package trace

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Merge puts traces of one run into one order. Each trace keeps its own order;
// between traces the earlier time goes first, then the earlier argument. Clocks
// of machines differ, so a delivery also waits for its Send and a Loaded for
// its Snapshot, when some trace has them.
func Merge(traces ...[]Record) []Record {
	merged, _ := merge(traces)
	return merged
}

// merge also tells, for each record, which trace it is from; nil if there is one.
func merge(traces [][]Record) (merged []Record, from []int32) {
	if len(traces) == 1 {
		return traces[0], nil
	}
	m := merger{ever: causes{}, done: causes{}}
	total := 0
	for _, t := range traces {
		total += len(t)
		for i := range t {
			m.ever.note(t[i].Fact)
		}
	}
	merged, from = make([]Record, 0, total), make([]int32, 0, total)
	rest := append([][]Record(nil), traces...)
	for len(merged) < total {
		next := m.pick(rest)
		r := rest[next][0]
		rest[next] = rest[next][1:]
		m.done.note(r.Fact)
		merged, from = append(merged, r), append(from, int32(next))
	}
	return merged, from
}

type merger struct {
	ever, done causes // of all traces; of what has been merged
}

// pick chooses the trace to take the next record from.
func (m *merger) pick(rest [][]Record) int {
	best, bestWaits := -1, false
	for i, t := range rest {
		if len(t) == 0 {
			continue
		}
		waits := m.waits(t[0].Fact)
		if best < 0 || bestWaits && !waits || bestWaits == waits && t[0].Time < rest[best][0].Time {
			best, bestWaits = i, waits
		}
	}
	return best
}

func (m *merger) waits(f fact.Fact) bool {
	k, n := effect(f)
	return n > 0 && n > m.done[k] && n <= m.ever[k]
}

// causes counts, for each stream, the casts sent, and marks snapshots.
type causes map[cause]uint64

// cause names a stream of casts, or a snapshot (when xfer is set).
type cause struct {
	group, proc id.Address
	view, xfer  uint64
}

func (c causes) note(f fact.Fact) {
	switch f := f.(type) {
	case fact.Send:
		k := cause{group: f.Group, proc: f.Proc, view: f.View}
		c[k] = max(c[k], f.First+uint64(f.N)-1)
	case fact.Snapshot:
		c[cause{group: f.Group, proc: f.Proc, xfer: f.Xfer}] = 1
	}
}

// effect says which cause f has, and how far it must have come; 0 is no cause.
func effect(f fact.Fact) (cause, uint64) {
	switch f := f.(type) {
	case fact.Deliver:
		return cause{group: f.Group, proc: f.Sender, view: f.View}, f.First + uint64(f.N) - 1
	case fact.Loaded:
		return cause{group: f.Group, proc: f.From, xfer: f.Xfer}, 1
	}
	return cause{}, 0
}
