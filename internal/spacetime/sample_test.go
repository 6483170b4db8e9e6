package spacetime

import (
	"math/rand/v2"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

const (
	us = int64(1_000)
	ms = int64(1_000_000)
)

// A script writes the facts of a made-up run. It obeys no protocol: it only
// writes what one could have done.
type script struct {
	records []trace.Record
	rng     *rand.Rand
	group   id.Address
	name    string
	view    uint64
	members []id.Address
	names   map[id.Site]string
	counts  map[id.Address]uint64 // casts of each member in the view
	dead    map[id.Address]int64
	xfer    uint64
}

func newScript(name string) *script {
	return &script{
		rng: rand.New(rand.NewPCG(1, 2)), group: id.Group(2, 0), name: name,
		names: make(map[id.Site]string), dead: make(map[id.Address]int64),
	}
}

// fact writes one fact of a process, unless it is dead by then.
func (s *script) fact(at int64, p id.Address, f fact.Fact) {
	if end, ok := s.dead[p]; ok && at >= end {
		return
	}
	s.records = append(s.records, trace.Record{Time: at, Site: p.Site(), Fact: f})
}

// start starts the only process of a site.
func (s *script) start(at int64, site id.Site, name string) id.Address {
	p := id.Process(site, 1)
	s.names[site] = name
	s.fact(at, p, fact.Start{Name: name, Founder: len(s.names) == 1})
	return p
}

// install gives a view to its members around a time.
func (s *script) install(at int64, members ...id.Address) {
	s.view++
	s.counts = make(map[id.Address]uint64)
	var joined []id.Address
	for _, p := range members {
		if !slices.Contains(s.members, p) {
			joined = append(joined, p)
		}
	}
	old := s.members
	s.members = members
	var sites []fact.Member
	for _, p := range members {
		sites = append(sites, fact.Member{Site: p.Site(), Name: s.names[p.Site()], Weight: 1})
	}
	for i, p := range members {
		skew := s.rng.Int64N(1500 * us)
		if i == 0 {
			skew = 0
		}
		s.fact(at+skew-700*us, p, fact.SiteView{Seq: s.view, Index: s.view, Members: sites})
		ready := members
		if len(old) > 0 {
			ready = old
		}
		s.fact(at+skew, p, fact.View{
			Proc: p, Group: s.group, Name: s.name, View: s.view, Seq: s.view, Members: members, Ready: ready, Joined: joined,
		})
		if len(old) > 0 && slices.Contains(joined, p) {
			s.xfer++
			s.fact(at+200*us, old[0], fact.Snapshot{Proc: old[0], Group: s.group, View: s.view, To: p, Xfer: s.xfer})
			s.fact(at+skew+2200*us, p, fact.Loaded{Proc: p, Group: s.group, View: s.view, From: old[0], Xfer: s.xfer})
		}
	}
}

// cast sends n casts of one order in the current view.
func (s *script) cast(at int64, p id.Address, order fact.Order, safe bool, n uint32) {
	if end, ok := s.dead[p]; ok && at >= end {
		return
	}
	first := s.counts[p] + 1
	s.counts[p] += uint64(n)
	s.fact(at, p, fact.Send{Proc: p, Group: s.group, View: s.view, First: first, N: n, Order: order, Safe: safe})
	slowest := int64(0)
	for _, q := range s.members {
		delay := 600*us + s.rng.Int64N(1900*us)
		slowest = max(slowest, delay)
		if q == p {
			delay = 0
			if order == fact.Total || safe {
				delay = slowest
			}
		} else if safe {
			delay += 2 * ms
		}
		s.fact(at+delay, q, fact.Deliver{
			Proc: q, Group: s.group, View: s.view, Sender: p, First: first, N: n, Order: order, Safe: safe,
		})
	}
}

// crash kills processes: what they would have done later does not happen.
func (s *script) crash(at int64, ps ...id.Address) {
	for _, p := range ps {
		s.end(at, p, fact.Crash{})
	}
}

// end is the last fact of a process.
func (s *script) end(at int64, p id.Address, f fact.Fact) {
	s.records = slices.DeleteFunc(s.records, func(r trace.Record) bool { return r.Site == p.Site() && r.Time >= at })
	s.fact(at, p, f)
	s.dead[p] = at
}

// figure1 is a run like that of the paper's figures 1 and 2.
func figure1() []trace.Record {
	s := newScript("stock")
	p := s.start(0, 0x11, "p")
	q := s.start(14*ms, 0x12, "q")
	r := s.start(22*ms, 0x13, "r")
	u := s.start(23*ms, 0x14, "s")
	t := s.start(24*ms, 0x15, "t")
	s.install(1*ms, p)
	s.cast(6*ms, p, fact.FIFO, false, 1)
	s.cast(12*ms, p, fact.FIFO, false, 1)
	s.install(20*ms, p, q)
	s.cast(25*ms, q, fact.FIFO, false, 2)
	s.cast(26*ms, p, fact.Causal, false, 1)
	s.install(30*ms, p, q, r, u, t)
	s.cast(35*ms, q, fact.Total, false, 1)
	s.cast(40*ms, r, fact.Causal, false, 1)
	s.cast(42*ms, t, fact.Causal, false, 1)
	s.cast(46*ms, p, fact.Total, true, 1)
	s.cast(51*ms, u, fact.FIFO, false, 1)
	s.cast(53*ms, q, fact.FIFO, false, 1)
	s.crash(56*ms, p)
	s.crash(57*ms, q)
	for _, x := range []id.Address{r, u, t} {
		s.fact(59*ms, x, fact.Suspect{Site: p.Site(), Evidence: "timeout"})
	}
	s.fact(60*ms, r, fact.Takeover{ViewSeq: 3, Round: 2})
	s.install(62*ms, r, u, t)
	s.cast(66*ms, u, fact.Total, false, 1)
	s.cast(69*ms, t, fact.Barrier, false, 1)
	s.fact(75*ms, r, fact.Quiet{})
	return s.records
}

// crowd is a run of nine processes and thousands of casts, of which three
// crash and two come back, with a long idle time and a stall.
func crowd() []trace.Record {
	s := newScript("accounts")
	var ps []id.Address
	for i := range 9 {
		name := "node-" + string(rune('1'+i))
		ps = append(ps, s.start(int64(i)*100*us, id.Site(100+i), name))
	}
	orders := []fact.Order{fact.FIFO, fact.Causal, fact.Causal, fact.Total, fact.Total}
	busy := func(from, to int64, n int) {
		for i := range n {
			at := from + (to-from)*int64(i)/int64(n)
			order := orders[s.rng.IntN(len(orders))]
			if i%400 == 399 {
				order = fact.Barrier
			}
			s.cast(at, s.members[s.rng.IntN(len(s.members))], order, s.rng.IntN(9) == 0, 1)
		}
	}
	without := func(gone ...id.Address) []id.Address {
		return slices.DeleteFunc(slices.Clone(s.members), func(p id.Address) bool { return slices.Contains(gone, p) })
	}
	s.install(4*ms, ps...)
	busy(8*ms, 40*ms, 1500)
	s.crash(40*ms, ps[2])
	s.install(52*ms, without(ps[2])...)
	busy(55*ms, 80*ms, 1200)
	s.fact(70*ms, ps[8], fact.Stall{})
	s.fact(92*ms, ps[8], fact.Resume{})
	s.crash(80*ms, ps[0], ps[5])
	s.fact(89*ms, ps[1], fact.Takeover{ViewSeq: 2, Round: 5})
	s.install(90*ms, without(ps[0], ps[5])...)
	busy(93*ms, 110*ms, 800)
	three := s.start(4100*ms, 109, "node-3")
	one := s.start(4104*ms, 110, "node-1")
	s.install(4108*ms, append(without(), three)...)
	s.install(4113*ms, append(without(), one)...)
	busy(4116*ms, 4150*ms, 1500)
	s.end(4152*ms, ps[6], fact.Halt{Why: "left"})
	s.install(4155*ms, without(ps[6])...)
	return s.records
}
