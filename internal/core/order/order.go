// Package order decides when an entry that is held may be delivered, in one
// group view.
//
// Casts of one member are delivered in the order it sent them, whatever their
// orders. Beyond that a FIFO cast waits for nothing; a Causal one for all its
// sender had delivered (vector time: Birman, Schiper, Stephenson 1991); a Total
// one for that and for its position, which one member at a time, the sequencer,
// gives out in runs; a Barrier one for the end of the view. A safe cast waits,
// besides, until every member is known to hold it, its position, and all it depends
// on: then each of them can deliver it, whoever else is lost.
//
//	order.go     what is held, and delivering it
//	turns.go     whose positions count
//	sequencer.go giving them, and when the next member is to
//	waiting.go   why something is not delivered
//
// Requires: runs of each stream are added once, in order, without gaps.
// Guarantees: O1, O3 within the view, O5, O6, U2; at the end of a view, from
// equal sets of entries, equal deliveries (V5, O8).
package order

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// Queue is what one member of one view holds and has not delivered.
type Queue struct {
	done  vclock.Time
	heads [][]*msg.Run  // by rank; the first may be what is left of a run
	turns turns         // whose records count
	spans []span        // positions given out and not yet used, in order
	pos   uint64        // the next position
	safe  int           // entries in heads that are safe
	needs int           // those of them that need a position
	last  []vclock.Time // by rank: what the last delivered entry depends on
	emit  Emit

	sequencer *sequencer // on the sequencer only
	me        int
	heirs     []bool // as in Config
	tenure    int

	// Causality across groups: whether the program has been delivered what a run
	// depends on in other groups. Nil: nobody is in other groups.
	past  func([]msg.Dep) bool
	holds func(int, vclock.Time)
	held  bool     // by past alone, something was kept back in this pass
	ends  []uint64 // once the view ends: how much of each stream can be delivered
}

// span is a Span and the entry that holds it, which is of rank by's stream. It
// counts for who holds that one, and of each stream the ends of the turns before.
type span struct {
	rank int
	n    uint32
	by   int
	at   uint64
	ends vclock.Time // nil: it is of the first turn
	told uint64      // Config.Holds was told up to this entry of rank's stream
}

// nobody is the rank of a span whose positions stay empty.
const nobody = -1

// Emit delivers a run, or part of one, of rank's stream. pos is the position
// of its first entry if it is Total, else 0.
type Emit func(rank int, r *msg.Run, pos uint64)

// Config is what a queue has to know of its view.
type Config struct {
	Me     int    // rank of this member
	Lead   int    // that of the first sequencer, -1 if there is none
	Heirs  []bool // by rank: who may be the next
	Tenure int    // how many records in a row are for one of them before it is
	// Past says whether what a run depends on in other groups has been delivered.
	Past func([]msg.Dep) bool
	// Holds is told what another member holds, as far as records show.
	Holds func(rank int, part vclock.Time)
}

// New returns an empty queue for a view of len(Heirs) members.
func New(c Config, emit Emit) *Queue {
	n := len(c.Heirs)
	q := &Queue{
		done: vclock.New(n), heads: make([][]*msg.Run, n), last: make([]vclock.Time, n),
		turns: newTurns(n, c.Lead), pos: 1, emit: emit, past: c.Past, holds: c.Holds, me: c.Me, heirs: c.Heirs, tenure: c.Tenure,
	}
	if c.Me == c.Lead {
		q.sequencer = newSequencer(n)
	}
	return q
}

// Done is how many entries of each stream were delivered. Do not change it.
func (q *Queue) Done() vclock.Time { return q.done }

// Add takes entries that have become held.
func (q *Queue) Add(rank int, r *msg.Run) {
	q.heads[rank] = append(q.heads[rank], r)
	q.countSafe(r, 1)
	if q.sequencer != nil {
		q.sequencer.add(rank, rank == q.me, r)
	}
	switch r.Order {
	case msg.Sequence:
		for _, s := range r.Spans {
			if int(s.Rank) < len(q.heads) {
				q.record(span{rank: int(s.Rank), n: s.N, by: rank, at: r.Last()})
			}
		}
	case msg.Total:
		if q.turns.began[rank] { // it is its own record
			q.record(span{rank: rank, n: r.N, by: rank, at: r.Last()})
		}
	case msg.FIFO, msg.Causal, msg.Barrier:
	}
}

// SafeWaiting reports whether a safe cast waits for nothing but acknowledgements,
// as far as can be seen, so that ours is urgent. One whose position has not come
// is not helped by any: those of the position will be of the cast as well. And one
// whose position is ours is not helped by that of us: the record tells (learn).
func (q *Queue) SafeWaiting() bool {
	if q.safe > q.needs {
		return true
	}
	if q.safe == 0 {
		return false
	}
	for _, s := range q.spans {
		switch {
		case s.by != q.me && s.rank != nobody && len(q.heads[s.rank]) > 0:
			return true
		case s.by == q.me && q.sequencer != nil: // and so are all that follow
			return false
		}
	}
	return false
}

// Deliver delivers all that may be. stable says how much of each stream every
// member holds; nil withholds what is safe.
func (q *Queue) Deliver(stable []uint64) {
	for q.held = false; q.pass(gate{stable: stable}); q.held = false {
	}
}

// gate is what lets safe casts through.
type gate struct {
	stable []uint64
	open   bool // the cut is agreed: all survivors hold it
}

func (g gate) upto(rank int) uint64 {
	switch {
	case g.open:
		return ^uint64(0)
	case g.stable == nil:
		return 0
	}
	return g.stable[rank]
}

// lets is how many entries of r, next in rank's stream, may be delivered as far
// as safety goes: those that all hold, if all hold what they depend on. A FIFO
// cast depends on what those before it in its stream do.
func (q *Queue) lets(g gate, rank int, r *msg.Run) uint32 {
	if !r.Safe || g.open {
		return r.N
	}
	needs := r.Time
	if needs == nil {
		needs = q.last[rank]
	}
	if g.stable == nil || !vclock.Time(g.stable).CoversBut(needs, rank) {
		return 0
	}
	return within(r, g.stable[rank])
}

// pass tries every stream once and reports whether anything was delivered.
func (q *Queue) pass(g gate) (progress bool) {
	for q.total(g) {
		progress = true
	}
	for rank := range q.heads {
		for q.plain(rank, g) {
			progress = true
		}
	}
	return progress
}

// plain delivers the head of rank's stream if it is FIFO or Causal, or drops
// it if it is an order record.
func (q *Queue) plain(rank int, g gate) bool {
	if len(q.heads[rank]) == 0 {
		return false
	}
	r := q.heads[rank][0]
	switch r.Order {
	case msg.Sequence:
		q.pop(rank, r.N)
		return true
	case msg.FIFO:
	case msg.Causal:
		if !q.done.CoversBut(r.Time, rank) {
			return false
		}
	case msg.Total, msg.Barrier:
		return false
	}
	if !q.comes(rank, r) {
		return false
	}
	n := q.lets(g, rank, r)
	if n == 0 {
		return false
	}
	q.emit(rank, q.pop(rank, n), 0)
	return true
}

// comes reports whether what r depends on in other groups is delivered. What can
// never be delivered here is nobody's to wait for.
func (q *Queue) comes(rank int, r *msg.Run) bool {
	if r.Deps == nil || q.past(r.Deps) {
		return true
	}
	q.held = q.held || q.ends == nil || r.First <= q.ends[rank]
	return false
}

// Waits reports whether the last attempt to deliver kept something back for
// another group's sake.
func (q *Queue) Waits() bool { return q.held }

// within is how many entries of r are among the first upto of its stream.
func within(r *msg.Run, upto uint64) uint32 {
	switch {
	case upto >= r.Last():
		return r.N
	case upto < r.First:
		return 0
	}
	return uint32(upto - r.First + 1)
}

// total delivers at the next position.
func (q *Queue) total(g gate) bool {
	for len(q.spans) > 0 && q.spans[0].rank == nobody {
		q.use(q.spans[0].n)
	}
	if len(q.spans) == 0 {
		return false
	}
	s := q.spans[0]
	if len(q.heads[s.rank]) == 0 {
		return false
	}
	r := q.heads[s.rank][0]
	if r.Order != msg.Total || !q.done.CoversBut(r.Time, s.rank) || !q.comes(s.rank, r) {
		return false
	}
	if r.Safe && !g.open {
		q.learn(s, r)
		if g.upto(s.by) < s.at || !vclock.Time(g.stable).Covers(s.ends) {
			return false
		}
	}
	n := min(q.lets(g, s.rank, r), s.n)
	if n == 0 {
		return false
	}
	pos := q.pos
	q.use(n)
	q.emit(s.rank, q.pop(s.rank, n), pos)
	return true
}

// learn tells what a record says of who made it: that one held the cast, what it
// depends on, and the ends of the turns before.
func (q *Queue) learn(s span, r *msg.Run) {
	if s.by == q.me || s.told >= r.Last() {
		return
	}
	part := vclock.New(len(q.heads))
	copy(part, r.Time)
	part.Merge(s.ends)
	part[s.rank] = max(part[s.rank], r.First+uint64(min(s.n, r.N))-1)
	q.holds(s.by, part)
	q.spans[0].told = r.Last()
}

// use takes n positions off the first span.
func (q *Queue) use(n uint32) {
	q.pos += uint64(n)
	if q.spans[0].n -= n; q.spans[0].n == 0 {
		q.spans = fifo.Drop(q.spans, 1)
	}
}

// pop takes the first n entries off rank's stream.
func (q *Queue) pop(rank int, n uint32) *msg.Run {
	r := q.heads[rank][0]
	if n < r.N {
		head, tail := r.Cut(n)
		q.heads[rank][0] = tail
		r = head
	} else {
		q.heads[rank] = fifo.Drop(q.heads[rank], 1)
	}
	q.done[rank] = r.Last()
	if r.Time != nil {
		q.last[rank] = r.Time
	}
	q.countSafe(r, -1)
	return r
}

// countSafe counts entries that come into heads, or with -1 go.
func (q *Queue) countSafe(r *msg.Run, sign int) {
	if !r.Safe {
		return
	}
	q.safe += sign * int(r.N)
	if r.Order == msg.Total {
		q.needs += sign * int(r.N)
	}
}

// Lost is a run that the cut holds and nobody can deliver.
type Lost struct {
	Rank int
	Run  *msg.Run
}

// End says that the view has ended: all survivors hold the same entries, and no
// more will come. It finds how far each stream can be delivered, which is the
// same for all: what depends on an entry that nobody holds is lost with it. And
// it settles the positions of all Total casts.
func (q *Queue) End() {
	q.ends = q.done.Clone()
	for rank, runs := range q.heads {
		if n := len(runs); n > 0 {
			q.ends[rank] = runs[n-1].Last()
		}
	}
	for again := true; again; {
		again = false
		for rank, runs := range q.heads {
			for _, r := range runs {
				if r.First <= q.ends[rank] && !vclock.Time(q.ends).CoversBut(r.Time, rank) {
					q.ends[rank], again = r.First-1, true
				}
			}
		}
	}
	q.spans = q.plan()
}

// Ends is how much of each stream is delivered in the end, nil before End.
func (q *Queue) Ends() vclock.Time { return q.ends }

// plan is how the positions go on when the view has ended: first those given out,
// of which one whose cast died with its sender stays empty, then Total casts that
// never got one, lowest clock first. What other groups keep back here differs from
// member to member, and they may in turn wait for a cast here that has no position
// yet; so they have no part in it but by the clocks, which all groups' casts share:
// no cast comes after one that depends on it, in whatever groups these are.
func (q *Queue) plan() (list []span) {
	dry := &Queue{
		done: q.done.Clone(), heads: make([][]*msg.Run, len(q.heads)), spans: slices.Clone(q.spans),
		last: slices.Clone(q.last), past: func([]msg.Dep) bool { return true },
	}
	for rank, runs := range q.heads {
		dry.heads[rank] = slices.Clone(runs)
	}
	dry.emit = func(rank int, r *msg.Run, _ uint64) {
		if r.Order == msg.Total {
			list = append(list, span{rank: rank, n: r.N})
		}
	}
	for {
		for dry.pass(gate{open: true}) {
		}
		if len(dry.spans) > 0 {
			n := dry.spans[0].n
			list = append(list, span{rank: nobody, n: n})
			dry.use(n)
		} else if !dry.tail() {
			return list
		}
	}
}

// Finish delivers what is left when the view has ended, at all survivors the
// same set with the same positions, and then the Barrier casts. What still waits
// depends on something lost: it is returned, and is from removed members only.
// While something waits for another group, done is false: call it again.
func (q *Queue) Finish() (lost []Lost, done bool) {
	for q.held = false; q.pass(gate{open: true}); q.held = false {
	}
	if q.held {
		return nil, false
	}
	if q.barriers(); q.held {
		return nil, false
	}
	for rank, runs := range q.heads {
		for _, r := range runs {
			if r.Order != msg.Sequence {
				lost = append(lost, Lost{rank, r})
			}
		}
		q.heads[rank] = nil
	}
	return lost, true
}

// tail gives the next positions to the Total cast of the lowest clock, then rank,
// that is ready.
func (q *Queue) tail() bool {
	first := nobody
	for rank, runs := range q.heads {
		if len(runs) == 0 || runs[0].Order != msg.Total || !q.done.CoversBut(runs[0].Time, rank) {
			continue
		}
		if first == nobody || runs[0].Clock < q.heads[first][0].Clock {
			first = rank
		}
	}
	if first == nobody {
		return false
	}
	q.spans = append(q.spans, span{rank: first, n: q.heads[first][0].N})
	return true
}

// barriers delivers the Barrier casts. The sequencer's have order records
// between them.
func (q *Queue) barriers() {
ranks:
	for rank := range q.heads {
		for len(q.heads[rank]) > 0 {
			r := q.heads[rank][0]
			switch {
			case r.Order == msg.Barrier && !q.comes(rank, r):
				return
			case r.Order == msg.Barrier:
				q.emit(rank, q.pop(rank, r.N), 0)
			case !q.plain(rank, gate{open: true}):
				continue ranks
			}
		}
	}
}
