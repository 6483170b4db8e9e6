// Package mcast holds the streams of one group view: of every member the
// entries received so far, without gaps, until all members hold them.
//
// Requires: each sender's entries arrive in order; what a third member
// forwards overlaps or continues what is held.
// Guarantees: an entry is held once; what is held can be forwarded until it is
// released; nothing of a closed stream is taken but what is forwarded.
package mcast

import (
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Streams are the streams of one view, by rank.
type Streams struct {
	streams []stream
}

type stream struct {
	held    uint64     // entries 1 … held are here or were released
	runs    []*msg.Run // not yet released, in order
	closed  bool       // the sender was removed
	partial *partial   // a large cast of the sender itself
	forward *partial   // one that somebody forwards
}

// partial is a large cast of which pieces are still to come.
type partial struct {
	run  msg.Run
	body []byte
	next uint64
}

// MaxCast is the largest payload of one cast, in bytes.
const MaxCast = 64 << 20

// New returns empty streams for a view of n members.
func New(n int) *Streams { return &Streams{streams: make([]stream, n)} }

// Held is how many entries of rank's stream are held.
func (s *Streams) Held(rank int) uint64 { return s.streams[rank].held }

// Vector copies what is held of every stream.
func (s *Streams) Vector() []uint64 {
	v := make([]uint64, len(s.streams))
	for i := range s.streams {
		v[i] = s.streams[i].held
	}
	return v
}

// Close ends what rank itself may add to its stream.
func (s *Streams) Close(rank int) {
	s.streams[rank].closed = true
	s.streams[rank].partial = nil
}

// Receive takes a run of rank's stream and returns the part of it that is new,
// nil when there is none.
func (s *Streams) Receive(rank int, r *msg.Run, forwarded bool) *msg.Run {
	st := &s.streams[rank]
	if (st.closed && !forwarded) || r.Last() <= st.held || r.First > st.held+1 {
		return nil
	}
	if skip := st.held + 1 - r.First; skip > 0 {
		_, r = r.Cut(uint32(skip))
	}
	st.held = r.Last()
	st.runs = append(st.runs, r)
	return r
}

// ReceivePart takes a piece of a large cast and returns the cast once it is whole.
func (s *Streams) ReceivePart(rank int, p *msg.Part) *msg.Run {
	st := &s.streams[rank]
	forwarded := p.Attempt != 0
	if st.closed && !forwarded {
		return nil
	}
	slot := &st.partial
	if forwarded {
		slot = &st.forward
	}
	if p.Offset == 0 {
		if p.Run.N != 1 || p.Total > MaxCast+16 || p.Run.First != st.held+1 {
			return nil
		}
		*slot = &partial{run: *p.Run, body: make([]byte, 0, p.Total)}
	}
	w := *slot
	if w == nil || w.run.First != p.Run.First || w.next != p.Offset || len(w.body)+len(p.Run.Body) > cap(w.body) {
		return nil
	}
	w.body = append(w.body, p.Run.Body...)
	w.next += uint64(len(p.Run.Body))
	if w.next < p.Total {
		return nil
	}
	*slot = nil
	run := w.run
	run.Body = w.body
	return s.Receive(rank, &run, forwarded)
}

// After lists the held runs of rank's stream with entries after, up to and
// with upto, for forwarding.
func (s *Streams) After(rank int, after, upto uint64) []*msg.Run {
	var out []*msg.Run
	for _, r := range s.streams[rank].runs {
		if r.Last() <= after || r.First > upto {
			continue
		}
		if r.First <= after {
			_, r = r.Cut(uint32(after + 1 - r.First))
		}
		if r.Last() > upto {
			r, _ = r.Cut(uint32(upto + 1 - r.First))
		}
		out = append(out, r)
	}
	return out
}

// Release drops entries of rank's stream up to upto: every member holds them.
func (s *Streams) Release(rank int, upto uint64) {
	st := &s.streams[rank]
	n := 0
	for n < len(st.runs) && st.runs[n].Last() <= upto {
		n++
	}
	st.runs = fifo.Drop(st.runs, n)
}
