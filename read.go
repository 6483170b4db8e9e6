package cohort

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
)

// Read runs f, which looks at the state of this member, and returns nil if what
// f saw was linearizable: it held every safe cast and every Barrier cast that
// anybody had been delivered, or had an answer to, before Read was called. No
// message is sent: f runs on the caller's goroutine, at once if no such cast is
// waiting here, and while no handler, OnView, Snapshot or Restore of the group
// does.
//
// Read waits for what is waiting here and, after a change of members, for a lease;
// until ctx ends, but always for the handler that runs. What f saw counts only if Read returns nil: f may have run
// before an error, and more than once. It must not change the state nor use the
// group. A handler must not call Read: it has the state to itself.
//
// The error is ErrUnknown if this node is out of touch with the majority or was
// excluded, ErrLeft after Leave or Close, while another
// member takes this one's place or this one is set aside as slow, ErrLost, or ctx's.
func (g *Group) Read(ctx context.Context, f func()) error {
	s := g.readers.seat.Load()
	if s == nil {
		return g.unseated()
	}
	due := s.due.Load()
	if due == lease.Closed { // even if we stay after all, this one would wait for ever
		return ErrLeft
	}
	r := lease.Begin(due)
	for {
		if s.may(r) {
			g.readers.state.read(f)
			if s.stands(r) {
				return nil
			}
		}
		if err := g.awaitRead(ctx, s, r); err != nil {
			return err
		}
	}
}

// Peek runs f, which looks at the state of this member as it is: it may be
// older than what others have seen, by as long as this node has been out of
// touch. It waits for the handler, or other function of the program, that runs, however
// long. As with Read, f must not change the state nor use the group, and handlers must
// not call it.
func (g *Group) Peek(f func()) {
	g.readers.state.read(f)
}

// readers are what a group keeps for those who read its state here.
type readers struct {
	state state                // the program's: written by handlers, read by Read
	seat  atomic.Pointer[seat] // nil while the node is not a member

	waiting atomic.Int64
	mu      sync.Mutex
	change  chan struct{} // closed when those who wait should look again
}

// handledAtOnce is after how many casts those who wait to read the state may: who reads
// without pause must not have every cast wait.
const handledAtOnce = 16

// state is the lock of what a program keeps. Who writes it has it for many casts, and
// now and then lets in who waits to read.
type state struct {
	sync.RWMutex
	waiting atomic.Int32 // readers
}

// read runs f while nobody writes. If f panics or ends the goroutine, the lock is free.
func (s *state) read(f func()) {
	if !s.TryRLock() {
		s.waiting.Add(1)
		s.RLock()
		s.waiting.Add(-1)
	}
	defer s.RUnlock()
	f()
}

// write runs f while nobody else reads or writes; the lock is free then, as with read.
func (s *state) write(f func()) {
	s.Lock()
	defer s.Unlock()
	f()
}

// letRead is for who writes, between two casts, of which so many are handled.
func (s *state) letRead(handled int) {
	if uint(handled)%handledAtOnce == 0 && s.waiting.Load() > 0 {
		s.yield()
	}
}

func (s *state) yield() {
	s.Unlock()
	s.Lock()
}

// seat is one membership, as readers see it. The core's goroutine raises what is
// due before anybody else can know of it, the stream's goroutine what is settled.
type seat struct {
	key     seatKey
	life    *life
	due     atomic.Uint64
	settled atomic.Uint64
	gone    atomic.Bool
	readers *readers // of its group; the core's goroutine only
}

type seatKey struct {
	proc, group id.Address
	since       uint64
}

// terms are what an incarnation's readers may rely on.
type terms struct {
	lease.Terms
	ahead int64 // the machine's clock of the core's, before it may have slept
}

// now is the time by which a lease is measured. A machine that slept may have
// stopped the one clock and not the other: the later one counts.
func (l *life) now(t *terms) effect.Time {
	now := time.Now()
	return max(l.node.At(now), now.UnixNano()-t.ahead)
}

// slept is longer than a grant counts from when it was asked for, by the core's clock.
const slept = effect.Second

// clocks compares the machine's clock, in Unix nanoseconds, with the core's.
type clocks struct {
	least [2]int64    // that the one was ahead of the other, in the span before and in this one
	began effect.Time // this one; spans are as long as slept
}

// ahead notes that the clocks were read, and returns how far the machine's was ahead of
// the core's, at least, in as long as grants may be on their way that count now: who got
// one may have slept since he asked.
func (c *clocks) ahead(at effect.Time, wall int64) int64 {
	by := wall - at
	switch {
	case c.began == 0:
		c.least, c.began = [2]int64{by, by}, at
	case at-c.began >= slept:
		c.least, c.began = [2]int64{c.least[1], by}, at
	}
	c.least[1] = min(c.least[1], by)
	return min(c.least[0], c.least[1])
}

func (s *seat) may(r lease.Read) bool {
	t := s.life.terms.Load()
	return r.May(s.settled.Load(), t.Terms, s.life.now(t))
}

func (s *seat) stands(r lease.Read) bool {
	t := s.life.terms.Load()
	return !s.gone.Load() && r.Stands(t.Terms, s.life.now(t))
}

// awaitRead waits until a read may be worth another try.
func (g *Group) awaitRead(ctx context.Context, s *seat, r lease.Read) error {
	ticket := g.n.host.Ticket()
	g.n.reading.Add(1)
	defer g.n.reading.Add(-1)
	changed := g.readers.await()
	defer g.readers.waiting.Add(-1)
	switch { // what has changed before we waited, nobody tells us
	case s.gone.Load():
		return g.unseated()
	case s.due.Load() == lease.Closed:
		return ErrLeft
	case s.life.terms.Load().Stalled:
		return ErrUnknown
	case s.may(r):
		return nil
	}
	select {
	case <-changed:
	case <-g.out:
	case <-ctx.Done():
	}
	g.n.host.Turn(ticket)
	switch {
	case closed(g.out):
		return g.reason()
	case closed(changed):
		return nil
	}
	return ctx.Err()
}

// unseated says why nobody can read here.
func (g *Group) unseated() error {
	if _, _, err := g.address(); err != nil {
		return err
	}
	return ErrUnknown // it is coming back
}

func (rs *readers) await() <-chan struct{} {
	rs.waiting.Add(1)
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.change == nil {
		rs.change = make(chan struct{})
	}
	return rs.change
}

// changed has those who wait look again.
func (rs *readers) changed() {
	if rs.waiting.Load() == 0 {
		return
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.change != nil {
		close(rs.change)
		rs.change = nil
	}
}

// settled takes what the stream says has been handled.
func (rs *readers) settled(i core.Settled) {
	if s := rs.seat.Load(); s != nil && s.key == (seatKey{i.Proc, i.Group, i.Since}) {
		s.settled.Store(i.Upto)
		rs.changed()
	}
}

// unseat ends the membership for readers.
func (rs *readers) unseat() {
	if s := rs.seat.Swap(nil); s != nil {
		s.gone.Store(true)
	}
	rs.changed()
}

// publish tells readers the outcome of a step, before anybody else can. It runs
// on the core's goroutine, as all that touches the seats of an incarnation.
func (l *life) publish(out *core.Output) {
	for _, d := range out.Dues {
		l.seat(seatKey{d.Proc, d.Group, d.Since}).due.Store(d.Upto)
	}
	now := time.Now()
	ahead := l.clocks.ahead(l.node.At(now), now.UnixNano())
	if t := l.terms.Load(); out.Terms == t.Terms && ahead > t.ahead-effect.Millisecond {
		return
	}
	l.terms.Store(&terms{Terms: out.Terms, ahead: ahead})
	if l.n.reading.Load() == 0 {
		return
	}
	for _, s := range l.seats { // order does not matter: each has its own readers
		if s.readers != nil {
			s.readers.changed()
		}
	}
}

// sit gives a group the seat of its new membership.
func (l *life) sit(g *Group, k seatKey) {
	s := l.seat(k)
	s.readers = &g.readers
	g.readers.seat.Store(s)
}

// unseat ends a membership, for its readers and in the list.
func (l *life) unseat(k seatKey) {
	s := l.seats[k]
	delete(l.seats, k)
	if s != nil && s.readers != nil && s.readers.seat.Load() == s {
		s.readers.unseat()
	}
}

// seat finds a membership's seat. The state itself is always due.
func (l *life) seat(k seatKey) *seat {
	s := l.seats[k]
	if s == nil {
		s = &seat{key: k, life: l}
		s.due.Store(1)
		l.seats[k] = s
	}
	return s
}
