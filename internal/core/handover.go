package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Migration: a joiner that holds the state takes the place of another member.
// That one sends no more, waits until all it has sent is stable, and then asks the
// log for both at once: in one view it is gone and its heir has its rank.
//
// The place is that of a membership which began before the heir's. If its process
// has left since and is a member again, the place is gone. So an heir waits only for
// older members, and no two wait for each other.

// ready tells the log that we hold the state; who is to take another's place
// asks that one to do it.
func (m *member) ready() {
	if v := m.cur.view; m.inherits(v) {
		m.s.fx.Control(m.replaces.Site(), &msg.HandOver{Group: m.group, View: v.Index, To: m.replaces, Heir: m.proc, Joined: m.joined})
		return
	}
	m.s.requests.add(msg.Op{Kind: msg.OpReady, Proc: m.proc, Group: m.group, Index: m.joined})
}

// inherits reports whether the member whose place we are to take is in v.
func (m *member) inherits(v *view.Group) bool {
	r := v.Rank(m.replaces)
	return r >= 0 && v.Members[r].Joined < m.joined
}

// onHandOver begins to leave our place to an heir, unless it asks for one that we
// had before.
func (m *member) onHandOver(x *msg.HandOver) {
	heir := view.GroupMember{Proc: x.Heir, Joined: x.Joined}
	g := m.s.Group(m.group)
	if x.To != m.proc || x.Joined <= m.joined || g == nil || !g.Carries(heir) {
		return
	}
	if m.loading != nil { // we have no place to leave, and our program may never take over the state
		m.wanted = true
		m.leave()
		return
	}
	m.outlive(g) // it may be in the next view before us, and asks once in each
	if m.heir == nil && !m.asked {
		// Who is leaving, and waits for somebody to hold the state, leaves it to the heir.
		m.heir = &heir
		m.leave()
	}
}

// holdsPlace reports whether we have a place that an heir can take: one who is yet to
// take another's, or to hold the state, has none.
func (m *member) holdsPlace() bool {
	g := m.s.Group(m.group)
	if g == nil || g.Rank(m.proc) < 0 {
		return false
	}
	me := g.Members[g.Rank(m.proc)]
	return me.Ready || me.Aside
}

// turnHandOver brings a migration up to a new view: an heir whose predecessor is
// gone is ready as any joiner is, and asks once more one that is still there.
func (m *member) turnHandOver(v *view.Group) {
	if m.replaces != 0 && m.loading == nil && !v.Members[v.Rank(m.proc)].Ready && !v.Members[v.Rank(m.proc)].Aside {
		m.ready()
	}
	m.outlive(v)
}

// outlive forgets an heir that is gone by view v: we stay, and serve reads again. Who
// asks may be in views that are yet to be shown to our program.
func (m *member) outlive(v *view.Group) {
	if h := m.heir; h != nil && v.Index >= h.Joined && !v.Carries(*h) {
		m.s.requests.drop(msg.Op{Kind: msg.OpReplace, Proc: h.Proc, Group: m.group, Index: h.Joined, Old: m.proc, Since: m.joined})
		m.heir, m.asked, m.leaving = nil, false, m.wanted
		m.stay()
		if !m.wanted && !m.barred {
			m.gate.Reopen()
		}
	}
}

// drop ends an operation, and reports whether it was open.
func (r *requests) drop(op msg.Op) bool {
	i := slices.Index(r.open, op)
	if i >= 0 {
		r.open = slices.Delete(r.open, i, i+1)
	}
	return i >= 0
}
