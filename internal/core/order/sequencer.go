package order

import (
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// sequencer plays delivery forward, as if everything held were safe already,
// and gives positions in the order in which Total casts come up: one in which it
// could itself deliver. So positions never contradict causality, and nobody waits
// in a circle.
//
// It is at first the oldest member that holds the state. When so many records in
// a row have been for one other member, and no Total cast of its own came between,
// the order goes to that one, whose casts then need no record: one that casts
// alone has them delivered after one hop and not two, and at once at itself.
// Where several cast it stays, and a change of hands costs what one record does.
type sequencer struct {
	done   vclock.Time  // as far as the play has come
	todo   [][]*msg.Run // by rank: held, not yet played
	placed []uint64     // by rank: how many of the Total casts to come have a position
	spans  []msg.Span   // given, and in no record yet
	more   bool

	only int // whom the last records were for,
	row  int // and how many of them
}

func newSequencer(n int) *sequencer {
	return &sequencer{done: vclock.New(n), todo: make([][]*msg.Run, n), placed: make([]uint64, n), only: nobody}
}

// add takes entries that have become held. The sequencer's own need no play:
// it sent them with all that they depend on behind it.
func (s *sequencer) add(rank int, own bool, r *msg.Run) {
	s.more = true
	if !own {
		s.todo[rank] = append(s.todo[rank], r)
		return
	}
	s.done[rank] = r.Last()
	if r.Order == msg.Total {
		s.row = 0
	}
}

// Sequence returns, on the sequencer, positions for the Total casts of others
// that can have one now, nil when there are none. They take effect when they
// come back by Add, in a run of the sequencer's own stream.
func (q *Queue) Sequence() []msg.Span {
	s := q.sequencer
	if s == nil {
		return nil
	}
	s.schedule()
	spans := s.spans
	s.spans = nil
	if heir := s.alone(spans); heir != q.me && s.row >= max(1, q.tenure) && q.heirs[heir] {
		spans = append(spans, msg.Span{Rank: uint16(heir)})
	}
	return spans
}

// schedule plays as far as it goes.
func (s *sequencer) schedule() {
	for s.more {
		s.more = false
		for rank := range s.todo {
			for len(s.todo[rank]) > 0 {
				r := s.todo[rank][0]
				if r.Order == msg.Barrier || !s.done.CoversBut(r.Time, rank) {
					break
				}
				if r.Order == msg.Total {
					s.give(rank, r.N)
				}
				s.done[rank] = r.Last()
				s.todo[rank] = fifo.Drop(s.todo[rank], 1)
				s.more = true
			}
		}
	}
}

// give gives the next n Total casts of rank positions, but for those that have one.
func (s *sequencer) give(rank int, n uint32) {
	has := min(s.placed[rank], uint64(n))
	s.placed[rank] -= has
	n -= uint32(has)
	switch last := len(s.spans) - 1; {
	case n == 0:
	case last >= 0 && s.spans[last].N > 0 && int(s.spans[last].Rank) == rank:
		s.spans[last].N += n
	default:
		s.spans = append(s.spans, msg.Span{Rank: uint16(rank), N: n})
	}
}

// alone counts the records in a row that are for one member, and returns whom.
func (s *sequencer) alone(spans []msg.Span) int {
	for _, x := range spans {
		if int(x.Rank) != s.only {
			s.only, s.row = int(x.Rank), 0
		}
	}
	if len(spans) > 0 {
		s.row++
	}
	return s.only
}
