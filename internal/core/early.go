package core

import (
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

func (s *Site) keepEarly(from id.Site, need uint64, m msg.Message) {
	if len(s.early) >= maxEarly {
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
	s.early = nil
	for _, e := range list {
		if !s.halted {
			s.dispatch(e.from, e.m)
		}
	}
}
