package check

import (
	"maps"
	"math/rand/v2"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// world writes traces of runs that keep every promise: one group whose members
// send, crash, are excluded and join, with an all-knowing scheduler in place of
// a protocol. It is how the judges are tested for saying too much, and for speed.
type world struct {
	rng     *rand.Rand
	records []trace.Record
	entry   uint64 // the last of the log
	seq     uint64 // of the site view
	node    uint64 // the last site number
	members []*actorState
	view    fact.View
	casts   map[id.Address][]cast // by sender, in order of number
	ordered uint64                // positions given
	lead    id.Address            // who has the order,
	heir    id.Address            // or is to take it from lead
	xfer    uint64
	reads   uint64
}

// actorState is a member. Its site has the address's site number.
type actorState struct {
	proc  id.Address
	took  map[id.Address]int // how many runs of each sender
	held  map[id.Address]uint64
	pos   uint64
	ready bool
	old   bool // has installed a site view before the current one
}

type cast struct {
	fact.Send
	pos  uint64
	deps map[id.Address]int
}

func newWorld(seed uint64, size int) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 1))}
	for range size {
		w.start()
	}
	w.members[0].ready = true
	w.siteView(nil, nil)
	w.entry++
	w.install(nil)
	return w
}

func (w *world) say(p id.Address, f fact.Fact) {
	w.records = append(w.records, trace.Record{Time: int64(len(w.records)), Site: p.Site(), Fact: f})
}

// start makes a site that will be in the next view.
func (w *world) start() *actorState {
	w.node++
	m := &actorState{proc: id.Process(id.Site(w.node*36+1), 1)}
	w.members = append(w.members, m)
	w.say(m.proc, fact.Start{Founder: w.node == 1})
	return m
}

func (w *world) siteView(joined []id.Site, removed []fact.Removal) {
	w.entry++
	w.seq++
	f := fact.SiteView{Seq: w.seq, Index: w.entry, Hash: w.entry * 977, Joined: joined, Removed: removed}
	for _, m := range w.members {
		f.Members = append(f.Members, fact.Member{Site: m.proc.Site(), Weight: 1})
	}
	for _, m := range w.members {
		if m.old && w.seq > 1 {
			w.say(m.proc, fact.Accepted{Index: w.entry, ViewSeq: w.seq - 1, Owner: w.members[0].proc.Site()})
		}
	}
	for _, m := range w.members {
		w.say(m.proc, f)
		m.old = true
	}
}

// install gives everybody the next group view; moved came from the last.
func (w *world) install(moved []id.Address) {
	f := fact.View{Group: theGroup, View: w.entry, Seq: w.view.Seq + 1, Attempt: w.entry}
	for _, m := range w.members {
		f.Members = append(f.Members, m.proc)
		if m.ready {
			f.Ready = append(f.Ready, m.proc)
		}
	}
	f.Joined, f.Left = without(f.Members, w.view.Members), without(w.view.Members, f.Members)
	w.view, w.casts, w.ordered = f, map[id.Address][]cast{}, 0
	w.lead, w.heir = f.Ready[0], 0
	for _, m := range w.members {
		joiner := m.took == nil
		m.took, m.held, m.pos = map[id.Address]int{}, map[id.Address]uint64{}, 0
		w.say(m.proc, fact.Applied{Index: w.entry, Hash: w.entry * 31})
		f.Proc, f.Moved = m.proc, moved
		if joiner {
			f.Moved = nil
		}
		w.say(m.proc, f)
	}
}

// turn lets the order be given to a ready member, or be taken.
func (w *world) turn() {
	f := fact.Sequencer{Proc: w.lead, Group: theGroup, View: w.view.View}
	if w.heir != 0 {
		w.lead, w.heir = w.heir, 0
		f.Proc, f.Of = w.lead, w.lead
	} else if f.Of = w.view.Ready[w.rng.IntN(len(w.view.Ready))]; f.Of == w.lead {
		return
	} else {
		w.heir = f.Of
	}
	w.say(f.Proc, f)
}

// send lets a member send a run.
func (w *world) send(m *actorState) {
	sent := w.casts[m.proc]
	c := cast{Send: fact.Send{
		Proc: m.proc, Group: theGroup, View: w.view.View, First: 1, N: 1 + w.rng.Uint32N(4),
		Order: orders[w.rng.IntN(3)], Safe: w.rng.IntN(4) == 0,
	}, deps: map[id.Address]int{}}
	if k := len(sent); k > 0 {
		c.First = sent[k-1].First + uint64(sent[k-1].N) + w.rng.Uint64N(2)
	}
	if c.Order == fact.Total {
		c.pos = w.ordered + 1
		w.ordered += uint64(c.N)
	}
	if c.Order != fact.FIFO {
		maps.Copy(c.deps, m.took)
	}
	w.casts[m.proc] = append(sent, c)
	w.say(m.proc, c.Send)
}

// deliver gives m the next run of a sender, if it may have it.
func (w *world) deliver(m *actorState, from id.Address, flushing bool) bool {
	k := m.took[from]
	if k >= len(w.casts[from]) {
		return false
	}
	c := w.casts[from][k]
	for other, n := range c.deps {
		if other != from && m.took[other] < n {
			return false
		}
	}
	if c.pos > 0 && c.pos != m.pos+1 && !flushing {
		return false
	}
	if c.Safe {
		w.hold(&c)
	}
	m.took[from]++
	if c.pos > 0 {
		m.pos = c.pos + uint64(c.N) - 1
	}
	w.say(m.proc, fact.Deliver{
		Proc: m.proc, Group: theGroup, View: c.View, Sender: from, First: c.First, N: c.N,
		Order: c.Order, Safe: c.Safe, Pos: c.pos,
	})
	return true
}

// hold lets all members of the view hold a cast and what it depends on.
func (w *world) hold(c *cast) {
	for _, own := range w.casts[c.Proc] {
		if own.First > c.First {
			break
		}
		for _, from := range w.view.Members {
			if n := own.deps[from]; n > 0 && from != c.Proc {
				w.holdUpto(&w.casts[from][n-1])
			}
		}
	}
	w.holdUpto(c)
}

func (w *world) holdUpto(c *cast) {
	last := c.First + uint64(c.N) - 1
	for _, m := range w.members {
		if m.took != nil && m.held[c.Proc] < last { // a joiner has no view yet
			m.held[c.Proc] = last
			w.say(m.proc, fact.Held{Proc: m.proc, Group: theGroup, View: c.View, Sender: c.Proc, Upto: last})
		}
	}
}

// change ends the view: one member crashes, or is excluded and halts, or a site joins.
func (w *world) change() {
	var dead *actorState
	var joined []id.Site
	var removed []fact.Removal
	if k := len(w.members); k > 3 && w.rng.IntN(2) == 0 {
		i := 1 + w.rng.IntN(k-1)
		dead = w.members[i]
		w.members = append(w.members[:i:i], w.members[i+1:]...)
		accuser := w.members[w.rng.IntN(k-1)].proc
		w.say(dead.proc, fact.Crash{})
		w.say(accuser, fact.Suspect{Site: dead.proc.Site(), Evidence: "crash"})
		removed = append(removed, fact.Removal{Site: dead.proc.Site(), Evidence: "crash", Accusers: []id.Site{accuser.Site()}})
	}
	survivors := append([]*actorState(nil), w.members...)
	if dead == nil {
		joined = append(joined, w.start().proc.Site())
	}
	w.siteView(joined, removed)
	w.flush(survivors, dead)
	var moved []id.Address
	for _, m := range survivors {
		moved = append(moved, m.proc)
	}
	w.install(moved)
	w.transfer()
}

// flush gives survivors the same casts: all that live members sent, and of the
// dead one what some survivor was delivered or holds.
func (w *world) flush(survivors []*actorState, dead *actorState) {
	for _, m := range survivors {
		w.say(m.proc, fact.Block{Proc: m.proc, Group: theGroup, View: w.view.View, Attempt: w.entry})
		w.say(m.proc, fact.FlushOK{Proc: m.proc, Group: theGroup, View: w.view.View, Attempt: w.entry})
	}
	if dead != nil {
		w.casts[dead.proc] = w.casts[dead.proc][:w.kept(survivors, dead)]
	}
	cut := fact.Cut{Group: theGroup, View: w.view.View, Attempt: w.entry}
	for _, p := range w.view.Members {
		n := uint64(0)
		if sent := w.casts[p]; len(sent) > 0 {
			n = sent[len(sent)-1].First + uint64(sent[len(sent)-1].N) - 1
		}
		cut.Counts = append(cut.Counts, n)
	}
	for _, m := range survivors {
		cut.Proc = m.proc
		w.say(m.proc, cut)
		w.drain(m)
	}
}

// kept is how many runs of the dead some survivor has.
func (w *world) kept(survivors []*actorState, dead *actorState) int {
	n := 0
	for _, m := range survivors {
		n = max(n, m.took[dead.proc])
		for n < len(w.casts[dead.proc]) && w.casts[dead.proc][n].First <= m.held[dead.proc] {
			n++
		}
	}
	return n
}

// drain delivers everything in the cut to m, Total casts by position.
func (w *world) drain(m *actorState) {
	for {
		best := id.Address(0)
		lowest := uint64(0)
		for _, from := range w.view.Members {
			k := m.took[from]
			if k >= len(w.casts[from]) || !w.ready(m, from) {
				continue
			}
			if c := w.casts[from][k]; best == 0 || c.pos < lowest {
				best, lowest = from, c.pos
			}
		}
		if best == 0 || !w.deliver(m, best, true) {
			return
		}
	}
}

// ready tells whether m was delivered what the next run of from depends on.
func (w *world) ready(m *actorState, from id.Address) bool {
	for other, n := range w.casts[from][m.took[from]].deps {
		if other != from && m.took[other] < n {
			return false
		}
	}
	return true
}

// transfer gives joiners the state of the oldest member.
func (w *world) transfer() {
	donor := w.members[0]
	for _, m := range w.members {
		if m.ready {
			continue
		}
		w.xfer++
		counts := make([]uint64, len(w.members))
		sum := w.rng.Uint64()
		w.say(donor.proc, fact.Snapshot{Proc: donor.proc, Group: theGroup, View: w.view.View, To: m.proc, Xfer: w.xfer, Counts: counts})
		w.say(donor.proc, fact.Digest{Proc: donor.proc, Group: theGroup, Xfer: w.xfer, Sum: sum})
		w.say(m.proc, fact.Loaded{Proc: m.proc, Group: theGroup, View: w.view.View, From: donor.proc, Xfer: w.xfer, Counts: counts})
		w.say(m.proc, fact.Digest{Proc: m.proc, Group: theGroup, Xfer: w.xfer, Sum: sum})
		m.ready = true
	}
}

// read lets m read, if it was delivered all safe casts that anybody was.
func (w *world) read(m *actorState) {
	counts := make([]uint64, len(w.view.Members))
	for rank, from := range w.view.Members {
		if n := m.took[from]; n > 0 {
			last := w.casts[from][n-1]
			counts[rank] = last.First + uint64(last.N) - 1
		}
		for _, other := range w.members {
			for k := m.took[from]; k < other.took[from]; k++ {
				if w.casts[from][k].Safe {
					return
				}
			}
		}
	}
	w.reads++
	w.say(m.proc, fact.ReadCall{Proc: m.proc, Group: theGroup, ID: w.reads})
	w.say(m.proc, fact.ReadDone{Proc: m.proc, Group: theGroup, ID: w.reads, View: w.view.View, Counts: counts})
}

// run makes a trace of about n records that ends in the quiet.
func (w *world) run(n int) []trace.Record {
	for len(w.records) < n {
		m := w.members[w.rng.IntN(len(w.members))]
		switch k := w.rng.IntN(400); {
		case k == 0:
			w.change()
		case k < 60:
			w.send(m)
		case k < 64:
			w.read(m)
		case k < 68:
			w.turn()
		default:
			w.deliver(m, w.view.Members[w.rng.IntN(len(w.view.Members))], false)
		}
	}
	quiet := fact.Quiet{}
	for _, m := range w.members {
		quiet.Alive = append(quiet.Alive, m.proc.Site())
	}
	w.say(0, quiet)
	for _, m := range w.members {
		w.drain(m)
	}
	return w.records
}
