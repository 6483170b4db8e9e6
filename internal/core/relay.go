package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// What a member does for processes outside its group: it casts what they ask, once, and
// tells them when every member holds it.

// relayed is a request we cast for somebody: told to be held when stable.
type relayed struct {
	caller id.Address
	view   uint64 // in which it is delivered, 0 if nobody can tell
	first  uint64
	upto   uint64
	past   vclock.Time // what all must hold
}

// runFor is the run that carries a request.
func runFor(x *msg.Request) *msg.Run {
	if x.Session != nil && x.Session.Op != msg.SessionRequest {
		return &msg.Run{N: 1, Order: msg.Total, Safe: true, Session: x.Session, Body: msg.AppendCast(nil, nil)}
	}
	return &msg.Run{N: x.N, Order: x.Order, Safe: x.Safe, Call: x.Call, Origin: x.Caller, OFirst: x.First, Body: x.Body, Session: x.Session, Listed: x.Listed}
}

// relay queues the requests whose callers know nothing that we do not, until too much
// of what we have relayed is unused. The rest is not said to be held, and so its callers
// wait. Who leaves takes no more, unless it has to stay, as nobody else holds the state:
// then nobody else would relay either.
func (m *member) relay(c *installed) {
	if len(m.waiting) == 0 || m.loading != nil || m.wedged() || m.leaving && (m.heir != nil || !m.holdsAlone()) {
		return
	}
	relayed, full := m.relaying(), false
	var stuck []id.Address
	m.waiting = slices.DeleteFunc(m.waiting, func(x *msg.Request) bool {
		size := requestSize(x.N, x.Body)
		full = full || relayed > 0 && relayed+size > flow.OutsideWindow
		room := !full || x.Listed != nil // casts to lists are numbered in turn: one would hold up all others
		ready := x.View < c.view.Index || (x.View == c.view.Index && c.queue.Done().Covers(x.Time))
		if !room || !ready || slices.Contains(stuck, x.Caller) {
			stuck = append(stuck, x.Caller)
			return false
		}
		relayed += size
		m.s.learn(m.past, x.Deps, x.Clock)
		m.queue = append(m.queue, queued{request: x})
		return true
	})
}

// relaying is how many bytes we have taken to relay that not all have used.
func (m *member) relaying() int {
	out, _ := m.account.Out()
	for _, q := range m.queue {
		if x := q.request; x != nil {
			out.Relayed += requestSize(x.N, x.Body)
		}
	}
	return out.Relayed
}

// fresh takes off a run what another relay has brought before, and tells the
// rest from it. It returns nil when nothing is new.
func (m *member) fresh(c *installed, rank int, r *msg.Run, pos uint64) *msg.Run {
	last := m.seen.last(r.Origin)
	end := r.OFirst + uint64(r.N) - 1
	if end <= last {
		m.tellDelivery(c, delivery{rank: rank, run: r, pos: pos, dup: true, void: r.Listed != nil})
		m.markUsed(c, rank, r)
		return nil
	}
	m.seen.add(r.Origin, end, c.view.Index)
	if r.OFirst <= last {
		var dup *msg.Run
		dup, r = r.Cut(uint32(last - r.OFirst + 1))
		m.tellDelivery(c, delivery{rank: rank, run: dup, pos: pos, dup: true})
	}
	return r
}

// markUsed counts entries as used that the program never sees, in turn.
func (m *member) markUsed(c *installed, rank int, r *msg.Run) {
	h := handed{view: c.view.Index, rank: rank, last: r.Last()}
	if m.overfull != 0 { // casts are kept back that do not count as used
		m.backlog = append(m.backlog, backlogged{handed: h})
		return
	}
	m.give(h)
	m.used(0)
}

// awaitHeld will tell the caller of a request we have just cast that it is held,
// and in which view it is delivered: another relay may have brought it before.
func (m *member) awaitHeld(c *installed, x *msg.Request) {
	first, past := x.First, c.past()
	for _, part := range m.seen.split(x.Caller, first, x.First+uint64(x.N)-1, c.view.Index) {
		m.relayed = append(m.relayed, relayed{caller: x.Caller, view: part.View, first: first, upto: part.Last, past: past})
		first = part.Last + 1
	}
}

// tellHeld tells callers which of their requests every member holds.
func (m *member) tellHeld(c *installed) {
	n := 0
	for n < len(m.relayed) && vclock.Time(c.stable.Stable()).Covers(m.relayed[n].past) {
		m.tellHeldOne(m.relayed[n])
		n++
	}
	m.relayed = fifo.Drop(m.relayed, n)
}

func (m *member) tellHeldOne(r relayed) {
	m.s.fx.Control(r.caller.Site(), &msg.RequestHeld{Dest: m.group, Caller: r.caller, Of: r.view, First: r.first, Upto: r.upto})
}
