package check

import (
	"slices"
	"sort"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What programs made, in their order, and what became of it: for O4, by which
// whatever carries causality comes after the Causal casts that its program made
// before as a member, in whatever groups these are and whenever they were sent; and
// for V8 and E2, which ask what of it was not sent.

// made is one Made, and the Causal casts that its program had made before.
type made struct {
	span   // the numbers of its casts, in the membership or at the caller
	rec    int
	copies bool // it may be the copy of an answer, which is a Causal cast by itself
	before []causal
}

// causal is how much a program had made in one membership. Lists of these are never
// changed.
type causal struct {
	in   *epoch
	upto uint64
}

// epoch is one membership, or a caller with since 0.
type epoch struct {
	group  id.Address
	since  uint64
	made   []made
	causal []uint64 // the numbers of Causal casts, of each run the last
	sent   []asSent
	ended  int  // record of its end, or -1
	lost   bool // that was against the program's will
}

// asSent says which send had the casts up to number upto.
type asSent struct {
	upto uint64
	send *send
}

// sentAs is the send with the last Causal cast up to number n that was sent, and
// which entry of its stream that is. What was never sent nobody comes too late for.
func (e *epoch) sentAs(n uint64) (*send, uint64) {
	if k := len(e.sent); k == 0 {
		return nil, 0
	} else if e.sent[k-1].upto < n {
		n = e.sent[k-1].upto
	}
	k := sort.Search(len(e.causal), func(i int) bool { return e.causal[i] > n })
	if k == 0 {
		return nil, 0
	}
	n = e.causal[k-1]
	i := sort.Search(len(e.sent), func(i int) bool { return e.sent[i].upto >= n })
	return e.sent[i].send, e.sent[i].send.hi - (e.sent[i].upto - n)
}

// run is what was made that has cast number n, or nil.
func (e *epoch) run(n uint64) *made {
	if i := sort.Search(len(e.made), func(i int) bool { return e.made[i].hi >= n }); i < len(e.made) && e.made[i].lo <= n {
		return &e.made[i]
	}
	return nil
}

// programs is what all programs made.
type programs struct {
	epochs map[memberKey][]*epoch // by since
	last   map[id.Address][]causal
	sends  map[*send][]causal       // what they come after
	asked  map[*send]*made          // of those from outside, the last of what they bring
	cast   map[*send]*made          // the same of conservative ones of members that were held back
	lists  map[listCastKey][]causal // the same of casts to lists

	ledgerOf map[id.Address]*ledger // the run's
}

// listCastKey names a cast to a list, whatever attempt brings it.
type listCastKey struct {
	proc id.Address
	id   uint64
}

func (r *run) programs() *programs {
	if r.made != nil {
		return r.made
	}
	p := &programs{epochs: map[memberKey][]*epoch{}, last: map[id.Address][]causal{}, sends: map[*send][]causal{}, asked: map[*send]*made{}, cast: map[*send]*made{}, lists: map[listCastKey][]causal{}, ledgerOf: r.ledgerOf}
	var list []*send
	numbers := map[*send]uint64{} // of the last cast, in its membership
	for i := range r.records {
		switch f := r.records[i].Fact.(type) {
		case fact.Made:
			p.make(i, f)
		case fact.Leave:
			if e := p.epoch(f.Proc, f.Group, maxNumber); e != nil && e.ended < 0 {
				e.ended, e.lost = i, f.Why != "left"
			}
		case fact.ListCast:
			k := listCastKey{f.Proc, f.ID}
			if _, again := p.lists[k]; !again {
				p.lists[k] = p.last[f.Proc]
			}
		case fact.Send:
			s := r.sendOf(f.Group, f.View, f.Proc, f.First)
			if s == nil || f.Void {
				continue
			}
			list = append(list, s)
			if e := p.epoch(f.Proc, f.Group, f.View); e != nil && f.Origin == 0 {
				numbers[s] = e.send(s)
			}
		}
	}
	for _, s := range list { // only now: a cast may be relayed, by what a trace says, before it is made
		switch {
		case s.Order == fact.FIFO:
		case s.Origin != 0:
			if e := p.epoch(s.Origin, s.Group, 0); e != nil {
				if x := e.run(s.OFirst + uint64(s.N) - 1); x != nil {
					p.sends[s], p.asked[s] = stands(x.before, len(r.records)), x
				}
			}
		case numbers[s] != 0:
			if x := p.epoch(s.Proc, s.Group, s.View).run(numbers[s]); x != nil {
				p.sends[s] = stands(x.before, s.rec)
				if s.Strong && s.Later > 0 {
					p.cast[s] = x
				}
			}
		}
	}
	for k, list := range p.lists { // order does not matter: each is judged by itself
		p.lists[k] = stands(list, len(r.records))
	}
	r.made = p
	return p
}

// stands is list without the memberships that had ended, by record rec, against the
// program's will: nobody waits for what is under way of somebody who has crashed.
func stands(list []causal, rec int) []causal {
	return slices.DeleteFunc(slices.Clone(list), func(x causal) bool { return x.in.lost && x.in.ended < rec })
}

// epoch is the membership of proc in group that sent in a view, or with view 0 the caller.
func (p *programs) epoch(proc, group id.Address, view uint64) (last *epoch) {
	for _, e := range p.epochs[memberKey{proc, group}] {
		if e.since <= view && (e.since > 0) == (view > 0) {
			last = e
		}
	}
	return last
}

// during is the membership that stay s is of, or nil if its program made nothing in it.
// One that ended before its first view has no Leave: the log tells that another began.
func (p *programs) during(s *stay) *epoch {
	e := p.epoch(s.proc, s.group, s.view.view)
	if e == nil || e.ended >= 0 && e.ended < s.installed || p.ledgerOf[s.group].joins(s.proc, e.since, s.view.view) {
		return nil
	}
	return e
}

// unsent is what had been made before record rec and not been sent by then, and how
// many casts that is; of the first run some may have been sent.
func (e *epoch) unsent(rec int) (list []made, n uint64) {
	list = e.made[:sort.Search(len(e.made), func(i int) bool { return e.made[i].rec >= rec })]
	var sent uint64
	if i := sort.Search(len(e.sent), func(i int) bool { return e.sent[i].send.rec >= rec }); i > 0 {
		sent = e.sent[i-1].upto
	}
	list = list[sort.Search(len(list), func(i int) bool { return list[i].hi > sent }):]
	if len(list) > 0 {
		n = list[len(list)-1].hi - sent
	}
	return list, n
}

// send notes that the next casts were sent, and returns the number of the last.
func (e *epoch) send(s *send) uint64 {
	upto := uint64(s.N)
	if n := len(e.sent); n > 0 {
		upto += e.sent[n-1].upto
	}
	e.sent = append(e.sent, asSent{upto, s})
	return upto
}

// make notes what a program made. Callers' numbers have holes, where casts to lists are.
func (p *programs) make(i int, f fact.Made) {
	k := memberKey{f.Proc, f.Group}
	n := slices.IndexFunc(p.epochs[k], func(e *epoch) bool { return e.since == f.Since })
	if n < 0 {
		n = len(p.epochs[k])
		p.epochs[k] = append(p.epochs[k], &epoch{group: f.Group, since: f.Since, ended: -1})
	}
	e := p.epochs[k][n]
	first := max(f.First, 1)
	if n := len(e.made); n > 0 && f.First == 0 {
		first = e.made[n-1].hi + 1
	}
	x := runOf(first, f.N)
	e.made = append(e.made, made{span: x, rec: i, copies: f.N == 1 && f.Order == fact.Causal, before: p.last[f.Proc]})
	if f.Order == fact.Causal && f.Since != 0 {
		e.causal = append(e.causal, x.hi)
		list := slices.DeleteFunc(slices.Clone(p.last[f.Proc]), func(x causal) bool { return x.in == e })
		p.last[f.Proc] = append(list, causal{e, x.hi})
	}
}

// after is what somebody has seen who comes after list as well, but for a group.
func (a *across) after(seen sight, list []causal, but id.Address) sight {
	for _, x := range list {
		s, last := x.in.sentAs(x.upto)
		if s == nil || x.in.group == but {
			continue
		}
		v := a.viewOf[viewKey{s.Group, s.View}]
		if v == nil {
			continue
		}
		if rank, ok := v.rank[s.Proc]; ok {
			upto := make([]uint64, len(v.members))
			upto[rank] = last
			seen = seen.with(reach{x.in.group, v, upto})
		}
	}
	return seen
}
