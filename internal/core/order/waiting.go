package order

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// Hold is what keeps a run from being delivered.
type Hold uint8

// The holds. ByPast: a cast that its sender had been delivered has not been here.
// ByGroup: one of another group. ByTurn: it has a position, and those before it
// are not taken. ByAcks: it is safe, and not all are known to hold what they must.
const (
	ByPast Hold = iota + 1
	ByGroup
	ByPosition
	ByTurn
	ByAcks
	ByEnd
)

// Waiting is a run at the head of its stream that cannot be delivered now.
type Waiting struct {
	Rank   int
	Run    *msg.Run
	Behind int // entries of the stream that are held after its first
	Hold   Hold

	Sender int         // ByPast, ByTurn: whose cast has to come first
	Cast   uint64      // and its number
	Group  id.Address  // ByGroup
	Need   vclock.Time // ByAcks: what every member has to hold
}

// Waiting lists what is held and cannot be delivered, by rank. It changes
// nothing, and is for people: delivery does not ask it.
func (q *Queue) Waiting(stable []uint64) []Waiting {
	var list []Waiting
	for rank, runs := range q.heads {
		w := Waiting{Rank: rank, Behind: -1}
		for _, r := range runs {
			if r.Order == msg.Sequence {
				continue
			}
			if w.Run == nil {
				w.Run = r
			}
			w.Behind += int(r.N)
		}
		if w.Run != nil && q.explain(&w, stable) {
			list = append(list, w)
		}
	}
	return list
}

// Behind reports whether who has the order, as far as is held here, is known to
// have given it on: records of later turns are here.
func (q *Queue) Behind() bool {
	return slices.ContainsFunc(q.turns.early, func(list []span) bool { return len(list) > 0 })
}

// explain finds what holds w back, and reports false when nothing does.
func (q *Queue) explain(w *Waiting, stable []uint64) bool {
	r := w.Run
	if k := slices.IndexFunc(q.ranksBut(r.Time, w.Rank), func(lacks bool) bool { return lacks }); k >= 0 {
		w.Hold, w.Sender, w.Cast = ByPast, k, q.done[k]+1
		return true
	}
	for _, d := range r.Deps {
		if !q.past([]msg.Dep{d}) {
			w.Hold, w.Group = ByGroup, d.Group
			return true
		}
	}
	need := vclock.New(len(q.done))
	if r.Time != nil {
		copy(need, r.Time)
	} else {
		copy(need, q.last[w.Rank])
	}
	need[w.Rank] = r.First
	if r.Order == msg.Total {
		at := slices.IndexFunc(q.spans, func(s span) bool { return s.rank == w.Rank })
		switch {
		case at < 0:
			w.Hold = ByPosition
			return true
		case at > 0:
			w.Hold, w.Sender = ByTurn, q.spans[0].rank
			w.Cast = q.done[w.Sender] + 1
			return true
		}
		need[q.spans[0].by] = max(need[q.spans[0].by], q.spans[0].at)
		need.Merge(q.spans[0].ends)
	}
	switch {
	case r.Order == msg.Barrier && q.ends == nil:
		w.Hold = ByEnd
	case r.Safe && q.ends == nil && (stable == nil || !vclock.Time(stable).Covers(need)):
		w.Hold, w.Need = ByAcks, need
	default:
		return false
	}
	return true
}

// ranksBut says of each rank but one whether less of it was delivered than t has.
func (q *Queue) ranksBut(t vclock.Time, but int) []bool {
	lacks := make([]bool, len(t))
	for k, n := range t {
		lacks[k] = k != but && q.done[k] < n
	}
	return lacks
}
