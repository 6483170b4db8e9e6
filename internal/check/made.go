package check

import (
	"slices"
	"sort"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// What programs made, in their order, and what became of it: for O4, by which
// whatever carries causality comes after the Causal casts that its program made
// before, in whatever groups these are and whenever they were sent.

// made is one Made, and the Causal casts that its program had made before.
type made struct {
	span   // the numbers of its casts, in the membership or at the caller
	before []causal
}

// causal is the last Causal cast that a program made in a group as one member, up to
// something. Lists of these are never changed.
type causal struct {
	in   *epoch
	upto uint64
}

// epoch is one membership, or a caller with since 0.
type epoch struct {
	group id.Address
	since uint64
	made  []made
	sent  []asSent
}

// asSent says which send had the casts up to number upto.
type asSent struct {
	upto uint64
	send *send
}

// sentAs is the send with cast number n, and which entry of its stream that is.
func (e *epoch) sentAs(n uint64) (*send, uint64) {
	if i := sort.Search(len(e.sent), func(i int) bool { return e.sent[i].upto >= n }); i < len(e.sent) {
		return e.sent[i].send, e.sent[i].send.hi - (e.sent[i].upto - n)
	}
	return nil, 0
}

// before is what its program had made elsewhere before cast number n.
func (e *epoch) before(n uint64) []causal {
	if i := sort.Search(len(e.made), func(i int) bool { return e.made[i].hi >= n }); i < len(e.made) && e.made[i].lo <= n {
		return e.made[i].before
	}
	return nil
}

// programs is what all programs made.
type programs struct {
	epochs map[memberKey][]*epoch // by since
	last   map[id.Address][]causal
	sends  map[*send][]causal       // what they come after
	lists  map[listCastKey][]causal // the same of casts to lists
}

// listCastKey names a cast to a list, whatever attempt brings it.
type listCastKey struct {
	proc id.Address
	id   uint64
}

func (r *run) programs(sendOf func(fact.Send) *send) *programs {
	p := &programs{epochs: map[memberKey][]*epoch{}, last: map[id.Address][]causal{}, sends: map[*send][]causal{}, lists: map[listCastKey][]causal{}}
	type carrier struct { // a send that carries causality, and its last cast
		*send
		in   *epoch
		upto uint64
	}
	var list []carrier
	for i := range r.records {
		switch f := r.records[i].Fact.(type) {
		case fact.Made:
			p.make(f)
		case fact.ListCast:
			k := listCastKey{f.Proc, f.ID}
			if _, again := p.lists[k]; !again {
				p.lists[k] = p.last[f.Proc]
			}
		case fact.Send:
			s := sendOf(f)
			if s == nil || f.Void {
				continue
			}
			var x carrier
			if f.Origin != 0 {
				x = carrier{s, p.epoch(f.Origin, f.Group, 0), f.OFirst + uint64(f.N) - 1}
			} else if e := p.epoch(f.Proc, f.Group, f.View); e != nil {
				x = carrier{s, e, e.send(s)}
			}
			if x.in != nil && f.Order != fact.FIFO {
				list = append(list, x)
			}
		}
	}
	for _, x := range list { // only now: a cast may be sent, by what a trace says, before it is made
		p.sends[x.send] = x.in.before(x.upto)
	}
	return p
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
func (p *programs) make(f fact.Made) {
	k := memberKey{f.Proc, f.Group}
	i := slices.IndexFunc(p.epochs[k], func(e *epoch) bool { return e.since == f.Since })
	if i < 0 {
		i = len(p.epochs[k])
		p.epochs[k] = append(p.epochs[k], &epoch{group: f.Group, since: f.Since})
	}
	e := p.epochs[k][i]
	first := max(f.First, 1)
	if n := len(e.made); n > 0 && f.First == 0 {
		first = e.made[n-1].hi + 1
	}
	x := runOf(first, f.N)
	e.made = append(e.made, made{span: x, before: p.last[f.Proc]})
	if f.Order == fact.Causal && f.Since != 0 {
		list := slices.Clone(p.last[f.Proc])
		list = slices.DeleteFunc(list, func(x causal) bool { return x.in.group == f.Group })
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
