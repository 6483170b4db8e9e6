package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Slow members. Flow control has a sender wait for the slowest program of the
// group. A member that was told for how long it is to bear that asks the log to
// set a slow one aside, or to take it out of the group.
//
// A member that is set aside keeps its rank, its vote in what is stable, and all
// that is cast; but it is not ready: nobody asks it anything, it has no role, and
// what its program has yet to handle counts as handled, up to flow.JoinBacklog.
// When it has handled all, the log calls it ready again. So a slow member costs
// the others no more than a joiner does.

// Patience is what a member does about those that do not keep up.
type Patience struct {
	// After is how long a cast of this member may be unhandled at another before
	// that one is slow; 0: for ever.
	After effect.Time
	// Dismiss takes a slow one out of the group; else it is set aside.
	Dismiss bool
}

// slowness is the watch a member keeps over those that handle its casts.
type slowness struct {
	view uint64      // a member that has not used
	mark uint64      // so much of our stream in it, or all of it once it is over,
	over bool        // as it is,
	due  effect.Time // by then, is slow; 0: nothing is out
}

// watchSlow asks the log to act on members that have not handled in time what all
// hold, and what was delivered here: it can only be their programs.
func (m *member) watchSlow(c *installed) {
	if m.patience.After != 0 && m.patience.Dismiss && !m.wedged() && m.loading == nil {
		for rank, gm := range c.view.Members {
			if rank != c.rank && gm.Aside {
				m.s.requests.add(msg.Op{Kind: msg.OpDismiss, Proc: gm.Proc, Group: m.group, Index: gm.Joined, Old: m.proc, Since: c.view.Index})
			}
		}
	}
	w := &m.slow
	switch {
	case m.patience.After == 0 || !m.account.Pending() || m.loading != nil:
		*w = slowness{}
		return
	case m.wedged():
		return
	case w.due == 0 || m.usedWatched(c):
		*w = slowness{view: c.view.Index, mark: c.sent, due: m.s.now + m.patience.After}
	case w.view < c.view.Index && !w.over: // for what came in it after the mark there is as much time
		w.over, w.due = true, m.s.now+m.patience.After
	}
	if m.s.now >= w.due {
		w.due = m.s.now + m.patience.After
		if w.over || c.stable.Stable()[c.rank] >= w.mark && c.queue.Done()[c.rank] >= w.mark {
			m.accuseSlow(c)
		}
	}
	m.s.wakeAt(w.due)
}

// usedWatched reports whether all have used what is watched.
func (m *member) usedWatched(c *installed) bool {
	if w := &m.slow; w.view < c.view.Index {
		return c.stable.AllClear(w.view + 1)
	}
	return c.stable.Spent()[c.rank] >= m.slow.mark && m.account.Carried() == 0
}

// accuseSlow asks the log to set aside, or take out, whom we wait for.
func (m *member) accuseSlow(c *installed) {
	out, first := m.account.Out() // who casts by itself need not wait for itself; who asks us to relay does
	for rank, gm := range c.view.Members {
		if rank == c.rank && out.Relayed == 0 || !m.awaits(c, rank, first) {
			continue
		}
		op := msg.Op{Kind: msg.OpAside, Proc: gm.Proc, Group: m.group, Index: gm.Joined, Old: m.proc, Since: c.view.Index}
		if m.patience.Dismiss || !gm.Ready { // set aside, or yet to be ready, and slow all the same
			op.Kind = msg.OpDismiss
		}
		m.s.requests.add(op)
	}
}

// awaits reports whether we wait for the program of a member. Of one that is being given the
// state it is for what is more than it may keep back: first is the first of our casts that is
// not used. Our order records, which no program sees, it has yet to say that it has used.
func (m *member) awaits(c *installed, rank int, first uint64) bool {
	w, gm := m.slow, c.view.Members[rank]
	earlier, mark := m.account.Carried(), w.mark
	if w.over {
		earlier = w.view
	}
	if gm.Joined <= earlier && c.stable.ClearOf(rank) < earlier { // who came since has nothing of it
		return true
	}
	if !gm.Ready && !gm.Aside {
		mark = min(mark, first)
	}
	return !w.over && slices.Contains(c.stable.Unused(c.rank, mark), rank)
}

// turnAside follows what the log has made of us: set aside, what our program was
// given before counts as handled too.
func (m *member) turnAside(c *installed) {
	me := c.view.Members[c.rank]
	if !me.Aside {
		m.aside = false
		if g := m.s.Group(m.group); m.barred && g != nil && g.Rank(m.proc) >= 0 && !g.Members[g.Rank(m.proc)].Aside {
			m.barred = false
			if !m.leaving {
				m.gate.Reopen()
			}
		}
		return
	}
	if m.aside {
		return
	}
	m.aside = true
	for i := range m.handed {
		m.excuse(&m.handed[i])
	}
	m.ackNow = true
}

// excuse counts what the program has yet to handle as handled, while there is
// room for it.
func (m *member) excuse(h *handed) {
	if h.free || !h.item {
		return
	}
	if h.free = m.keeps+h.size <= flow.JoinBacklog; h.free {
		h.kept = true
		m.keeps += h.size
		m.countUsed(*h)
	}
}

// caughtUp asks the log to call us ready again, when our program has handled all
// that it was given.
func (m *member) caughtUp() {
	g := m.s.Group(m.group)
	if !m.aside || len(m.handed) > 0 || len(m.ending) > 0 || g == nil {
		return
	}
	if r := g.Rank(m.proc); r >= 0 && g.Members[r].Aside {
		m.s.requests.add(msg.Op{Kind: msg.OpReady, Proc: m.proc, Group: m.group, Index: m.joined})
	}
}

// slowOps are what an entry says of slow members of a group.
func slowOps(e *msg.Entry, was, now *view.Group) []Slowness {
	var list []Slowness
	for _, op := range e.Ops {
		if op.Group != now.Group || was == nil || !was.Carries(view.GroupMember{Proc: op.Proc, Joined: op.Index}) {
			continue
		}
		r := now.Rank(op.Proc)
		switch {
		case op.Kind == msg.OpAside && r >= 0 && now.Members[r].Aside && !was.Members[was.Rank(op.Proc)].Aside:
		case op.Kind == msg.OpDismiss && r < 0:
		default:
			continue
		}
		list = append(list, Slowness{Proc: op.Proc, By: op.Old, Dismissed: op.Kind == msg.OpDismiss})
	}
	return list
}

// dismissed reports whether e takes m out for being slow.
func dismissed(e *msg.Entry, m *member) bool {
	return slices.ContainsFunc(e.Ops, func(op msg.Op) bool {
		return op.Kind == msg.OpDismiss && op.Group == m.group && op.Proc == m.proc && op.Index == m.joined
	})
}
