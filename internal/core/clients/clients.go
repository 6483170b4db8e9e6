// Package clients is the table of client sessions in the state of a group.
//
// A session belongs to a client outside the group, not to the process that
// speaks for it: that may die with its site, and another take the session and
// ask again what it got no answer to. All members see the casts of sessions in
// one order, so they agree on who speaks for a session and which requests were
// carried out. What their own programs answered each keeps for itself, and gives
// it to those it feeds the state.
//
// Requires: runs of sessions in total order. Guarantees: C1, C2; what is kept
// is bounded by what clients acknowledge and by the bounds of package flow.
package clients

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Table is the sessions of one group as one member has them.
type Table struct {
	opened uint64
	open   []*Session // by ID
	byProc map[id.Address]*Session
	ended  []msg.SessionState // the latest last
}

// Session is one session that stands.
type Session struct {
	msg.SessionState
	// Due is when the session expires, by this member's clock: 0 while its client
	// is in the system, Never when the word to end it is on its way.
	Due     effect.Time
	answers answers
}

// Take returns the table that a member begins with.
func Take(from msg.SessionTable) *Table {
	t := &Table{opened: from.Opened, byProc: map[id.Address]*Session{}}
	for _, x := range from.Sessions {
		if x.Proc == 0 {
			t.ended = append(t.ended, x)
		} else {
			t.add(&Session{SessionState: x})
		}
	}
	return t
}

func (t *Table) add(x *Session) {
	t.open = append(t.open, x)
	t.byProc[x.Proc] = x
}

// State is what all members know alike.
func (t *Table) State() msg.SessionTable {
	s := msg.SessionTable{Opened: t.opened}
	for _, x := range t.open {
		s.Sessions = append(s.Sessions, x.SessionState)
	}
	s.Sessions = append(s.Sessions, t.ended...)
	return s
}

// Open lists the sessions that stand. Do not change it.
func (t *Table) Open() []*Session { return t.open }

// Turn begins a view: a word on its way in the last one has come or is lost.
func (t *Table) Turn() {
	for _, x := range t.open {
		if x.Due == effect.Never {
			x.Due = 1
		}
	}
}

// Of is the session that proc speaks for, or nil.
func (t *Table) Of(proc id.Address) *Session { return t.byProc[proc] }

// Session finds a session that stands, or nil.
func (t *Table) Session(number uint64) *Session {
	i, ok := t.find(number)
	if !ok {
		return nil
	}
	return t.open[i]
}

func (t *Table) find(number uint64) (int, bool) {
	return slices.BinarySearchFunc(t.open, number, func(x *Session, n uint64) int {
		switch {
		case x.ID < n:
			return -1
		case x.ID > n:
			return 1
		}
		return 0
	})
}

// Speak makes o.Proc the one who speaks for a session: a new one, or o.ID, which
// its program has or takes. Of one program, who took it by a later log entry keeps
// it: an earlier process is gone, and its wish came late. It says how the session
// stands then; changed is false if nothing was changed, as when a second relay
// brings the same wish.
func (t *Table) Speak(o *msg.Session) (s msg.SessionState, status msg.SessionStatus, changed bool) {
	if x := t.Of(o.Proc); x != nil {
		return x.SessionState, msg.SessionStands, false
	}
	if o.ID == 0 {
		if len(t.open) >= flow.Sessions {
			return s, msg.SessionFull, false
		}
		t.opened++
		x := &Session{SessionState: msg.SessionState{ID: t.opened, Proc: o.Proc, At: o.At, Holder: o.Holder}}
		t.add(x)
		return x.SessionState, msg.SessionStands, true
	}
	x := t.Session(o.ID)
	ours := x != nil && o.Holder == x.Holder
	if x == nil || (ours && o.At < x.At) || (!ours && !o.Takes) {
		s.ID = o.ID
		s.Last, status = t.Outcome(o.ID, o.Holder)
		return s, status, false
	}
	if !ours {
		x.Holder, x.Was, x.Until = o.Holder, x.Holder, x.Last
	}
	delete(t.byProc, x.Proc)
	x.Proc, x.At, x.Base, x.Due = o.Proc, o.At, x.Last, 0
	t.byProc[x.Proc] = x
	x.answers.forgetAskers()
	return x.SessionState, msg.SessionStands, true
}

// Outcome is up to where the requests were carried out of a program that has, or
// had, a session. Of the others was none, and none will be. Forgotten: it is not
// known, for the session was taken twice since, or ended long ago.
func (t *Table) Outcome(number uint64, holder id.Address) (last uint64, status msg.SessionStatus) {
	var s msg.SessionState
	if x := t.Session(number); x != nil {
		s = x.SessionState
	} else if k := slices.IndexFunc(t.ended, func(x msg.SessionState) bool { return x.ID == number }); k >= 0 {
		s = t.ended[k]
	}
	switch holder {
	case 0:
	case s.Holder:
		return s.Last, msg.SessionEnded
	case s.Was:
		return s.Until, msg.SessionEnded
	}
	return 0, msg.SessionForgotten
}

// End ends a session.
func (t *Table) End(number uint64) {
	i, ok := t.find(number)
	if !ok {
		return
	}
	x := t.open[i]
	t.open = slices.Delete(t.open, i, i+1)
	delete(t.byProc, x.Proc)
	if len(t.ended) == flow.EndedSessions {
		t.ended = slices.Delete(t.ended, 0, 1)
	}
	t.ended = append(t.ended, msg.SessionState{ID: x.ID, Last: x.Last, Holder: x.Holder, Was: x.Was, Until: x.Until})
}

// Acknowledge drops the answers that the client does not need.
func (x *Session) Acknowledge(upto uint64) {
	if upto = min(upto, x.Last); upto > x.Acked {
		x.Acked = upto
		x.answers.drop(upto)
	}
}

// Next notes that requests up to last are delivered. Of calls answers will come.
func (x *Session) Next(last uint64, calls bool) {
	for n := x.Last + 1; calls && n <= last; n++ {
		x.answers.expect(n)
	}
	x.Last = last
}
