package order

import (
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// sequencer plays delivery forward, as if everything held were safe already,
// and gives positions in the order in which Total casts come up.
type sequencer struct {
	done vclock.Time  // as far as the play has come
	todo [][]*msg.Run // by rank: held, not yet played
	more bool
}

func newSequencer(n int) *sequencer {
	return &sequencer{done: vclock.New(n), todo: make([][]*msg.Run, n)}
}

// add takes entries that have become held. The sequencer's own need no play:
// it sent them with all that they depend on behind it.
func (s *sequencer) add(rank int, own bool, r *msg.Run) {
	if own {
		s.done[rank] = r.Last()
	} else {
		s.todo[rank] = append(s.todo[rank], r)
	}
	s.more = true
}

// schedule plays as far as it goes.
func (s *sequencer) schedule() []msg.Span {
	var spans []msg.Span
	for s.more {
		s.more = false
		for rank := range s.todo {
			for len(s.todo[rank]) > 0 {
				r := s.todo[rank][0]
				if r.Order == msg.Barrier || !s.done.CoversBut(r.Time, rank) {
					break
				}
				if r.Order == msg.Total {
					spans = extend(spans, uint16(rank), r.N)
				}
				s.done[rank] = r.Last()
				s.todo[rank] = fifo.Drop(s.todo[rank], 1)
				s.more = true
			}
		}
	}
	return spans
}

// extend appends n positions for rank, in the last span if it is rank's.
func extend(spans []msg.Span, rank uint16, n uint32) []msg.Span {
	if last := len(spans) - 1; last >= 0 && spans[last].Rank == rank {
		spans[last].N += n
		return spans
	}
	return append(spans, msg.Span{Rank: rank, N: n})
}
