package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
	"github.com/cohortkit/cohort/internal/core/view"
)

// queued is what waits to be sent: casts of our program, a request relayed for
// somebody outside, or a flush call that comes after them.
type queued struct {
	cast    *Cast
	at      uint64  // of the first, among what its program made (made.go); 0 if it carries no causality
	answer  *Answer // cast is the copy of this one
	request *msg.Request
	flush   uint64
	bound   *bound // what a conservative member waits for before it, nil if it was not held back
}

type flushWait struct {
	id   uint64
	view uint64
	upto vclock.Time
}

// cast takes casts of a local process, to its own group, another, or a process.
func (s *Site) cast(ev Cast) {
	if m := s.groups.find(ev.Dest, ev.Proc); m != nil && !m.leaving {
		s.tellCalls(ev)
		m.enqueue(queued{cast: &ev})
		return
	}
	s.castOutside(ev)
}

// MaxRun bounds the body of a run that is made of several casts.
const MaxRun = 64 << 10

// join appends a later cast to the same group to one that waits, if they can share a run.
func (c *Cast) join(later *Cast) bool {
	if c.Order != later.Order || c.Safe != later.Safe || (c.Calls == nil) != (later.Calls == nil) || len(c.Body)+len(later.Body) > MaxRun {
		return false
	}
	c.N += later.N
	c.Body = append(c.Body, later.Body...)
	c.Calls = append(c.Calls, later.Calls...)
	return true
}

func (s *Site) tellCalls(ev Cast) {
	for _, spec := range ev.Calls {
		s.fx.Fact(fact.Call{Caller: ev.Proc, Group: ev.Dest, ID: spec.ID, Want: spec.Want, Order: orderName(ev.Order)})
	}
}

// sendQueued sends what waits, if the view lets us. After a Barrier cast
// everything but further ones waits for the next view; and who has asked to be
// let out may be out by now, so that nothing more would be sure to get there.
func (m *member) sendQueued(c *installed) {
	n, copies := 0, len(m.copies)
	m.unsecured = false
	for ; n < len(m.queue) && !m.wedged() && !m.asked; n++ {
		q := m.queue[n]
		if q.flush != 0 {
			m.awaitStable(c, q.flush)
			continue
		}
		var r *msg.Run
		if q.cast != nil {
			r = &msg.Run{N: q.cast.N, Order: q.cast.Order, Safe: q.cast.Safe, Call: q.cast.Calls != nil, Body: q.cast.Body, Loan: q.cast.Loan}
		} else {
			if v := m.s.log.View(); !v.Has(q.request.Caller.Site()) {
				continue
			}
			r = runFor(q.request)
		}
		if (c.barrier && r.Order != msg.Barrier) || !m.maySend(n, r) {
			break
		}
		m.send(c, r, m.queue[n].bound)
		if q.cast != nil && r.Order == msg.Causal {
			m.sentMade(r.Last())
		}
		switch {
		case q.request != nil:
			m.account.Sent(r.Last(), flow.Bytes{Relayed: r.Size()})
		case q.answer == nil: // the program counts what it casts itself
			m.account.Sent(r.Last(), flow.Bytes{Own: r.Size()})
		}
		if q.answer != nil {
			q.answer.copied = call.Key{View: c.view.Index, Cast: r.Last()}
			m.copies = append(m.copies, copied{c.view.Index, c.past(), *q.answer})
		}
		if q.cast != nil {
			m.openCalls(c, r, q.cast.Calls)
		} else if x := q.request.Session; x == nil || x.Op == msg.SessionClose {
			m.awaitHeld(c, q.request)
		}
	}
	if m.queue = slices.Delete(m.queue, 0, n); len(m.queue) == 0 {
		m.queue = nil
	}
	if len(m.copies) > copies { // somebody waits for the answer
		m.sendAck(c, true)
	}
}

// send puts casts into our stream, behind the positions already due. They have waited
// for b, if that is not nil.
func (m *member) send(c *installed, r *msg.Run, b *bound) {
	m.sequence(c)
	if r.Order == msg.Causal || r.Order == msg.Total {
		// What we were delivered is what this cast may depend on.
		r.Time = c.past()
	}
	if r.Order != msg.FIFO {
		r.Deps, r.Clock = c.untold(m.s.deps(m.past, m.group)), m.past.tick()
	}
	c.append(r, &m.s.fx)
	c.borrow(c.rank, r, m.s.breaks)
	if m.s.fx.Tracing {
		f := fact.Send{
			Proc: m.proc, Group: m.group, View: c.view.Index, First: r.First, N: r.N,
			Order: orderName(r.Order), Safe: r.Safe, Call: r.Call, Origin: r.Origin, OFirst: r.OFirst,
			Strong: m.conservative && r.Order != msg.FIFO, Void: r.Origin == 0 && (r.Session != nil || r.Listed != nil),
		}
		if b != nil && f.Strong {
			f.Later = m.past.told - b.told
		}
		m.s.fx.Fact(f)
		m.s.fx.Fact(fact.Held{Proc: m.proc, Group: m.group, View: c.view.Index, Sender: m.proc, Upto: r.Last()})
	}
	if r.Order == msg.Barrier {
		c.barrier = true
		m.s.requests.add(msg.Op{Kind: msg.OpFlush, Group: m.group, Index: c.view.Index})
	}
}

// openCalls registers the calls of a run that was just sent.
func (m *member) openCalls(c *installed, r *msg.Run, specs []CallSpec) {
	if len(specs) == 0 {
		return
	}
	ready := c.view.ReadyMembers()
	for i, spec := range specs {
		key := call.Key{View: c.view.Index, Cast: r.First + uint64(i)}
		if m.s.fx.Tracing {
			m.s.fx.Fact(fact.Asked{Caller: m.proc, Group: m.group, ID: spec.ID, View: key.View, Cast: key.Cast})
		}
		m.calls.Open(spec.ID, spec.Want, key)
		m.calls.Expect(key, 0, ready)
	}
}

// answer takes what a program answers.
func (s *Site) answer(ev Answer) {
	req := ev.Request
	if s.outside.unheard(s, req.Caller.Site()) {
		s.outside.await(ev)
		return
	}
	m := s.groups.find(req.Group, ev.Proc)
	if m != nil && req.Of < m.joined {
		return // it was asked as another member, which its caller knows is gone
	}
	if ev.Copy != nil && req.Group != 0 {
		if m != nil {
			m.copyFirst(ev)
		}
		return // who has left has nobody to cast the copy to, and answers no more
	}
	if m != nil && req.Session != 0 {
		m.answered(&ev)
	}
	s.give(ev)
}

// reply sends what a process answered, now or before, to who is the caller by ev,
// with what the process has seen.
func (s *Site) reply(ev Answer) {
	from, req := ev.Proc, ev.Request
	m := s.groups.find(req.Group, from)
	if m != nil && req.Of < m.joined {
		return
	}
	item := msg.Reply{View: req.View, Cast: req.Cast, Null: ev.Null, Body: ev.Body}
	r := &msg.Replies{Group: req.Group, From: from, To: req.Caller, Of: req.Of}
	p := s.pasts.of(from)
	if m != nil && m.cur != nil {
		r.View, r.Time = m.shown().view.Index, m.shown().queue.Done().Clone()
	} else if req.Group != 0 { // it has left, or is not in again yet
		r.View, r.Time = p.knows(s, req.Group)
	}
	r.Deps, r.Clock = cloned(s.deps(p, req.Group)), p.clock
	if s.fx.Tracing {
		f := fact.Reply{Proc: from, Group: req.Group, Caller: req.Caller, View: item.View, Cast: item.Cast, Null: item.Null}
		f.Copied = req.Group != 0 && (ev.Copy != nil || ev.copied.Cast != 0)
		f.CopyView, f.Copy = ev.copied.View, ev.copied.Cast
		if f.Group == 0 {
			f.Group = from
		}
		if req.Session != 0 {
			f.Session, f.Sum = req.Session, digest(item.Body)
		}
		s.fx.Fact(f)
	}
	// Replies of one step to one caller share a message.
	for i := len(s.fx.Sends) - 1; i >= 0 && i >= len(s.fx.Sends)-8; i-- {
		last, ok := s.fx.Sends[i].Msg.(*msg.Replies)
		if ok && alike(last, r) && len(last.Items) < maxReplies && len(item.Body) < maxBody/maxReplies {
			last.Items = append(last.Items, item)
			last.Clock = r.Clock
			return
		}
	}
	r.Items = []msg.Reply{item}
	s.fx.Data(req.Caller.Site(), r)
}

// digest is a short name for what a reply says (FNV-1a).
func digest(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// maxReplies bounds the replies in one message.
const maxReplies = 256

func alike(a, b *msg.Replies) bool {
	return a.To == b.To && a.From == b.From && a.Group == b.Group && a.Of == b.Of && a.View == b.View && a.Time.Equal(b.Time) && a.Deps == nil && b.Deps == nil
}

// copied is an answer that waits until all members hold its copy.
type copied struct {
	view   uint64
	past   vclock.Time
	answer Answer
}

// copyFirst casts the copy of an answer to the group. The answer follows.
func (m *member) copyFirst(ev Answer) {
	body := msg.AppendCast(nil, ev.Copy)
	m.enqueue(queued{cast: &Cast{Proc: m.proc, Dest: m.group, Order: msg.Causal, N: 1, Body: body}, answer: &ev})
}

// answerCopied gives the answers whose copies every member holds by now.
func (m *member) answerCopied(c *installed) {
	m.copies = slices.DeleteFunc(m.copies, func(x copied) bool {
		if x.view == c.view.Index && !vclock.Time(c.stable.Stable()).Covers(x.past) {
			return false
		}
		x.answer.Copy = nil
		m.s.answer(x.answer)
		return true
	})
}

// replies takes answers to calls of a local process: a member's own, or an
// outside caller's.
func (s *Site) replies(x *msg.Replies) {
	inside := &msg.Replies{}
	*inside = *x
	inside.Items = nil
	var outside []msg.Reply
	for _, it := range x.Items {
		if it.View == 0 {
			outside = append(outside, it)
		} else {
			inside.Items = append(inside.Items, it)
		}
	}
	if m := s.groups.find(x.Group, x.To); m != nil && len(inside.Items) > 0 {
		m.held = append(m.held, inside)
		s.groups.mark(m)
	}
	if len(outside) > 0 {
		s.pasts.of(x.To).hear(s, &ahead{x, outside})
	}
}

// heldReplies shows our program the replies that do not run ahead of it: it has
// been delivered all that their senders had been, in other groups as well.
func (m *member) heldReplies(c *installed) {
	m.ahead = false
	m.held = slices.DeleteFunc(m.held, func(x *msg.Replies) bool {
		if x.View > c.view.Index || (x.View == c.view.Index && !c.queue.Done().Covers(x.Time)) {
			return false
		}
		if !m.s.delivered(m.proc, x.Deps) {
			m.ahead = true
			return false
		}
		m.s.learn(m.past, x.Deps, x.Clock)
		for _, it := range x.Items {
			m.calls.Answer(call.Key{View: it.View, Cast: it.Cast}, 0, x.From, it.Null, it.Body)
		}
		return true
	})
}

func (s *Site) called(proc, dest id.Address, e call.Event) {
	if s.fx.Tracing {
		if e.Member != 0 || e.Outcome == call.Void {
			if p := s.pasts.byProc[proc]; p != nil {
				p.told++
			}
			s.fx.Fact(fact.Outcome{Caller: proc, Group: dest, ID: e.ID, Member: e.Member, Kind: e.Outcome.String()})
		} else {
			s.fx.Fact(fact.Done{Caller: proc, Group: dest, ID: e.ID, Err: e.End.String()})
		}
	}
	s.item(Called{Proc: proc, Dest: dest, Event: e})
}

func (s *Site) cancelCall(ev CancelCall) {
	if m := s.groups.find(ev.Dest, ev.Proc); m != nil {
		m.calls.Cancel(ev.ID)
	}
	s.outside.cancel(s, ev)
}

// flushCall asks to be told when all we sent or were delivered so far is stable.
func (m *member) flushCall(callID uint64) {
	if m.cur != nil { // else when the first view begins
		m.tellFlush(callID, m.queue)
	}
	m.queue = append(m.queue, queued{flush: callID})
}

// tellFlush tells of a flush call that comes after what waits in before.
func (m *member) tellFlush(callID uint64, before []queued) {
	f := fact.FlushCall{Proc: m.proc, Group: m.group, ID: callID}
	for _, q := range before {
		if q.cast != nil {
			f.Queued += uint64(q.cast.N)
		}
	}
	m.s.fx.Fact(f)
}

// tellFlushes tells of the calls that were made before there was a view.
func (m *member) tellFlushes() {
	for i, q := range m.queue {
		if q.flush != 0 {
			m.tellFlush(q.flush, m.queue[:i])
		}
	}
}

func (m *member) awaitStable(c *installed, callID uint64) {
	m.flushes = append(m.flushes, flushWait{id: callID, view: c.view.Index, upto: c.past()})
	m.sendAck(c, true)
}

// flushesDone answers the flush calls whose casts have become stable: in the
// view they were made in, or with its end.
func (m *member) flushesDone(c *installed) {
	m.flushes = slices.DeleteFunc(m.flushes, func(f flushWait) bool {
		if f.view == c.view.Index && !vclock.Time(c.stable.Stable()).Covers(f.upto) {
			return false
		}
		m.s.fx.Fact(fact.FlushDone{Proc: m.proc, Group: m.group, ID: f.id})
		m.s.item(Flushed{Proc: m.proc, Group: m.group, ID: f.id})
		return true
	})
}

// leave begins to leave: nothing more is sent, what was sent becomes stable and what
// waits for it goes on (made.go), then the log is asked.
func (m *member) leave() {
	if !m.leaving {
		m.leaving = true
		m.gate.Close() // once we are out, nobody waits for us
		if m.cur != nil {
			m.sendAck(m.cur, true)
		}
	}
}

// leaveIfDone asks the log when all hold what we have sent and been delivered. From when
// that is all that is missing we are delivered nothing more: where others never pause we
// would never be done, and what we are delivered nobody else need have. Of what we send
// then, positions for others, nothing hangs on us.
func (m *member) leaveIfDone(c *installed) {
	if !m.leaving || m.asked && !m.refused() {
		return
	}
	if m.wedged() || len(m.queue) > 0 || len(m.made) > 0 || len(m.past.answers) > 0 {
		m.stay()
		return
	}
	if m.gone && !m.holdsPlace() {
		m.heir = nil // we never hold one for it
	}
	if m.heir != nil && !m.holdsPlace() { // the log would not have it yet, and others may wait for us meanwhile
		m.stay()
		return
	}
	if m.heir == nil && !m.gone && m.holdsAlone() { // who is being given the state would lose it with us
		m.stay()
		return
	}
	past := m.parts(c)
	if c.queue.Done()[c.rank] == c.sent { // our own casts have come back
		m.parting = past
	}
	if c.barrier || !vclock.Time(c.stable.Stable()).Covers(past) {
		return
	}
	m.asked = true
	if h := m.heir; h != nil {
		m.s.requests.add(msg.Op{Kind: msg.OpReplace, Proc: h.Proc, Group: m.group, Index: h.Joined, Old: m.proc, Since: m.joined})
		return
	}
	op := m.orderlyLeave()
	op.Stateful = !m.gone
	m.s.requests.add(op)
}

// orderlyLeave is the wish to be out that the log grants only if the state stays with
// others: two that hold it may ask at once.
func (m *member) orderlyLeave() msg.Op {
	return msg.Op{Kind: msg.OpLeave, Proc: m.proc, Group: m.group, Index: m.joined, Stateful: true}
}

// refused takes back such a wish when we hold the state alone. If a copy of it that is
// still under way is granted later, it is when others hold the state: what our program has
// cast is stable, and with what we did for others since it is as if we had crashed.
func (m *member) refused() bool {
	if m.heir == nil && m.holdsAlone() && m.s.requests.drop(m.orderlyLeave()) {
		m.asked = false
	}
	return !m.asked
}

// holdsAlone reports whether there are others, and none of them is known to hold the state.
func (m *member) holdsAlone() bool {
	g := m.s.Group(m.group)
	return g != nil && len(g.Members) > 1 && !slices.ContainsFunc(g.Members, func(o view.GroupMember) bool {
		return o.Proc != m.proc && (o.Ready || o.Aside)
	})
}

// parts is what has to be stable before we leave.
func (m *member) parts(c *installed) vclock.Time {
	if m.parting != nil {
		return m.parting
	}
	return c.past()
}

// stay has us delivered again what comes.
func (m *member) stay() {
	if m.parting != nil {
		m.parting = nil
		m.s.groups.mark(m)
	}
}
