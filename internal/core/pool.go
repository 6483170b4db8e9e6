package core

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/gms"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Casts to a list, at the members of a group on it. What is brought comes in some
// member's stream, and is kept in the pool unseen. Once the log has given it a
// number, the lead of the group says in its own stream where it comes: a Total
// cast like others, so that nothing waits for it and nothing need wait for it. What
// has a number but no place when a view ends is delivered at the end of the view,
// in the order of the numbers. So a cast to a list never outlives a view into which
// somebody came who does not hold it: if it had no number by then, it gets none.

// pooled is a cast to a list that is held and not delivered.
type pooled struct {
	caller id.Address
	num    uint64
	to     id.Address // the process it is for, at a site
	run    *msg.Run
	of     uint64 // the view it was brought in
	due    uint64 // what readers wait for (lease.Gate)
}

func (p pooled) is(caller id.Address, num uint64) bool { return p.caller == caller && p.num == num }

// pool is a member's part in casts to lists.
type pool struct {
	kept     []pooled
	numbered []numbered // and not delivered here
	listed   uint64     // the last number delivered here
	placed   uint64     // the last number that we gave a place to, as lead
	bound    *bound     // what we wait for first, nil for nothing,
	upto     uint64     // with those that had a number then
}

// numbered is a cast that log entry index gave its number.
type numbered struct {
	gms.List
	index uint64
}

// maxPlaces bounds the places in one cast.
const maxPlaces = 256

// brought keeps what is to wait for its number.
func (m *member) brought(c *installed, rank int, r *msg.Run) {
	p := pooled{caller: r.Origin, num: r.Listed.Num, run: r, of: c.view.Index, due: m.settled + 1}
	if c == m.cur { // else no reader has been told of anything since
		p.due = m.gate.DueOf(rank, r.Last())
	}
	m.gate.Keep(p.due)
	m.s.fx.Fact(fact.Brought{Proc: m.proc, Group: m.group, View: c.view.Index, Caller: p.caller, Num: p.num})
	m.pool.kept = append(m.pool.kept, p)
	m.s.groups.mark(m) // it may have its number already
	if m.s.void(p.caller, p.num) {
		m.purge(func(x pooled) bool { return x.is(p.caller, p.num) })
	}
}

// numbered notes that entry index of the log has numbered x.
func (m *member) listNumbered(x gms.List, index uint64) {
	if x.Number > m.pool.listed {
		m.pool.numbered = append(m.pool.numbered, numbered{x, index})
		m.s.groups.mark(m)
	}
}

// purge drops those that gone says can have no number any more, and reports
// whether there were any.
func (m *member) purge(gone func(pooled) bool) (some bool) {
	m.pool.kept = slices.DeleteFunc(m.pool.kept, func(p pooled) bool {
		if !gone(p) || slices.ContainsFunc(m.pool.numbered, func(x numbered) bool { return p.is(x.Caller, x.Num) }) {
			return false
		}
		m.gate.Forget(p.due)
		some = true
		return true
	})
	return some
}

// place says, as lead, where those come that have a number.
func (m *member) place(c *installed) {
	if len(m.pool.numbered) == 0 || c.rank != c.view.Lead() {
		m.pool.bound = nil
		return
	}
	if m.wedged() || c.barrier {
		return
	}
	var places []msg.Place
	for _, x := range m.pool.numbered {
		if x.Number <= m.pool.placed {
			continue
		}
		if len(places) == maxPlaces || !slices.ContainsFunc(m.pool.kept, func(p pooled) bool { return p.is(x.Caller, x.Num) }) {
			break // it is held, and will be delivered to the pool
		}
		places = append(places, msg.Place{Number: x.Number, Caller: x.Caller, Num: x.Num})
	}
	if places == nil {
		m.pool.bound = nil
		return
	}
	if m.pool.bound == nil {
		m.pool.upto = places[len(places)-1].Number
	}
	if !m.mayDepend(&m.pool.bound) {
		return
	}
	b := m.pool.bound
	m.pool.bound = nil
	places = slices.DeleteFunc(places, func(x msg.Place) bool { return x.Number > m.pool.upto })
	if b != nil {
		m.s.groups.mark(m) // for what came since
	}
	if len(places) == 0 {
		return
	}
	m.pool.placed = places[len(places)-1].Number
	m.send(c, &msg.Run{N: 1, Order: msg.Total, Safe: true, Listed: &msg.Listed{Places: places}, Body: msg.AppendCast(nil, nil)}, b)
}

// emitListed takes a run off the stream that is part of a cast to a list: it brings
// one, or says which come here.
func (m *member) emitListed(c *installed, rank int, r *msg.Run, pos uint64) {
	if r.Listed.Places == nil {
		if r = m.fresh(c, rank, r, pos); r != nil {
			m.tellDelivery(c, delivery{rank: rank, run: r, pos: pos, void: true})
			m.markUsed(c, rank, r)
			m.brought(c, rank, r)
		}
		return
	}
	for _, x := range r.Listed.Places {
		m.list(c, x, r.First, rank)
	}
	m.tellDelivery(c, delivery{rank: rank, run: r, pos: pos, void: true})
}

// endLists delivers, when view old has ended for the program, what has a number
// from before the entry that made the next one.
func (m *member) endLists(old *installed, next *view.Group) {
	for k := uint64(1); len(m.pool.numbered) > 0 && m.pool.numbered[0].index <= next.Index; k++ {
		x := m.pool.numbered[0]
		m.list(old, msg.Place{Number: x.Number, Caller: x.Caller, Num: x.Num}, k, len(old.view.Members))
	}
}

// list delivers one cast to a list, at entry last of rank's stream; beyond the
// ranks it is at the end of the view.
func (m *member) list(c *installed, x msg.Place, last uint64, rank int) {
	i := slices.IndexFunc(m.pool.kept, func(p pooled) bool { return p.is(x.Caller, x.Num) })
	if i < 0 || x.Number <= m.pool.listed {
		panic(fmt.Sprintf("core: %v is to deliver cast %d to a list, %d of %v, in %v, and holds it: %v; the last was %d",
			m.proc, x.Number, x.Num, x.Caller, m.group, i >= 0, m.pool.listed))
	}
	p := m.pool.kept[i]
	m.pool.kept = slices.Delete(m.pool.kept, i, i+1)
	m.gate.Forget(p.due)
	m.pool.listed = x.Number
	m.pool.numbered = slices.DeleteFunc(m.pool.numbered, func(y numbered) bool { return y.Number <= x.Number })
	m.s.learn(m.past, []msg.Dep{{View: x.Number}}, p.run.Clock)
	m.stirred()
	m.s.groups.mark(m) // what we send may have waited for this
	m.s.fx.Fact(fact.Listed{
		Proc: m.proc, Group: m.group, View: c.view.Index, Caller: x.Caller, Num: x.Num, Number: x.Number,
	})
	run := *p.run
	run.First, run.Order, run.Listed = last, msg.Total, nil
	m.hand(Casts{Proc: m.proc, Group: m.group, View: c.view.Index, Sender: x.Caller, Rank: rank, Run: &run, Listed: x.Number},
		handed{from: x.Caller, view: c.view.Index, rank: rank, last: last, item: true, size: run.Size()})
}

// abreast reports whether our group has delivered all casts to lists that our
// process may know of from elsewhere: what we cast then comes after them.
func (m *member) abreast() bool {
	i, ok := m.past.find(0)
	if !ok {
		return true
	}
	upto := m.past.deps[i].View
	return m.s.log.Directory().Lists() >= upto && (len(m.pool.numbered) == 0 || m.pool.numbered[0].Number > upto)
}

// turnPool drops what can have no number any more: somebody came who lacks it.
func (m *member) turnPool(v *view.Group) {
	m.pool.placed = m.pool.listed
	m.purge(func(p pooled) bool { return v.Grown > p.of })
}
