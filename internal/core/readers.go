package core

import (
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// What lets programs read their own state: leases between sites, and for each
// member what is due to readers (package lease).

// hurry has heartbeats sent at once: all leases begin anew with a view.
func (s *Site) hurry(sites []id.Site) {
	for _, x := range sites {
		if p := s.peers.bySite[x]; p != nil {
			p.beatAt = 0
			s.wakeAt(s.now)
		}
	}
}

// fence is asked by the log, which may be a view ahead of the rest of the site
// within a step.
func (s *Site) fence(v *view.Site, r msg.Removal) effect.Time {
	s.lease.Install(v)
	return s.lease.Fence(r)
}

// terms are what our readers may rely on until the next step.
func (s *Site) terms() lease.Terms {
	s.lease.Pledge(s.now, s.log.Ends())
	if s.halted || s.departs || s.stalled {
		return lease.Terms{Stalled: s.stalled}
	}
	return lease.Terms{Until: s.lease.Until()}
}

// tellReaders says what is due to readers, and, once we hold the state, what our
// program has been delivered of that. Before the log calls us ready the group
// could end, and another begin under its name, without us.
func (m *member) tellReaders(c *installed) {
	if due := m.gate.Due(); due != m.due {
		m.due = due
		m.s.out.Dues = append(m.s.out.Dues, Due{Proc: m.proc, Group: m.group, Since: m.joined, Upto: due})
	}
	if m.loading != nil || len(m.ending) > 0 || !c.view.Members[c.rank].Ready {
		return
	}
	if upto := m.gate.Settled(c.queue.Done()); upto > m.settled {
		m.settled = upto
		m.s.item(Settled{Proc: m.proc, Group: m.group, Since: m.joined, Upto: upto})
	}
}
