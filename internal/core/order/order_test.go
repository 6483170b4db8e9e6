package order

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// Queues of one view, with nothing between them but chance: casts of all orders, links
// of all speeds, an order that moves after one to three records, and an end at any
// point with any survivors.
func TestQueuesAgree(t *testing.T) {
	seeds, turns, learned := uint64(3000), 0, 0
	if testing.Short() {
		seeds = 300
	}
	for seed := range seeds {
		w := newWorld(seed)
		for range 50 + w.dice.IntN(500) {
			w.step()
		}
		var err error
		if seed%3 == 0 {
			err = w.rest()
		}
		if err == nil {
			err = w.end()
		}
		turns, learned = turns+w.turns, learned+w.learned
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	if uint64(turns) < seeds || uint64(learned) < seeds {
		t.Errorf("in %d views the order moved %d times, and a record said %d times what its maker holds", seeds, turns, learned)
	}
}

// world is one view: what its members sent, and what each has got of it.
type world struct {
	dice    *rand.Rand
	members []*member
	streams [][]*msg.Run
	slow    [][]int // by receiver and sender: how rarely something gets there
	busy    int     // who casts more than others just now
	turns   int
	learned int // how often a record said what its maker holds
}

type member struct {
	*Queue
	sent, clock uint64
	barrier     bool // it cast one, and then casts no others
	held        []uint64
	got         map[entry]uint64 // positions of what was delivered, by entry
	safely      []entry
	last        uint64 // position
	err         error
}

type entry struct {
	rank   int
	number uint64
}

func newWorld(seed uint64) *world {
	w := &world{dice: rand.New(rand.NewPCG(seed, 1987))}
	n := 3 + w.dice.IntN(3)
	w.streams = make([][]*msg.Run, n)
	c := Config{Lead: w.dice.IntN(2), Heirs: make([]bool, n), Tenure: 1 + w.dice.IntN(3), Past: func([]msg.Dep) bool { return true }}
	for i := range n {
		c.Heirs[i] = i == c.Lead || i > c.Lead && w.dice.IntN(6) > 0
		row := make([]int, n)
		for k := range row {
			row[k] = 1 + w.dice.IntN(3)*w.dice.IntN(4)
		}
		w.slow = append(w.slow, row)
	}
	for i := range n {
		m := &member{held: make([]uint64, n), got: map[entry]uint64{}}
		c.Me, c.Holds = i, func(rank int, part vclock.Time) {
			if w.learned++; !vclock.Time(w.members[rank].held).Covers(part) {
				m.err = fmt.Errorf("%d is said to hold %v, and holds %v", rank, part, w.members[rank].held)
			}
		}
		m.Queue = New(c, m.delivered)
		w.members = append(w.members, m)
	}
	return w
}

func (m *member) delivered(rank int, r *msg.Run, pos uint64) {
	m.clock = max(m.clock, r.Clock)
	for k := range uint64(r.N) {
		e := entry{rank, r.First + k}
		if _, twice := m.got[e]; twice {
			m.err = fmt.Errorf("%v is delivered twice", e)
		}
		m.got[e] = 0
		if pos != 0 {
			if m.got[e] = pos + k; pos+k <= m.last {
				m.err = fmt.Errorf("%v has position %d, after %d", e, pos+k, m.last)
			}
			m.last = pos + k
		}
		if r.Safe {
			m.safely = append(m.safely, e)
		}
	}
}

// step has somebody cast, or something arrive.
func (w *world) step() {
	n := len(w.members)
	if w.dice.IntN(15) == 0 {
		w.busy = w.dice.IntN(n)
	}
	if w.dice.IntN(10) < 3 {
		i := w.dice.IntN(n)
		if w.dice.IntN(2) == 0 {
			i = w.busy
		}
		w.cast(i)
		return
	}
	to, from := w.dice.IntN(n), w.dice.IntN(n)
	if to == from || w.dice.IntN(w.slow[to][from]) > 0 {
		return
	}
	for range 1 + w.dice.IntN(3) {
		w.arrive(to, from, ^uint64(0))
	}
	if w.dice.IntN(4) > 0 { // else it is out of touch, and gives no positions
		w.sequence(to)
	}
	if w.members[to].Deliver(w.stable()); w.members[to].Waits() {
		w.members[to].err = fmt.Errorf("%d waits for another group, and there is none", to)
	}
}

func (w *world) cast(i int) {
	m := w.members[i]
	r := &msg.Run{N: 1 + uint32(w.dice.IntN(3)), Safe: w.dice.IntN(3) == 0, Order: msg.Total}
	switch o := w.dice.IntN(40); {
	case m.barrier || o == 0:
		r.Order, m.barrier = msg.Barrier, true
	case o < 8:
		r.Order = msg.Causal
	case o < 16:
		r.Order = msg.FIFO
	}
	w.sequence(i)
	if r.Order == msg.Total || r.Order == msg.Causal {
		r.Time = m.Done().Clone()
		r.Time[i] = m.sent
	}
	if r.Order != msg.FIFO {
		m.clock++
		r.Clock = m.clock
	}
	w.send(i, r)
	m.Deliver(w.stable())
}

// sequence sends positions that are due, as package core does before all else.
func (w *world) sequence(i int) {
	spans := w.members[i].Sequence()
	if spans == nil {
		return
	}
	for _, s := range spans {
		if s.N == 0 {
			w.turns++
		}
	}
	w.send(i, &msg.Run{N: 1, Order: msg.Sequence, Spans: spans})
}

func (w *world) send(i int, r *msg.Run) {
	m := w.members[i]
	r.First = m.sent + 1
	m.sent = r.Last()
	m.held[i] = m.sent
	w.streams[i] = append(w.streams[i], r)
	m.Add(i, r)
}

// arrive brings the next run of a stream, up to an entry, and reports whether there is one.
func (w *world) arrive(to, from int, upto uint64) bool {
	m := w.members[to]
	k := slices.IndexFunc(w.streams[from], func(r *msg.Run) bool { return r.Last() > m.held[from] })
	if k < 0 || m.held[from] >= upto {
		return false
	}
	r := w.streams[from][k]
	m.held[from] = r.Last()
	m.Add(from, r)
	return true
}

func (w *world) stable() []uint64 {
	least := slices.Clone(w.members[0].held)
	for _, m := range w.members {
		for s, n := range m.held {
			least[s] = min(least[s], n)
		}
	}
	return least
}

// rest lets all arrive. Then nothing waits but for the end, and one member has the order.
func (w *world) rest() error {
	for again := true; again; {
		again = false
		for to, m := range w.members {
			sent := m.sent
			for from := range w.members {
				for to != from && w.arrive(to, from, ^uint64(0)) {
					again = true
				}
			}
			w.sequence(to)
			again = again || m.sent > sent
		}
	}
	have := 0
	for i, m := range w.members {
		m.Deliver(w.stable())
		if m.sequencer != nil {
			have++
		}
		for _, x := range m.Waiting(w.stable()) {
			if x.Hold != ByEnd && x.Hold != ByPast { // behind a Barrier cast of its sender
				return fmt.Errorf("%d waits at rest: %+v", i, x)
			}
		}
	}
	if have != 1 {
		return fmt.Errorf("%d have the order at rest", have)
	}
	return nil
}

// end cuts the view with some survivors, who hold all that any of them does.
func (w *world) end() error {
	alive := make([]bool, len(w.members))
	alive[w.dice.IntN(len(alive))] = true
	cut := make([]uint64, len(alive))
	for i, m := range w.members {
		if alive[i] = alive[i] || w.dice.IntN(2) == 0; alive[i] {
			for s, n := range m.held {
				cut[s] = max(cut[s], n)
			}
		}
	}
	var first *member
	for i, m := range w.members {
		if !alive[i] {
			continue
		}
		for _, from := range w.dice.Perm(len(cut)) {
			for w.arrive(i, from, cut[from]) {
			}
		}
		m.End()
		lost, done := m.Finish()
		if k := slices.IndexFunc(lost, func(l Lost) bool { return alive[l.Rank] }); k >= 0 || !done {
			return fmt.Errorf("%d ends, done: %v, and of survivors is lost: %v", i, done, lost)
		}
		if first == nil {
			first = m
		}
		if len(m.got) != len(first.got) {
			return fmt.Errorf("%d is delivered %d casts, and another %d", i, len(m.got), len(first.got))
		}
	}
	return w.compare(first, alive)
}

// compare holds all against one survivor: survivors in everything, the dead in what
// they were delivered safe.
func (w *world) compare(first *member, alive []bool) error {
	for i, m := range w.members {
		if m.err != nil {
			return fmt.Errorf("at %d: %w", i, m.err)
		}
		for _, e := range m.safely {
			if pos, ok := first.got[e]; !ok || pos != m.got[e] {
				return fmt.Errorf("%d was delivered the safe %v at %d, and a survivor at %d: %v", i, e, m.got[e], pos, ok)
			}
		}
		for e, pos := range m.got {
			if p, ok := first.got[e]; alive[i] && (!ok || p != pos) {
				return fmt.Errorf("survivor %d was delivered %v at %d, and another at %d: %v", i, e, pos, p, ok)
			}
		}
	}
	return nil
}
