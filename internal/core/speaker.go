package core

import (
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// speaker is what a caller has that speaks for a session. Its requests are
// numbered by the session, and go out in total order, safe.
type speaker struct {
	wish   *msg.Request // to speak for it; nil once that was granted
	asked  bool         // of the relay that we have
	id     uint64
	holder id.Address
	closes bool   // the program asks nothing more
	close  uint64 // the number of the request to close it, 0 while there is none
}

// openSession makes a process speak for a session: a new one, or one that
// another spoke for before.
func (s *Site) openSession(ev OpenSession) {
	if s.log.View() == nil || s.Group(ev.Dest) == nil || s.groups.find(ev.Dest, ev.Proc) != nil || s.outside.find(ev.Proc, ev.Dest) != nil {
		s.item(SessionEnded{Proc: ev.Proc, Dest: ev.Dest, Session: ev.Session})
		return
	}
	c := s.caller(ev.Proc, ev.Dest)
	c.last = max(ev.Next, 1) - 1
	c.speaker = &speaker{id: ev.Session, holder: ev.Holder, wish: &msg.Request{
		Dest: ev.Dest, Caller: ev.Proc, Order: msg.Total, Safe: true, N: 1, Body: msg.AppendCast(nil, nil),
		Session: &msg.Session{
			Op: msg.SessionOpen, ID: ev.Session, Proc: ev.Proc, At: s.log.Index(), Holder: ev.Holder, Takes: ev.Takes,
		},
	}}
	s.outside.touch(c)
}

// closeSession ends the session that a process speaks for, after what it has
// asked already.
func (s *Site) closeSession(ev CloseSession) {
	c := s.outside.find(ev.Proc, ev.Dest)
	if c == nil || c.speaker == nil || c.speaker.closes {
		return
	}
	c.speaker.closes = true
	s.closeIfDone(c)
}

// closeIfDone asks the group to end a session that its program has closed, once
// nothing else is open in it: a member that has yet to answer what was asked again
// knows from the session who asks now, and another relay that repeated what came
// before the end would have it carried out in a new one. A wish that was
// followed by no request has to be granted before; others are, by when those are held. So
// all else that the group is brought of this caller is delivered before the end: what one
// relay casts comes in the order in which it was asked, and what the next one does in a
// later view. The group can forget the caller then.
func (s *Site) closeIfDone(c *caller) {
	x := c.speaker
	if x == nil || !x.closes || x.close != 0 || (x.wish != nil && len(c.unheld) == 0) || len(c.unheld) > 0 || c.calls.Len() > 0 {
		return
	}
	c.last++
	x.close = c.last
	c.unheld = append(c.unheld, request{Request: &msg.Request{
		Dest: c.dest, Caller: c.proc, First: c.last, Order: msg.Total, Safe: true, N: 1, Body: msg.AppendCast(nil, nil),
		Session: &msg.Session{Op: msg.SessionClose, Proc: c.proc},
	}})
	s.outside.touch(c)
}

// address makes a request one for the relay we have.
func (c *caller) address(s *Site, r *msg.Request) *msg.Request {
	again := *r
	again.Relay, again.Joined = c.relay.Proc, c.relay.Joined
	again.Index, again.View, again.Time = s.log.Index(), c.seenView, c.seenTime.Clone()
	if r.Session != nil && r.Session.Op == msg.SessionRequest {
		again.Session = &msg.Session{Op: msg.SessionRequest, ID: c.speaker.id, Acked: c.acked(), Holder: c.speaker.holder}
	}
	return &again
}

// acked is the last request up to which all have their answers.
func (c *caller) acked() uint64 {
	upto := c.last
	if len(c.unheld) > 0 {
		upto = c.unheld[0].First - 1
	}
	if first, ok := c.calls.First(); ok {
		upto = min(upto, first.Cast-1)
	}
	return upto
}

// sessionTold hears of the session that a process wants to speak for, or speaks
// for no more.
func (s *Site) sessionTold(x *msg.SessionTold) {
	c := s.outside.find(x.Caller, x.Dest)
	if c == nil || c.speaker == nil {
		return
	}
	if x.Status != msg.SessionStands {
		c.refuse(x)
		s.outside.drop(s, c)
		return
	}
	if c.speaker.wish != nil {
		c.speaker.wish, c.speaker.id = nil, x.ID
		s.item(SessionOpened{Proc: x.Caller, Dest: x.Dest, Session: x.ID, Last: x.Last})
		s.closeIfDone(c)
	}
}

// refuse ends the calls of a session that has ended: what came after its last
// request will never be carried out; what came before was, and nobody keeps the
// answers any more.
func (c *caller) refuse(x *msg.SessionTold) {
	for key, ok := c.calls.First(); ok; key, ok = c.calls.First() {
		switch {
		case x.Status == msg.SessionForgotten:
			c.calls.Fail(key, call.Unknown)
		case x.Status == msg.SessionEnded && key.Cast <= x.Last:
			c.calls.Fail(key, call.Spent)
		default:
			c.calls.Fail(key, call.Refused)
		}
	}
}

// session is the number of the session that the caller speaks for, if it has
// one and knows it.
func (c *caller) session() uint64 {
	if c.speaker == nil {
		return 0
	}
	return c.speaker.id
}

// holder is the program that the caller is of, if it speaks for a session.
func (c *caller) holder() id.Address {
	if c.speaker == nil {
		return 0
	}
	return c.speaker.holder
}

// closed reports whether the group holds the word that the session is closed.
func (c *caller) closed(upto uint64) bool {
	return c.speaker != nil && c.speaker.close != 0 && c.speaker.close <= upto
}

// caller is the caller for a process and a destination.
func (s *Site) caller(proc, dest id.Address) *caller {
	c := s.outside.find(proc, dest)
	if c == nil {
		c = &caller{proc: proc, dest: dest}
		c.calls = call.New(func(e call.Event) { s.called(proc, dest, e) })
		if g := s.Group(dest); g != nil {
			c.views = []*view.Group{g}
		}
		s.outside.list = append(s.outside.list, c)
		p := s.pasts.of(proc)
		p.callers = append(p.callers, c)
	}
	return c
}
