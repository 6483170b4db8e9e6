package core

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/change"
	"github.com/cohortkit/cohort/internal/core/clients"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// raise takes a view the log has made. From here on nothing is sent in the
// installed view, and nothing more is taken from those it loses.
func (m *member) raise(v *view.Group, why []msg.Removal, slow []Slowness) {
	if len(m.targets) == 0 {
		m.blocked = m.s.now
	}
	m.targets = append(m.targets, v)
	m.why, m.toldSlow = append(m.why, why...), append(m.toldSlow, slow...)
	if m.cur != nil {
		m.s.fx.Fact(fact.Block{Proc: m.proc, Group: m.group, View: m.cur.view.Index, Attempt: v.Index})
	}
	if v.Members[v.Rank(m.proc)].Aside {
		m.barred = true
		m.gate.Close()
	}
	m.openBulk(v)
	m.begin(v)
}

// begin takes part in the attempt that leads to v, the newest view in the log.
func (m *member) begin(v *view.Group) {
	m.cut = nil
	if c := m.cur; c != nil {
		for rank, gm := range c.view.Members {
			if !v.Carries(gm) {
				c.streams.Close(rank)
			}
		}
	}
	switch {
	case v.Members[0].Proc != m.proc:
		m.coord = nil
	case m.coord == nil || m.coord.Attempt() != v.Index:
		m.coord = change.NewCoordinator(v)
	}
	m.report(v)
}

// report tells the coordinator of the attempt that leads to v what we hold.
func (m *member) report(v *view.Group) {
	ok := &msg.FlushOK{Group: m.group, Attempt: v.Index, From: m.proc}
	if c := m.cur; c != nil {
		c.reported = v.Index
		ok.View, ok.Held, ok.Settled = c.view.Index, c.streams.Vector(), c.settled
		if c.joiners { // they may not have it installed yet
			ok.Seen, ok.Clients, ok.Clock = c.seen, c.clients, c.clock
		}
		m.s.fx.Fact(fact.FlushOK{Proc: m.proc, Group: m.group, View: c.view.Index, Attempt: v.Index})
	}
	m.s.fx.Control(v.Members[0].Proc.Site(), ok)
}

// target is the newest view in the log, nil when it is installed.
func (m *member) target() *view.Group {
	if len(m.targets) == 0 {
		return nil
	}
	return m.targets[len(m.targets)-1]
}

// staysAt reports whether some member of c at site s is in the view to come as well,
// if there is one to come.
func (m *member) staysAt(c *installed, s id.Site) bool {
	t := m.target()
	return t == nil || slices.ContainsFunc(c.view.Members, func(gm view.GroupMember) bool { return gm.Proc.Site() == s && t.Carries(gm) })
}

func (m *member) onFlushOK(x *msg.FlushOK) {
	if m.coord == nil || x.Attempt != m.coord.Attempt() {
		return
	}
	m.coord.OK(x)
	attempt, behind, complete := m.coord.Behind()
	switch {
	case !complete:
	case len(behind) > 0:
		before, settled := m.coord.Before(attempt)
		m.sendInstall(&msg.Install{Group: m.group, Attempt: attempt, For: x.Attempt, Settled: settled, Seen: before.Seen, Clients: before.Clients, Clock: before.Clock}, behind)
	case attempt == 0: // a new group: there is nothing to agree on
		m.installAll(m.coord.Target())
	case m.cur != nil && m.cur.view.Index == attempt:
		if cut := m.coord.Cut(m.cur.view); cut != nil {
			m.toSites(sitesOf(m.coord.Movers()), cut)
		}
	}
}

func sitesOf(procs []id.Address) []id.Site {
	var out []id.Site
	for _, p := range procs {
		if s := p.Site(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func (m *member) toSites(sites []id.Site, x msg.Message) {
	for _, s := range sites {
		m.s.fx.Control(s, x)
	}
}

func (m *member) sendInstall(x *msg.Install, who []id.Address) { m.toSites(sitesOf(who), x) }

// installAll tells all who move to v to install it, and installs it here. Those
// who join with it hear it when we can tell them what was delivered before.
func (m *member) installAll(v *view.Group) {
	m.sendInstall(&msg.Install{Group: m.group, Attempt: v.Index, For: v.Index}, m.coord.Movers())
	m.install(v, change.Before{})
}

// welcome tells those who join with view c to install it, if we led to it and
// nothing newer has come since.
func (m *member) welcome(c *installed) {
	if t := m.target(); t == nil && c.joiners && c.view.Members[0].Proc == m.proc {
		m.sendInstall(&msg.Install{
			Group: m.group, Attempt: c.view.Index, For: c.view.Index, Settled: true, Seen: c.seen, Clients: c.clients, Clock: c.clock,
		}, c.fresh)
	}
}

// onCut takes the cut, forwards what it tells us to, and acknowledges when we
// hold all of it.
func (m *member) onCut(x *msg.Cut) {
	t, c := m.target(), m.cur
	if t == nil || c == nil || x.Attempt != t.Index || x.View != c.view.Index ||
		len(x.Counts) != len(c.view.Members) || m.cut != nil {
		return
	}
	m.cut = x
	m.s.fx.Fact(fact.Cut{Proc: m.proc, Group: m.group, View: x.View, Attempt: x.Attempt, Counts: x.Counts})
	for _, f := range x.Forward {
		if f.Holder != m.proc || int(f.Sender) >= len(x.Counts) {
			continue
		}
		for _, r := range c.streams.After(int(f.Sender), f.From, x.Counts[f.Sender]) {
			eachData(c.view, int(f.Sender), r, x.Attempt, func(d msg.Message) { m.s.fx.Data(f.To.Site(), d) })
		}
	}
	m.checkCut()
}

// checkCut acknowledges the cut once we hold it. From then on it is agreed, if
// it is by all: whatever fails, the survivors will find the same.
func (m *member) checkCut() {
	if m.cut == nil || m.prepared == m.cut {
		return
	}
	for rank, n := range m.cut.Counts {
		if m.cur.streams.Held(rank) < n {
			return
		}
	}
	m.prepared = m.cut
	lead := m.target().Members[0].Proc
	m.s.fx.Control(lead.Site(), &msg.CutAck{Group: m.group, Attempt: m.cut.Attempt, From: m.proc})
}

func (m *member) onCutAck(x *msg.CutAck) {
	if m.coord != nil && m.coord.Ack(x) {
		m.installAll(m.coord.Target())
	}
}

func (m *member) onInstall(x *msg.Install) {
	if t := m.target(); t == nil || x.For != t.Index {
		return
	}
	i := slices.IndexFunc(m.targets, func(v *view.Group) bool { return v.Index == x.Attempt })
	if i < 0 {
		return
	}
	switch {
	case m.cur == nil && !x.Settled:
		return // it is for other members at this site
	case m.cur != nil && (m.prepared == nil || m.prepared.Attempt != x.Attempt):
		return // cannot be: who installs has our acknowledgement
	}
	m.install(m.targets[i], change.Before{Seen: x.Seen, Clients: x.Clients, Clock: x.Clock})
}

// install ends the installed view with its cut, and begins v. To the program the
// rest of the old view comes first, then v, then what was sent in it.
func (m *member) install(v *view.Group, before change.Before) {
	old := m.cur
	if old != nil {
		m.checkHeld(old)
		old.queue.End()
		m.ending = append(m.ending, old)
		for _, r := range m.relayed { // all hold it
			m.tellHeldOne(r)
		}
		m.relayed = nil
	} else {
		for _, x := range before.Seen {
			m.seen.add(x.Caller, x.Last, x.View)
		}
		m.clients = clients.Take(before.Clients)
		m.past.heard(before.Clock)
	}
	m.cur = newInstalled(v, m)
	for rank, gm := range v.Members {
		if old == nil || gm.Joined > old.view.Index {
			m.cur.fresh = append(m.cur.fresh, gm.Proc)
		} else {
			m.cur.stable.Clear(rank, old.stable.ClearOf(old.view.Rank(gm.Proc)))
		}
	}
	m.cur.joiners = len(m.cur.fresh) > 0
	if old != nil {
		m.account.Turn(old.view.Index)
		m.untold += old.unsaid
	}
	m.targets = slices.DeleteFunc(m.targets, func(t *view.Group) bool { return t.Index <= v.Index })
	m.cut, m.prepared = nil, nil
	if m.coord != nil && m.coord.Attempt() <= v.Index {
		m.coord = nil
	}
	if old == nil {
		m.turn(nil, m.cur)
	} else {
		m.settle()
	}
	m.replayEarly()
	m.s.groups.mark(m)
	if t := m.target(); t != nil {
		m.begin(t)
	}
}

// settle delivers what is left of views that have ended, each before the next
// begins for the program. It stops where something has to come first in another
// group, and goes on when that has come.
func (m *member) settle() {
	for len(m.ending) > 0 && !m.ended {
		old, next := m.ending[0], m.cur
		if len(m.ending) > 1 {
			next = m.ending[1]
		}
		if !m.finish(old, next.view) {
			return
		}
		m.endLists(old, next.view)
		m.heldReplies(old) // of who is in the next no more, too
		m.ending = m.ending[1:]
		m.turn(old, next)
	}
}

// turn shows view c to the program, which was in old before.
func (m *member) turn(old, c *installed) {
	m.seen.forget(func(x id.Site) bool { at, gone := m.s.peers.removed[x]; return gone && at <= c.view.Index })
	c.seen, c.clients, c.clock, c.settled = m.seen.list(), m.clients.State(), m.past.clock, true
	m.clients.Turn()
	m.turnPool(c.view)
	m.announce(old, c.view)
	if old == nil {
		m.tellFlushes()
	}
	m.turnTransfers(c.view)
	m.turnHandOver(c.view)
	m.turnAside(c)
	m.stirred()
	if t := m.target(); t != nil && c == m.cur && c.reported == t.Index && c.joiners {
		m.report(t) // its coordinator may wait for what was seen
	}
	m.welcome(c)
	if len(m.ending) == 0 {
		asks := m.asks
		m.asks = nil
		for _, x := range asks {
			m.donate(x)
		}
	}
}

// checkHeld demands that we hold the cut, and nothing beyond it.
func (m *member) checkHeld(old *installed) {
	for rank, n := range m.prepared.Counts {
		if held := old.streams.Held(rank); held != n {
			panic(fmt.Sprintf("core: %v holds %d of rank %d at a cut of %d in view %d", m.proc, held, rank, n, old.view.Index))
		}
	}
}

// finish delivers the rest of the old view, and reports whether it came to the
// end. Everything of members that live on is delivered; of the others what does
// not depend on something lost.
func (m *member) finish(old *installed, next *view.Group) bool {
	lost, done := old.queue.Finish()
	if !done {
		return false
	}
	for _, l := range lost {
		gm := old.view.Members[l.Rank]
		if next.Carries(gm) {
			panic(fmt.Sprintf("core: at %v cast %d of survivor %v (order %d, time %v) cannot be delivered at the cut of view %d: done %v",
				m.proc, l.Run.First, gm.Proc, l.Run.Order, l.Run.Time, old.view.Index, old.queue.Done()))
		}
		if m.s.fx.Tracing {
			m.s.fx.Fact(fact.Drop{Proc: m.proc, Group: m.group, View: old.view.Index, Sender: gm.Proc, First: l.Run.First, N: l.Run.N})
		}
	}
	if m.loading != nil {
		m.loading.Turn(old.view.Index, old.queue.Done())
	}
	return true
}

// announce tells the program the new view, and callers who is gone.
func (m *member) announce(old *installed, v *view.Group) {
	i := Viewed{Proc: m.proc, View: v, Why: m.why, Slow: m.toldSlow}
	m.why, m.toldSlow = nil, nil
	for _, gm := range v.Members {
		if old == nil || gm.Joined > old.view.Index {
			i.Joined = append(i.Joined, gm.Proc)
		} else {
			i.Moved = append(i.Moved, gm.Proc)
		}
	}
	if old != nil {
		for _, gm := range old.view.Members {
			if !v.Carries(gm) {
				i.Left = append(i.Left, gm.Proc)
			}
		}
	}
	m.past.told++
	m.s.fx.Fact(fact.View{
		Proc: m.proc, Group: m.group, Name: m.name, View: v.Index, Seq: v.Seq, Attempt: v.Index,
		Members: v.Procs(), Ready: v.ReadyProcs(), Joined: i.Joined, Left: i.Left, Moved: i.Moved,
	})
	me := v.Members[v.Rank(m.proc)]
	if !me.Ready && m.loading == nil && old == nil {
		m.startLoading()
	}
	m.handView(i)
	m.calls.Keep(v.Carries)
}

// replayEarly handles what came for this view before it was installed.
func (m *member) replayEarly() {
	list := m.early.list
	m.early = coming{}
	for _, x := range list {
		m.received(x)
	}
}
