package core

import (
	"github.com/cohortkit/cohort/internal/core/clients"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/xfer"
)

// The member's side of client sessions: what their runs do at their place in
// the total order. speaker.go is the client's.

// spoken takes what no program shall see off a run of a session. It returns the
// rest of it, and whose it is; nil when nothing is left.
func (m *member) spoken(c *installed, rank int, r *msg.Run, pos uint64) (*msg.Run, uint64) {
	if r.Session.Op != msg.SessionRequest {
		m.tellDelivery(c, delivery{rank: rank, run: r, pos: pos, void: true})
		m.markUsed(c, rank, r)
		m.sessionTurn(c, rank, r.Session)
		return nil, 0
	}
	x := m.clients.Of(r.Origin)
	if x == nil || r.OFirst > x.Last+1 {
		m.tellDelivery(c, delivery{rank: rank, run: r, pos: pos, void: true})
		m.markUsed(c, rank, r)
		if rank == c.rank {
			m.refuseSpeaker(c, r.Origin, r.Session.ID, r.Session.Holder)
		}
		return nil, 0
	}
	x.Acknowledge(r.Session.Acked)
	if r.OFirst <= x.Last {
		again := r
		if r.OFirst+uint64(r.N)-1 > x.Last {
			again, r = r.Cut(uint32(x.Last - r.OFirst + 1))
		} else {
			r = nil
		}
		m.tellDelivery(c, delivery{rank: rank, run: again, pos: pos, session: x.ID, dup: true})
		m.repeat(c, x, again)
		m.carriedOut(c, rank, x, again)
		if r == nil {
			m.markUsed(c, rank, again)
			return nil, 0
		}
		pos += uint64(again.N)
	}
	end := r.OFirst + uint64(r.N) - 1
	m.seen.add(r.Origin, end, c.view.Index)
	x.Next(end, r.Call)
	m.tellDelivery(c, delivery{rank: rank, run: r, pos: pos, session: x.ID})
	m.carriedOut(c, rank, x, r)
	return r, x.ID
}

// carriedOut tells the client of requests that we have relayed that they are
// held, now that they have not turned out void, and in which view they were
// delivered. What was carried out for one who spoke before is asked in this one.
func (m *member) carriedOut(c *installed, rank int, x *clients.Session, r *msg.Run) {
	if rank != c.rank {
		return
	}
	first, last := r.OFirst, r.OFirst+uint64(r.N)-1
	if upto := min(last, x.Base); first <= upto {
		m.tellHeldOne(relayed{caller: r.Origin, view: c.view.Index, first: first, upto: upto})
		first = upto + 1
	}
	if first > last {
		return
	}
	for _, part := range m.seen.split(r.Origin, first, last, c.view.Index) {
		m.tellHeldOne(relayed{caller: r.Origin, view: part.View, first: first, upto: part.Last})
		first = part.Last + 1
	}
}

// repeat answers what a client asks again that has taken its session over. In
// the view before, or from another relay, it gets the answers it waits for
// anyway.
func (m *member) repeat(c *installed, x *clients.Session, r *msg.Run) {
	if !r.Call || !c.view.Members[c.rank].Ready {
		return
	}
	for n := r.OFirst; n < r.OFirst+uint64(r.N) && n <= x.Base; n++ {
		if reply, given := x.Again(n, c.view.Index); given {
			req := Request{Group: m.group, Caller: x.Proc, Of: c.view.Index, Cast: n, Session: x.ID}
			m.s.give(Answer{Proc: m.proc, Request: req, Null: reply.Null, Body: reply.Body})
		}
	}
}

// sessionTurn opens or ends a session, or gives it to another process.
func (m *member) sessionTurn(c *installed, rank int, o *msg.Session) {
	m.s.groups.mark(m) // its client may be gone already
	switch o.Op {
	case msg.SessionOpen:
		if m.clients.Of(o.Proc) == nil && m.seen.knows(o.Proc) { // another relay's copy of a wish that was granted once
			if rank == c.rank {
				m.refuseSpeaker(c, o.Proc, o.ID, o.Holder)
			}
			return
		}
		var before msg.SessionState
		if x := m.clients.Session(o.ID); x != nil {
			before = x.SessionState
		}
		x, status, changed := m.clients.Speak(o)
		if changed {
			m.seen.add(o.Proc, x.Last, c.view.Index)
		}
		switch {
		case !changed:
		case before.Proc == 0:
			m.tellSession(c, x, "open")
		default: // all members tell: what it still waits for is answered to the other
			m.tellSession(c, x, "taken")
			m.refuseSpeaker(c, before.Proc, o.ID, before.Holder)
		}
		if rank == c.rank {
			m.s.fx.Control(o.Proc.Site(), &msg.SessionTold{Dest: m.group, Caller: o.Proc, Of: c.view.Index, ID: x.ID, Last: x.Last, Status: status})
		}
	case msg.SessionClose:
		if x := m.clients.Of(o.Proc); x != nil {
			m.tellSession(c, x.SessionState, "closed")
			m.clients.End(x.ID)
		}
		delete(m.seen, o.Proc) // nothing that it asked comes again (closeIfDone)
	case msg.SessionExpire:
		if x := m.clients.Session(o.ID); x != nil && x.Proc == o.Proc && x.At == o.At {
			m.tellSession(c, x.SessionState, "expired")
			m.clients.End(x.ID)
		}
	case msg.SessionRequest:
	}
}

func (m *member) tellSession(c *installed, x msg.SessionState, what string) {
	m.s.fx.Fact(fact.Session{
		Proc: m.proc, Group: m.group, View: c.view.Index, Session: x.ID, What: what, Client: x.Proc, Holder: x.Holder, Last: x.Last,
	})
}

// refuseSpeaker tells a process whose requests do not count, or no more, what became
// of its session.
func (m *member) refuseSpeaker(c *installed, proc id.Address, session uint64, holder id.Address) {
	if !m.s.log.View().Has(proc.Site()) {
		return
	}
	told := &msg.SessionTold{Dest: m.group, Caller: proc, Of: c.view.Index, ID: session}
	told.Last, told.Status = m.clients.Outcome(session, holder)
	m.s.fx.Control(proc.Site(), told)
}

// expiring is what a conservative lead waits for before it ends the sessions that were
// due at upto, nil for nothing.
type expiring struct {
	bound *bound
	upto  effect.Time
}

// expire ends the sessions whose clients have been out of the system for too
// long. The site's own heartbeats keep a session alive, and the log says when a
// site is out; the oldest member that holds the state waits, and lets the total
// order decide: a client that came back before keeps its session.
func (m *member) expire(c *installed) {
	m.expireAt = 0
	v, wait, waits := m.s.log.View(), &m.expiring, false
	if wait.bound == nil {
		wait.upto = m.s.now
	}
	for _, x := range m.clients.Open() {
		switch {
		case v.Has(x.Proc.Site()):
			x.Due = 0
			continue
		case x.Due == 0:
			x.Due = m.s.now + m.s.cfg.Absent
		}
		switch {
		case c.rank != c.view.Lead() || x.Due == effect.Never:
		case m.wedged() || c.barrier:
			waits = waits || m.s.now >= x.Due
		case m.s.now >= x.Due:
			if !m.mayDepend(&wait.bound) || x.Due > wait.upto {
				waits = true
				continue
			}
			x.Due = effect.Never
			o := &msg.Session{Op: msg.SessionExpire, ID: x.ID, Proc: x.Proc, At: x.At}
			m.send(c, &msg.Run{N: 1, Order: msg.Total, Safe: true, Session: o, Body: msg.AppendCast(nil, nil)}, wait.bound)
		case m.expireAt == 0 || x.Due < m.expireAt:
			m.expireAt = x.Due
		}
	}
	if wait.bound != nil && (wait.bound.empty() || !waits) {
		wait.bound = nil
		m.s.groups.mark(m) // for what came to be due since
	}
	if m.expireAt != 0 {
		m.s.wakeAt(m.expireAt)
	}
}

// answered keeps an answer to a request of a session, and says where it goes
// now: another process may speak for the client by now, and has asked again or
// will.
func (m *member) answered(ev *Answer) {
	x := m.clients.Session(ev.Request.Session)
	if x == nil {
		return
	}
	asked := x.Answered(msg.Reply{Cast: ev.Request.Cast, Null: ev.Null, Body: ev.Body})
	if asked != 0 {
		ev.Request.Caller, ev.Request.Of = x.Proc, asked
	}
}

// sendReplies gives a joiner what our program has answered in sessions up to
// where its state was captured. Of what it answered to casts before, the answers
// are here: it gave them before it captured the state.
func (m *member) sendReplies(d *xfer.Donor) {
	for _, piece := range m.clients.Given(d.Marks, maxBody) {
		m.s.fx.Bulk(d.Joiner.Site(), &msg.XferReplies{Group: m.group, Joiner: d.Joiner, Xfer: d.Xfer, Sessions: piece})
	}
}

// Sessions is what a member knows of its group's client sessions, nil if proc is
// none: the same at all members of a view that were delivered the same.
func (s *Site) Sessions(group, proc id.Address) *msg.SessionTable {
	m := s.groups.find(group, proc)
	if m == nil || m.cur == nil {
		return nil
	}
	t := m.clients.State()
	return &t
}
