package core

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/gms"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Casts to a list of destinations, the sender's side, and that of a process which
// is a destination itself. pool.go is the side of a group's members.
//
// The sender brings the cast to each destination, as it brings any cast to a
// group from outside; there it is kept. When all members of all destinations hold
// it, the sender asks the log to number it. The log does, if no group has got a
// new member meanwhile; else the sender begins anew. What has a number is
// delivered in all destinations, in the order of the numbers; what has none, in
// none.

// lists are the casts to lists that this site has under way, and those that its
// processes have been brought.
type lists struct {
	last  uint64     // attempts made
	open  []*listing // in the order of their attempts
	pool  []pooled   // for processes of this site
	given uint64     // the last number that the log has told us of
	taken uint64     // and that we have told the log of
}

// takenEvery is how many casts to lists a site lets the log remember for its
// processes, before it says that they were given them.
const takenEvery = 16

// listing is one cast of ours until its fate is known.
type listing struct {
	CastList
	after  uint64 // casts that its process had made before
	num    uint64 // of the attempt under way
	firsts []uint64
	held   []uint64 // by destination: the view in which it is held, 0: not yet
	op     msg.Op   // once all hold it
}

// ofProcess stands for the view in which a process holds a cast: it has none.
const ofProcess = ^uint64(0)

// castList begins a cast to a list.
func (s *Site) castList(ev CastList) {
	l := &listing{CastList: ev, after: s.pasts.of(ev.Proc).casts}
	s.attempt(l)
}

// attempt brings the cast to all destinations, or gives up: one of them is gone.
func (s *Site) attempt(l *listing) {
	s.lists.open = append(slices.DeleteFunc(s.lists.open, func(x *listing) bool { return x == l }), l)
	v := s.log.View()
	gone := func(to id.Address) bool { return s.Group(to) == nil && (to.IsGroup() || !v.Has(to.Site())) }
	if v == nil || slices.ContainsFunc(l.Dests, gone) {
		if l.num != 0 { // those who were brought it need not keep it
			s.requests.add(msg.Op{Kind: msg.OpList, Proc: l.Proc, List: &msg.List{Num: l.num}})
		}
		s.listDone(l, NoDestination)
		return
	}
	s.lists.last++
	l.num, l.op = s.lists.last, msg.Op{}
	l.firsts, l.held = make([]uint64, len(l.Dests)), make([]uint64, len(l.Dests))
	s.fx.Fact(fact.ListCast{Proc: l.Proc, ID: l.ID, Num: l.num, Dests: l.Dests})
	for i, to := range l.Dests {
		c := s.caller(l.Proc, to)
		c.unheld = append(c.unheld, request{&msg.Request{
			Dest: to, Caller: l.Proc, First: c.last + 1, Order: msg.Causal, Safe: true, N: 1, Body: l.Body,
			Listed: &msg.Listed{Num: l.num},
		}, l.after})
		c.last++
		l.firsts[i] = c.last
		s.outside.touch(c)
	}
}

// listDone ends a cast to a list.
func (s *Site) listDone(l *listing, end ListEnd) {
	s.lists.open = slices.DeleteFunc(s.lists.open, func(x *listing) bool { return x == l })
	s.fx.Fact(fact.ListDone{Proc: l.Proc, ID: l.ID, Num: l.num, End: string(end)})
	s.item(ListDone{Proc: l.Proc, ID: l.ID, End: end})
	s.submitLists()
}

// listHeld notes that a destination holds what was brought to it.
func (s *Site) listHeld(x *msg.RequestHeld) {
	for _, l := range slices.Clone(s.lists.open) {
		i := slices.Index(l.Dests, x.Dest)
		if l.Proc != x.Caller || i < 0 || l.held[i] != 0 || l.firsts[i] < x.First || l.firsts[i] > x.Upto {
			continue
		}
		switch {
		case !x.Dest.IsGroup():
			l.held[i] = ofProcess
		case x.Of == 0: // in a view that nobody remembers
			s.attempt(l)
			continue
		default:
			l.held[i] = x.Of
		}
	}
	s.submitLists()
}

// submitLists asks the log to number the casts that all hold, in the order of the
// attempts: none is void because a later one was faster.
func (s *Site) submitLists() {
	for _, l := range s.lists.open {
		if slices.Contains(l.held, 0) {
			return
		}
		if l.op.List == nil {
			s.submitList(l)
		}
	}
}

func (s *Site) submitList(l *listing) {
	list := &msg.List{Num: l.num}
	for i, to := range l.Dests {
		d := msg.ListDest{Dest: to}
		if to.IsGroup() {
			d.View = l.held[i]
		}
		list.Dests = append(list.Dests, d)
	}
	l.op = msg.Op{Kind: msg.OpList, Proc: l.Proc, List: list}
	s.requests.add(l.op)
}

// listGone begins anew, or gives up, the casts whose destination is gone before
// the log was asked.
func (s *Site) listGone(dest id.Address) {
	for _, l := range slices.Clone(s.lists.open) {
		if l.op.List == nil && slices.Contains(l.Dests, dest) {
			s.attempt(l)
		}
	}
}

// numbered carries what an entry said of casts to lists to the destinations here,
// and to their senders.
func (s *Site) numbered(a gms.Applied) {
	for _, x := range a.Lists {
		for _, to := range x.Dests {
			if !to.Dest.IsGroup() && to.Dest.Site() == s.me && x.Number > s.lists.given {
				s.deliverDirect(to.Dest, x)
			}
			for _, m := range s.groups.of(to.Dest) {
				m.listNumbered(x, a.Entry.Index)
			}
		}
	}
	if n := len(a.Lists); n > 0 {
		s.lists.given = max(s.lists.given, a.Lists[n-1].Number)
	}
	for _, l := range slices.Clone(s.lists.open) {
		if i := slices.IndexFunc(a.Lists, func(x gms.List) bool { return x.Caller.Site() == s.me && x.Num == l.num }); i >= 0 {
			s.learn(s.pasts.of(l.Proc), []msg.Dep{{View: a.Lists[i].Number}}, 0)
			s.listDone(l, Numbered)
		}
	}
	if len(a.Lists) > 0 {
		s.groups.retry()
	}
}

// bring keeps a cast to a list for a process here, until it has a number.
func (s *Site) bring(x *msg.Request) {
	if s.void(x.Caller, x.Listed.Num) {
		return
	}
	run := runFor(x)
	run.Clock = x.Clock
	s.lists.pool = append(s.lists.pool, pooled{caller: x.Caller, num: x.Listed.Num, to: x.Dest, run: run})
	s.fx.Fact(fact.Brought{Proc: x.Dest, Caller: x.Caller, Num: x.Listed.Num})
}

// deliverDirect delivers a cast to a process by its own address.
func (s *Site) deliverDirect(to id.Address, x gms.List) {
	i := slices.IndexFunc(s.lists.pool, func(p pooled) bool { return p.is(x.Caller, x.Num) && p.to == to })
	if i < 0 {
		panic(fmt.Sprintf("core: %v is to be given cast %d to a list, %d of %v, and does not hold it", to, x.Number, x.Num, x.Caller))
	}
	p := s.lists.pool[i]
	s.lists.pool = slices.Delete(s.lists.pool, i, i+1)
	s.learn(s.pasts.of(to), []msg.Dep{{View: x.Number}}, p.run.Clock)
	s.fx.Fact(fact.Listed{Proc: to, Caller: x.Caller, Num: x.Num, Number: x.Number})
	run := *p.run
	run.Order = msg.Total
	s.giveDirect(Casts{Proc: to, Sender: x.Caller, Run: &run, Listed: x.Number})
}

// void reports whether what caller brought under num has no number and never will:
// the log has dealt with that attempt, or with the whole site. What it has numbered
// is known to those who hold it.
func (s *Site) void(caller id.Address, num uint64) bool {
	return s.Excludes(caller.Site()) || num <= s.log.Directory().Dealt(caller.Site())
}

// dealtLists drops, when entries were applied, what is void by them, and begins
// anew with what is void of ours. The log takes the attempts of a site in their
// order: one that it gets after a later one is void.
func (s *Site) dealtLists(list []gms.Applied) {
	if !slices.ContainsFunc(list, func(a gms.Applied) bool {
		return a.View != nil || slices.ContainsFunc(a.Entry.Ops, func(op msg.Op) bool { return op.Kind == msg.OpList })
	}) {
		return
	}
	void := func(p pooled) bool { return s.void(p.caller, p.num) }
	s.lists.pool = slices.DeleteFunc(s.lists.pool, void)
	for _, m := range s.groups.list {
		if m.purge(void) {
			s.groups.mark(m)
		}
	}
	jump := slices.ContainsFunc(list, func(a gms.Applied) bool { return a.Jump })
	for _, l := range slices.Clone(s.lists.open) {
		switch {
		case l.num > s.log.Directory().Dealt(s.me):
		case jump && l.op.List != nil:
			s.listDone(l, Unknown) // it may be among what was skipped
		default: // asked or not: its operation can be dropped on the way, and nobody would repeat it
			s.attempt(l)
		}
	}
	s.take()
}

// take tells the log, once in a while, what it need not remember for us.
func (s *Site) take() {
	owed := s.log.Directory().Owed(s.me)
	if n := len(owed); n >= takenEvery && owed[n-takenEvery].Number > s.lists.taken {
		s.lists.taken = s.lists.given
		s.requests.add(msg.Op{Kind: msg.OpTaken, Proc: owed[0].Proc, Index: s.lists.taken})
	}
}

// haltLists ends all casts to lists: nobody here will learn what becomes of them.
func (s *Site) haltLists() {
	for _, l := range slices.Clone(s.lists.open) {
		s.listDone(l, Unknown)
	}
	s.lists = lists{last: s.lists.last}
}
