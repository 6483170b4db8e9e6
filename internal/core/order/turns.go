package order

import (
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// turns is whose records count. In a view the order goes from hand to hand. Who
// has it ends its turn by a span without positions that names another; who is
// named begins its own by one that names itself, once it holds the first. The
// positions are those of one turn after the other: a record that is here before
// the end of the turn before it is kept. Of a turn whose beginning no survivor of
// a view holds, no survivor has used a record, and they count for nothing.
type turns struct {
	lead  int         // whose turn it is, as far as is held here
	began []bool      // by rank: as far as its stream is held, it has the order
	early [][]span    // by rank: records of turns to come
	ends  vclock.Time // of each stream, the last entry that ended one; not changed but replaced
}

func newTurns(n, lead int) turns {
	t := turns{lead: lead, began: make([]bool, n), early: make([][]span, n)}
	if lead >= 0 {
		t.began[lead] = true
	}
	return t
}

// Lead is the rank of the sequencer, as far as is held here, or -1.
func (q *Queue) Lead() int { return q.turns.lead }

// record takes one that has become held, and those that waited for it.
func (q *Queue) record(s span) {
	t := &q.turns
	if s.n == 0 {
		t.began[s.by] = s.rank == s.by
	}
	if s.by != t.lead {
		t.early[s.by] = append(t.early[s.by], s)
		return
	}
	for q.follow(s); len(t.early[t.lead]) > 0; q.follow(s) {
		s = t.early[t.lead][0]
		t.early[t.lead] = fifo.Drop(t.early[t.lead], 1)
	}
}

// follow takes the next record of the turn under way.
func (q *Queue) follow(s span) {
	t := &q.turns
	switch {
	case s.n > 0:
		s.ends = t.ends
		q.spans = append(q.spans, s)
	case s.rank != s.by:
		ends := vclock.New(len(t.began))
		copy(ends, t.ends)
		ends[s.by] = s.at
		t.ends, t.lead = ends, s.rank
		if q.sequencer = nil; t.lead == q.me {
			q.sequencer = q.succeed()
		}
	}
}

// succeed makes of us, who have been named, the sequencer. What has a position is
// in the spans: of each stream the first that are not delivered. Of our own stream
// everything can come now, for it depends on nothing but what we were delivered;
// and it has to, for from here on our Total casts are their own record.
func (q *Queue) succeed() *sequencer {
	s := newSequencer(len(q.heads))
	s.done = q.done.Clone()
	for _, x := range q.spans {
		s.placed[x.rank] += uint64(x.n)
	}
	s.spans = []msg.Span{{Rank: uint16(q.me)}}
	for rank, runs := range q.heads {
		for _, r := range runs {
			if s.add(rank, rank == q.me, r); rank == q.me && r.Order == msg.Total {
				s.give(rank, r.N)
			}
		}
	}
	return s
}
