package sim

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
)

// register is what reads look at: which casts the program's state holds, by the
// rank of their senders, in the view it is in.
type register struct {
	view   uint64
	counts []uint64
	lists  uint64 // the last cast to a list, by its number
}

// turn begins a view, unless the state that was loaded is of that view already.
func (r *register) turn(i core.Viewed) {
	if i.View.Index != r.view {
		r.view, r.counts = i.View.Index, make([]uint64, len(i.View.Members))
	}
}

// handled notes casts. One to a list that comes at the end of the view is of no
// rank.
func (r *register) handled(i core.Casts) {
	r.lists = max(r.lists, i.Listed)
	if i.Rank < len(r.counts) {
		r.counts[i.Rank] = i.Run.Last()
	}
}

func (r *register) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, r.view)
	b = binary.LittleEndian.AppendUint64(b, r.lists)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(r.counts)))
	for _, n := range r.counts {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return b
}

func (r *register) read(b []byte) {
	r.view = binary.LittleEndian.Uint64(b)
	r.lists = binary.LittleEndian.Uint64(b[8:])
	r.counts = make([]uint64, binary.LittleEndian.Uint64(b[16:]))
	for i := range r.counts {
		r.counts[i] = binary.LittleEndian.Uint64(b[24+8*i:])
	}
}

// dueKey names a membership.
type dueKey struct {
	proc, group id.Address
	since       uint64
}

// reading is a read under way.
type reading struct {
	lease.Read
	id uint64
}

// publish lets readers know what a step has changed, before anybody else does.
func (s *site) publish() {
	s.terms = s.out.Terms
	for _, d := range s.out.Dues {
		s.dues[dueKey{d.Proc, d.Group, d.Since}] = d.Upto
	}
	if s.w.driver != nil {
		s.w.driver.Terms(s.host.index, &s.out)
	}
}

// due is what a read that begins now waits for. The state itself is always due.
func (m *membership) due() uint64 {
	return max(1, m.p.s.dues[dueKey{m.p.proc, m.group, m.since}])
}

// read begins a linearizable read of the program's state.
func (m *membership) read() {
	s := m.p.s
	if m.group == 0 || m.left || s.stopped || m.due() == lease.Closed {
		return // who is about to go reads nothing
	}
	s.w.did("read %s %s", m.p.name(), m.name)
	m.p.calls++
	r := reading{lease.Begin(m.due()), m.p.calls}
	s.w.record(s.id, fact.ReadCall{Proc: m.p.proc, Group: m.group, ID: r.id})
	m.reads = append(m.reads, r)
	m.look()
}

// look lets those that wait read, if they may by now.
func (m *membership) look() {
	s := m.p.s
	list := m.reads
	m.reads = list[:0] // each is put back at most once
	for _, r := range list {
		switch {
		case m.left || s.stopped:
		case s.terms.Stalled:
			s.w.record(s.id, fact.ReadDone{Proc: m.p.proc, Group: m.group, ID: r.id, Err: "stalled"})
		case r.May(m.settled, s.terms, s.clock()):
			m.saw(r)
		default:
			m.reads = append(m.reads, r)
		}
	}
}

// saw takes the state as it is, and after a while asks whether that counts.
func (m *membership) saw(r reading) {
	s := m.p.s
	done := fact.ReadDone{Proc: m.p.proc, Group: m.group, ID: r.id, View: m.state.view, Counts: slices.Clone(m.state.counts), Lists: m.state.lists}
	stands := func() {
		switch {
		case m.left || s.stopped:
		case r.Stands(s.terms, s.clock()):
			s.w.record(s.id, done)
		default:
			m.reads = append(m.reads, r)
		}
	}
	if d := m.p.ponders(); d > 0 {
		s.w.in(d, stands)
		return
	}
	stands()
}

// ponders is how long the program stands still before it relies on what it saw.
func (p *program) ponders() effect.Time {
	w := p.s.w
	lo, hi := int64(0), int64(50)
	if w.story == nil && w.dice.Chance(50) {
		lo, hi = 1000, 1_500_000
	}
	return w.choose(ponders, p.s.host, nil, lo, hi, p.linger/effect.Microsecond) * effect.Microsecond
}

// readers lets the site's waiting readers look again.
func (s *site) readers() {
	for _, p := range s.programs {
		for _, m := range p.groups {
			if len(m.reads) > 0 {
				m.look()
			}
		}
	}
}

// readable demands that in the end everybody can read, and nobody waits to.
func (w *World) readable() string {
	for _, h := range w.hosts {
		if !h.site.running() {
			continue
		}
		s := h.site
		for _, p := range s.programs {
			for _, m := range p.groups {
				if m.left || m.leaving || m.view.View == nil {
					continue
				}
				if n := len(m.reads); n > 0 || !lease.Begin(m.due()).May(m.settled, s.terms, s.clock()) {
					return fmt.Sprintf("reads: %v cannot read in %v: %d wait, %d of %d settled, lease until %d at %d", p.proc, m.group, n, m.settled, m.due(), s.terms.Until, s.clock())
				}
			}
		}
	}
	return ""
}
