package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/change"
	"github.com/cohortkit/cohort/internal/core/clients"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/core/xfer"
)

const maxBody = flow.MaxBody

// member is one process in one group.
type member struct {
	s      *Site
	group  id.Address
	proc   id.Address
	name   string
	joined uint64 // the log entry by which
	ended  bool
	dirty  bool

	cur     *installed    // nil until the first view
	ending  []*installed  // views before it that the program has yet to be delivered the rest of
	targets []*view.Group // views the log has made since, oldest first
	blocked effect.Time   // since when there are any
	early   coming        // of views not yet installed here

	// The change of view (flush.go).
	coord    *change.Coordinator // if we lead the attempt
	cut      *msg.Cut            // of the newest attempt
	prepared *msg.Cut            // the last one we acknowledged
	why      []msg.Removal       // site removals since the installed view
	toldSlow []Slowness          // members that were slow, since then

	// What our program casts and is delivered (cast.go).
	queue   []queued // waits for a view to send in
	account flow.Account
	handed  []handed // given to the program, not yet used by it
	calls   *call.Table
	held    []*msg.Replies // until we have seen what their senders saw
	ahead   bool           // one of them knows more of another group than we do
	flushes []flushWait
	copies  []copied
	leaving bool
	asked   bool        // the log was asked to let us leave
	parting vclock.Time // what has to be stable before, and all we are delivered; nil: not yet so far

	// Migration (handover.go).
	replaces id.Address        // whose place we are to take, 0 for nobody's
	heir     *view.GroupMember // who is to take ours
	wanted   bool              // our program wants to leave, heir or not; or has to, unloaded
	gone     bool              // and neither gives the state to anybody now nor takes it

	// Requests of processes outside (relay.go).
	seen    seen
	waiting []*msg.Request
	relayed []relayed

	pool pool // casts to lists (pool.go)

	// Sessions of clients (sessions.go).
	clients  *clients.Table
	expireAt effect.Time // when the next one expires, 0 for none
	expiring expiring

	// State transfer (transfer.go).
	loading  *xfer.Joiner // nil when we hold the state
	unloaded bool         // our program could not take it over: we leave
	fed      *xfer.Joiner // the transfer we had it from, while it may cover what is yet to come
	backlog  []backlogged
	keeps    int    // bytes in backlog, or given to the program and counted as used
	overfull uint64 // the view of the first in backlog that does not count as used, 0 for none
	donors   []*xfer.Donor
	asks     []*msg.XferAsk // wait for the rest of earlier views

	// Causality across groups (causality.go).
	past         *past
	made         []made // by our program, which has not been delivered it
	open         bool   // in past.open,
	listed       int    // and there, when that was listed last
	waits        bool   // for another group
	unsecured    bool   // a cast waits until what it depends on is held (bound.go)
	conservative bool   // casts wait for that

	// What readers of our program's state wait for.
	gate         lease.Gate
	due, settled uint64 // as told

	// Members that do not keep up (slow.go).
	patience Patience
	slow     slowness
	aside    bool // we are one
	barred   bool // from reads, for that

	ackAt  effect.Time // 0: nothing to acknowledge
	ackNow bool
	untold int // bytes used of earlier views since the last acknowledgement
}

func newMember(s *Site, v *view.Group, gm view.GroupMember) *member {
	group, proc := v.Group, gm.Proc
	m := &member{
		s: s, group: group, proc: proc, name: v.Name, joined: gm.Joined,
		seen: seen{}, clients: clients.Take(msg.SessionTable{}), past: s.pasts.of(proc), gate: lease.Open(),
	}
	m.past.members++
	m.calls = call.New(func(e call.Event) { s.called(proc, group, e) })
	return m
}

// received handles a message of the group.
func (m *member) received(x msg.Message) {
	if m.ended {
		return
	}
	m.s.groups.mark(m)
	switch x := x.(type) {
	case *msg.Data:
		if c := m.inView(x.View, x); c != nil {
			m.data(c, x)
		}
	case *msg.Part:
		if c := m.inView(x.View, x); c != nil && m.takes(c, int(x.Sender), x.Attempt, x.Run) {
			if r := c.streams.ReceivePart(int(x.Sender), x); r != nil {
				m.took(c, int(x.Sender), r)
			}
		}
	case *msg.Ack:
		if c := m.inView(x.View, x); c != nil {
			m.ack(c, x)
		}
	case *msg.FlushOK:
		m.onFlushOK(x)
	case *msg.Cut:
		m.onCut(x)
	case *msg.CutAck:
		m.onCutAck(x)
	case *msg.Install:
		m.onInstall(x)
	case *msg.HandOver:
		m.onHandOver(x)
	default:
		m.transfer(x)
	}
}

// inView returns the installed view if x is of it, and keeps x if it is of a
// view to come.
func (m *member) inView(index uint64, x msg.Message) *installed {
	if m.cur != nil && m.cur.view.Index == index {
		return m.cur
	}
	if m.cur == nil || m.cur.view.Index < index {
		if !m.early.keep(x, m.widest()) {
			m.s.halt("behind")
		}
	}
	return nil
}

func (m *member) data(c *installed, x *msg.Data) {
	rank := int(x.Sender)
	if !m.takes(c, rank, x.Attempt, x.Run) {
		return
	}
	if r := c.streams.Receive(rank, x.Run, x.Attempt != 0); r != nil {
		m.took(c, rank, r)
	}
}

// takes reports whether a run, or a piece of one, may be of rank's stream in view c.
func (m *member) takes(c *installed, rank int, attempt uint64, r *msg.Run) bool {
	n := len(c.view.Members)
	return rank < n && rank != c.rank && m.inAttempt(attempt) && (r.Time == nil || len(r.Time) == n)
}

// inAttempt reports whether entries forwarded in a flush count: only in the
// attempt under way, for which we have not yet said what we hold without them.
func (m *member) inAttempt(attempt uint64) bool {
	t := m.target()
	return attempt == 0 || (t != nil && t.Index == attempt)
}

func (m *member) took(c *installed, rank int, r *msg.Run) {
	c.took(rank, r)
	c.borrow(rank, r, m.s.breaks)
	if fx := &m.s.fx; fx.Tracing && r.Order != msg.Sequence {
		fx.Fact(fact.Held{Proc: m.proc, Group: m.group, View: c.view.Index, Sender: c.view.Members[rank].Proc, Upto: r.Last()})
	}
}

func (m *member) ack(c *installed, x *msg.Ack) {
	rank := int(x.From)
	if rank >= len(c.view.Members) || rank == c.rank {
		return
	}
	c.stable.Held(rank, x.Held)
	c.stable.Used(rank, x.Used)
	c.stable.Clear(rank, x.Clear)
	m.s.groups.stir(m)
	if x.Wanted && len(x.Held) == len(c.wantedUpto) {
		c.wanted = true
		c.wantedUpto.Merge(x.Held)
	}
}

// work brings the member to rest: positions for what came in, deliveries, what
// the program wants sent, acknowledgements, credit.
func (m *member) work() {
	if m.targets != nil {
		m.checkCut()
	}
	m.settle()
	c := m.cur
	if c == nil {
		return
	}
	m.sequence(c)
	m.relay(c)
	m.sendQueued(c)
	m.expire(c)
	m.place(c)
	// What our own receipt makes safe is delivered at once here, but the others
	// wait to hear of it.
	c.urgent = c.queue.SafeWaiting()
	m.deliver(c)
	m.checkState(m.shown())
	m.tellHeld(c)
	m.acknowledge(c)
	m.credit(c)
	m.heldReplies(m.shown())
	m.flushesDone(c)
	m.answerCopied(c)
	m.leaveIfDone(c)
	m.watchSlow(c)
	m.caughtUp()
	c.release(m.tellStable)
	m.handBack(c)
	m.tellReaders(c)
	m.s.groups.setWaits(m, !m.ended && (len(m.ending) > 0 || c.queue.Waits() || m.unsecured || m.ahead))
}

func (m *member) tellStable(rank int, upto uint64) {
	if m.s.fx.Tracing {
		m.s.fx.Fact(fact.Stable{Proc: m.proc, Group: m.group, View: m.cur.view.Index, Sender: m.cur.view.Members[rank].Proc, Upto: upto})
	}
}

// wedged reports whether nothing may be sent now: a flush is under way or not
// yet delivered to the end, or we are out of touch with the majority.
func (m *member) wedged() bool {
	return m.cur == nil || len(m.targets) > 0 || len(m.ending) > 0 || m.s.stalled
}

// shown is the view our program is in: the installed one, or while the rest of
// earlier ones is delivered the first of those.
func (m *member) shown() *installed {
	if len(m.ending) > 0 {
		return m.ending[0]
	}
	return m.cur
}

// sequence gives positions to the Total casts of others, if that is our role.
func (m *member) sequence(c *installed) {
	if m.wedged() {
		return
	}
	spans := c.queue.Sequence()
	if spans == nil {
		return
	}
	c.append(&msg.Run{N: 1, Order: msg.Sequence, Spans: spans}, &m.s.fx)
	for _, x := range spans {
		if x.N == 0 {
			m.s.fx.Fact(fact.Sequencer{Proc: m.proc, Group: m.group, View: c.view.Index, Of: c.view.Members[x.Rank].Proc})
		}
	}
}

// deliver hands over all that may be delivered. While the site is stalled
// nothing safe may, for others may be deciding without us.
func (m *member) deliver(c *installed) {
	c.stable.Held(c.rank, c.streams.Vector())
	if len(m.ending) > 0 || m.parting != nil {
		return
	}
	if m.s.stalled {
		c.queue.Deliver(nil)
		return
	}
	c.queue.Deliver(c.stable.Stable())
}

// emit delivers one run to the program.
func (m *member) emit(c *installed, rank int, r *msg.Run, pos uint64) {
	m.s.learn(m.past, r.Deps, r.Clock)
	if rank == c.rank {
		m.seeMade(r.Last())
	}
	m.stirred()
	from, session := c.view.Members[rank].Proc, uint64(0)
	switch {
	case r.Listed != nil:
		m.emitListed(c, rank, r, pos)
		return
	case r.Session != nil:
		if r, session = m.spoken(c, rank, r, pos); r == nil {
			return
		}
		from = r.Origin
	case r.Origin != 0:
		if r = m.fresh(c, rank, r, pos); r == nil {
			return
		}
		from = r.Origin
		m.tellDelivery(c, delivery{rank: rank, run: r, pos: pos})
	default:
		m.tellDelivery(c, delivery{rank: rank, run: r, pos: pos})
	}
	m.hand(Casts{Proc: m.proc, Group: m.group, View: c.view.Index, Sender: from, Rank: rank, Run: r, Session: session},
		handed{from: c.view.Members[rank].Proc, view: c.view.Index, rank: rank, last: r.Last(), item: true, size: r.Size()})
}

// delivery is what is told of a run that comes off the stream. The program gets
// it unless it is a duplicate or void.
type delivery struct {
	rank      int
	run       *msg.Run
	pos       uint64
	session   uint64
	dup, void bool
}

func (m *member) tellDelivery(c *installed, d delivery) {
	if !m.s.fx.Tracing {
		return
	}
	r := d.run
	m.past.told++
	m.s.fx.Fact(fact.Deliver{
		Proc: m.proc, Group: m.group, View: c.view.Index, Sender: c.view.Members[d.rank].Proc, First: r.First, N: r.N,
		Order: orderName(r.Order), Safe: r.Safe, Pos: d.pos, Origin: r.Origin, OFirst: r.OFirst,
		Duplicate: d.dup, Session: d.session, Void: d.void,
	})
}

func orderName(o msg.Order) fact.Order {
	switch o {
	case msg.FIFO:
		return fact.FIFO
	case msg.Causal:
		return fact.Causal
	case msg.Total:
		return fact.Total
	case msg.Barrier:
		return fact.Barrier
	case msg.Sequence:
	}
	return ""
}

// acknowledge tells the others what we hold and have used: at once when
// somebody waits for stability, much came in, or all of earlier views is used, which
// counts only if it is told before this one ends; else after a while.
func (m *member) acknowledge(c *installed) {
	used := m.usedViews()
	cleared := c.cleared < used
	asked := c.wanted && c.holdsWanted()
	c.usedNews = c.usedNews || cleared || m.usedSilently(c)
	if !c.heldNews && !c.usedNews && !asked {
		return
	}
	m.noteUsed(c)
	if len(c.sites) == 0 {
		c.heldNews, c.usedNews, c.wanted, c.urgent, c.cleared = false, false, false, false, used
		m.ackAt, m.ackNow, m.untold = 0, false, 0
		return
	}
	urgent := asked || (c.heldNews && c.urgent) || c.unacked >= flow.AckBytes || c.unsaid >= flow.AckBytes ||
		cleared && m.untold >= flow.AckBytes || m.ackNow
	if !urgent {
		if m.ackAt == 0 {
			m.ackAt = m.s.now + m.s.cfg.Lazy
			m.s.wakeAt(m.ackAt)
		}
		return
	}
	m.sendAck(c, false)
}

// sendAck tells all members our counts; wanted asks for theirs. In a flush it tells
// none that the next view is without: what others have forwarded to us of its casts
// is still on its way from it, and by our word it would hand back their loans.
func (m *member) sendAck(c *installed, wanted bool) {
	m.noteUsed(c)
	c.cleared = m.usedViews()
	a := &msg.Ack{
		Group: m.group, View: c.view.Index, From: uint16(c.rank),
		Held: c.streams.Vector(), Used: append([]uint64(nil), c.used...),
		Clear: c.cleared, Wanted: wanted,
	}
	c.wanted = c.wanted && !c.holdsWanted()
	c.heldNews, c.usedNews, c.urgent, c.unacked, c.unsaid = false, false, false, 0, 0
	m.ackAt, m.ackNow, m.untold = 0, false, 0
	for _, s := range c.sites {
		if m.staysAt(c, s) {
			m.s.fx.Control(s, a)
		}
	}
}

// credit frees what all members have used of our stream: there is room in the window of
// our program, and for more of what waits to be relayed.
func (m *member) credit(c *installed) {
	freed, earlier := m.account.Spent(c.stable.Spent()[c.rank]), flow.Bytes{}
	if m.account.Carried() > 0 {
		earlier = m.account.Cleared(c.stable.Cleared())
	}
	if bytes := freed.Own + earlier.Own; bytes > 0 {
		m.s.item(Freed{Proc: m.proc, Dest: m.group, Bytes: bytes})
	}
	if freed.Relayed+earlier.Relayed > 0 && len(m.waiting) > 0 {
		m.s.groups.mark(m)
	}
}

// end closes the membership.
func (m *member) end(why string) {
	if m.ended {
		return
	}
	m.ended = true
	end := call.Unknown
	if why == "lost" {
		end = call.Lost
	}
	f := fact.Leave{Proc: m.proc, Group: m.group, Why: why}
	for _, x := range m.flushes {
		m.s.item(Flushed{Proc: m.proc, Group: m.group, ID: x.id, Unknown: true})
	}
	for _, q := range m.queue {
		if q.flush != 0 {
			m.s.item(Flushed{Proc: m.proc, Group: m.group, ID: q.flush, Unknown: true})
		}
		if q.cast != nil && q.answer == nil {
			f.Unsent += uint64(q.cast.N)
			for _, spec := range q.cast.Calls {
				m.s.called(m.proc, m.group, call.Event{ID: spec.ID, End: end})
			}
		}
	}
	m.calls.EndAll(end)
	if m.cur != nil {
		m.s.fx.Fact(f)
	}
	m.s.item(Left{Proc: m.proc, Group: m.group, Since: m.joined, Why: why})
	m.made = nil
	m.dropMade()
	m.past.open = slices.DeleteFunc(m.past.open, func(o *member) bool { return o == m })
	m.s.groups.setWaits(m, false)
	m.s.groups.remove(m)
	if m.cur != nil {
		m.s.learn(m.past, []msg.Dep{m.come()}, 0)
	}
	m.past.members--
	m.s.pasts.doubt(m.past)
	m.s.groups.stir(m)
}
