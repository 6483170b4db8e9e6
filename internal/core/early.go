package core

import (
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// What a message is about, and messages that come before their time.

// early is a message that speaks of a log entry we have not applied.
type early struct {
	from  id.Site
	needs uint64
	m     msg.Message
}

// needs is the log entry that a group's message presupposes.
func needs(m msg.Message) uint64 {
	switch m := m.(type) {
	case *msg.Data:
		return max(m.View, m.Attempt)
	case *msg.Part:
		return max(m.View, m.Attempt)
	case *msg.Ack:
		return m.View
	case *msg.FlushOK:
		return m.Attempt
	case *msg.Cut:
		return m.Attempt
	case *msg.CutAck:
		return m.Attempt
	case *msg.Install:
		return m.For
	case *msg.HandOver:
		return m.View
	case *msg.Request:
		return m.Index
	case *msg.RequestHeld:
		return m.Of
	case *msg.SessionTold: // it is said once, and who says it may have joined by an entry we lack
		return m.Of
	case *msg.Replies:
		return max(m.Of, m.View)
	case *msg.DepAsk:
		return m.View
	}
	return 0
}

// groupOf is the group, or other destination, that m is about.
func groupOf(m msg.Message) (id.Address, bool) {
	switch m := m.(type) {
	case *msg.Request:
		return m.Dest, true
	case *msg.RequestHeld:
		return m.Dest, true
	case *msg.SessionTold:
		return m.Dest, true
	case *msg.Replies:
		return m.Group, true
	case *msg.DepAsk:
		return m.Group, true
	case *msg.DepDone:
		return m.Group, true
	case *msg.Data:
		return m.Group, true
	case *msg.Part:
		return m.Group, true
	case *msg.Ack:
		return m.Group, true
	case *msg.FlushOK:
		return m.Group, true
	case *msg.Cut:
		return m.Group, true
	case *msg.CutAck:
		return m.Group, true
	case *msg.Install:
		return m.Group, true
	case *msg.HandOver:
		return m.Group, true
	case *msg.XferAsk:
		return m.Group, true
	case *msg.XferBegin:
		return m.Group, true
	case *msg.XferBlock:
		return m.Group, true
	case *msg.XferReplies:
		return m.Group, true
	case *msg.XferEnd:
		return m.Group, true
	case *msg.XferCredit:
		return m.Group, true
	}
	return 0, false
}

// earlySize is what a message counts for that is kept.
func earlySize(m msg.Message) uint64 {
	switch m := m.(type) {
	case *msg.Data:
		return flow.EarlyEach + uint64(m.Run.Size())
	case *msg.Part:
		return flow.EarlyEach + uint64(m.Run.Size())
	case *msg.Request:
		return flow.EarlyEach + uint64(requestSize(m.N, m.Body))
	case *msg.Replies:
		size := flow.EarlyEach
		for i := range m.Items {
			size += msg.Weight(1, len(m.Items[i].Body))
		}
		return uint64(size)
	}
	return flow.EarlyOther
}

// coming are the messages of a group that are of views yet to come.
type coming struct {
	list []msg.Message
	size uint64
	acks map[ackOf]int // where in list the last one of a member is
}

type ackOf struct {
	view uint64
	from uint16
}

// keep adds a message, and reports whether there was room: for what n members may have
// under way. All of them acknowledge what all the others cast, so that acknowledgements
// could be the most of it; but the last of a member says what those before it did,
// unless they ask for an answer.
func (c *coming) keep(x msg.Message, n int) bool {
	if a, ok := x.(*msg.Ack); ok {
		of := ackOf{a.View, a.From}
		if i, ok := c.acks[of]; ok && !c.list[i].(*msg.Ack).Wanted {
			c.list[i] = x
			return true
		}
		if c.acks == nil {
			c.acks = map[ackOf]int{}
		}
		c.acks[of] = len(c.list)
	}
	c.list = append(c.list, x)
	c.size += earlySize(x)
	return c.size <= uint64(n)*flow.Early
}

// widest is how many members the largest view has that this one is in or is to be in.
func (m *member) widest() int {
	n := 1
	if m.cur != nil {
		n = len(m.cur.view.Members)
	}
	for _, v := range m.targets {
		n = max(n, len(v.Members))
	}
	return n
}

// keepEarly keeps a message until the log has come so far. Sites that keep to their
// windows never fill the room for it, however long we hear nothing of the log.
func (s *Site) keepEarly(from id.Site, need uint64, m msg.Message) {
	n := 1
	if v := s.log.View(); v != nil {
		n = len(v.Members)
	}
	if s.earlySize += earlySize(m); s.earlySize > uint64(n)*flow.Early {
		s.halt("behind")
		return
	}
	s.early = append(s.early, early{from, need, m})
}

// replayEarly handles what waited for the log to come this far, in order.
func (s *Site) replayEarly() {
	if len(s.early) == 0 {
		return
	}
	list := s.early
	s.early, s.earlySize = nil, 0
	for _, e := range list {
		if !s.halted {
			s.dispatch(e.from, e.m)
		}
	}
}
