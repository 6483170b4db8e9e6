package check

import (
	"cmp"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

func compare(a, b uint64) int { return cmp.Compare(a, b) }

func (r *run) member(p, g id.Address) *member {
	k := memberKey{p, g}
	m := r.memberOf[k]
	if m == nil {
		m = &member{proc: p, group: g, ready: -1, flushes: map[uint64]int{}}
		r.memberOf[k] = m
		r.members = append(r.members, m)
	}
	return m
}

func (r *run) stream(g id.Address, v uint64, sender id.Address) *stream {
	k := streamKey{viewKey{g, v}, sender}
	s := r.streamOf[k]
	if s == nil {
		s = &stream{sender: sender, held: map[id.Address][]mark{}}
		r.streamOf[k] = s
		r.streams = append(r.streams, s)
		if view := r.viewOf[k.viewKey]; view != nil {
			view.adopt(s)
		}
	}
	return s
}

func (s *stream) hold(p id.Address, rec int, upto uint64) {
	marks := s.held[p]
	if k := len(marks); k > 0 && marks[k-1].upto >= upto {
		return
	}
	s.held[p] = append(marks, mark{rec, upto})
}

// heldBefore tells whether p held everything up to n when record rec was written.
func (s *stream) heldBefore(p id.Address, n uint64, rec int) bool {
	marks := s.held[p]
	i, _ := slices.BinarySearchFunc(marks, n, func(m mark, n uint64) int { return compare(m.upto, n) })
	return i < len(marks) && marks[i].rec <= rec
}

func (v *groupView) adopt(s *stream) {
	if rank, ok := v.rank[s.sender]; ok {
		v.streams[rank] = s
	}
}

// groupView is the view that f names; f describes it if no fact did before.
func (r *run) groupView(i int, f *fact.View) *groupView {
	k := viewKey{f.Group, f.View}
	v := r.viewOf[k]
	if v != nil {
		return v
	}
	v = &groupView{viewKey: k, first: i, members: f.Members, ready: f.Ready}
	v.rank = make(map[id.Address]int, len(f.Members))
	v.streams = make([]*stream, len(f.Members))
	for rank, p := range f.Members {
		if _, ok := v.rank[p]; !ok {
			v.rank[p] = rank
			v.streams[rank] = r.streamOf[streamKey{k, p}]
		}
	}
	r.viewOf[k] = v
	r.views = append(r.views, v)
	return v
}

func (r *run) noteView(home *site, i int, f fact.View) {
	m, v := r.member(f.Proc, f.Group), r.groupView(i, &f)
	n := len(v.members)
	s := &stay{
		member: m, view: v, fact: f, installed: i, ended: -1, flushing: -1,
		got: make([]set, n), safe: make([]set, n), dropped: make([]set, n),
	}
	if m.cur == nil {
		m.ready = -1
	} else {
		s.prev, m.cur.next, m.cur.ended = m.cur, s, i
	}
	if m.ready < 0 && slices.Contains(f.Ready, f.Proc) {
		m.ready = i
	}
	s.ready = m.ready
	s.applied = home.logged >= f.View
	m.cur = s
	m.stays = append(m.stays, s)
	v.stays = append(v.stays, s)
	ahead := m.ahead
	m.ahead = nil
	for _, k := range ahead {
		r.noteFlush(k)
	}
}

func (r *run) noteSend(i int, f fact.Send) {
	s, x := r.stream(f.Group, f.View, f.Proc), runOf(f.First, f.N)
	if k := len(s.all); k > 0 && s.all[k-1].hi >= x.lo {
		r.flaws = append(r.flaws, flaw{i, "the numbers of a stream grow"})
		return
	}
	s.all.add(x)
	s.sends = append(s.sends, send{span: x, Send: f, rec: i})
	s.hold(f.Proc, i, x.hi)
	switch m := r.member(f.Proc, f.Group); {
	case m.cur == nil:
		r.outside = append(r.outside, i)
	case m.cur.view.view != f.View:
		r.strays = append(r.strays, stray{i, m.cur})
	default:
		m.cur.events = append(m.cur.events, i)
	}
}

func (r *run) noteDeliver(i int, f fact.Deliver) {
	s := r.member(f.Proc, f.Group).cur
	if s == nil {
		r.outside = append(r.outside, i)
		return
	}
	if s.view.view != f.View {
		r.strays = append(r.strays, stray{i, s})
		return
	}
	rank, ok := s.view.rank[f.Sender]
	if !ok {
		r.aliens = append(r.aliens, i)
		return
	}
	x := runOf(f.First, f.N)
	if s.got[rank].meets(x) {
		r.twice = append(r.twice, twice{i, s})
		return
	}
	r.stream(f.Group, f.View, f.Sender).hold(f.Proc, i, x.hi)
	s.take(i, rank, x, &f)
	if f.Origin != 0 && !f.Duplicate && !f.Void {
		r.noteRequest(&f)
		if f.Session != 0 {
			r.noteSessionRun(i, &f)
		}
	}
}

// noteRequest files in which view a request from outside was delivered.
func (r *run) noteRequest(f *fact.Deliver) {
	k, x := memberKey{f.Origin, f.Group}, runOf(f.OFirst, f.N)
	list := r.requests[k]
	for j := len(list) - 1; j >= 0 && list[j].view == f.View; j-- {
		if list[j].lo <= x.lo && list[j].hi >= x.hi {
			return // most members are delivered the same runs
		}
	}
	r.requests[k] = append(list, request{x, f.View})
}

// take files a delivery that is the first of its casts.
func (s *stay) take(i, rank int, x span, f *fact.Deliver) {
	s.events = append(s.events, i)
	s.got[rank].add(x)
	if f.Safe {
		s.safe[rank].add(x)
	}
	switch f.Order {
	case fact.Barrier:
		s.barriers = append(s.barriers, i)
	case fact.Total:
		s.totals = append(s.totals, i)
	case fact.FIFO, fact.Causal: // no order of their own across senders
	}
	if f.Origin == 0 || f.Session != 0 || f.Void {
		return // sessions have judges of their own
	}
	if s.relayed == nil {
		s.relayed = make([]set, len(s.got))
		s.users, s.dups = map[id.Address]set{}, map[id.Address]set{}
	}
	s.relayed[rank].add(x)
	to := s.users
	if f.Duplicate {
		to = s.dups
	}
	of := to[f.Origin]
	of.add(runOf(f.OFirst, f.N))
	to[f.Origin] = of
}
