package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// What our programs make, in their order. A cast that was taken may wait to be
// sent: for a view to begin, or for its group's turn in this step. In its own
// group the queue keeps what comes after it behind it. In other groups what the
// program makes after a Causal cast waits until the program has been delivered
// that one, which is then part of its past like all else (causality.go).
//
// Everything waits only for what was made before it, so there is no circle. Total
// and Barrier casts are waited for by nobody: two groups would have to take turns
// at every cast. A membership that ends against the program's will is not waited for
// either: to its group the program has crashed. See
// docs/adr/0024-a-causal-cast-counts-at-once.md.

// made is one run of Causal casts of our program that it has not been delivered.
type made struct {
	at   uint64 // the number of the first among what the process made
	last uint64 // the number of the last in our stream, 0 while it waits in the queue
}

// program is what a process has made, and what waits at it for that and is not itself a
// cast to a group of its own.
type program struct {
	casts    uint64    // that carry causality, so many
	unseen   []*member // memberships with Causal casts that the program has not been delivered
	answers  []given   // wait for these, oldest first
	putOff   bool      // answers or requests wait for these
	released bool      // and some came back since
}

// given is an answer, and how much its program had made before.
type given struct {
	Answer
	after uint64
}

// make numbers a cast.
func (p *program) make() uint64 {
	p.casts++
	return p.casts
}

// behind is a group, other than but, in which the program has yet to be delivered a
// Causal cast that it made as one of the first upto; 0 if there is none.
func (p *program) behind(upto uint64, but id.Address) id.Address {
	for _, o := range p.unseen {
		if o.group != but && o.made[0].at <= upto {
			return o.group
		}
	}
	return 0
}

// parts reports whether the program has made Causal casts in other groups than o's
// after number at: what it makes in o's now must not share a run with that.
func (p *program) parts(o *member, at uint64) bool {
	for _, x := range p.unseen {
		if x != o && x.made[len(x.made)-1].at > at {
			return true
		}
	}
	return false
}

// enqueue puts a cast of our program, or the copy of an answer, behind those that wait.
func (m *member) enqueue(q queued) {
	m.s.groups.mark(m)
	m.s.tellMade(q.cast, m.joined, 0)
	free := q.cast.Order == msg.FIFO
	if n := len(m.queue); n > 0 && q.answer == nil {
		last := m.queue[n-1]
		if last.cast != nil && last.answer == nil && (free || last.bound == nil && !m.past.parts(m, last.at)) && last.cast.join(q.cast) {
			if !free {
				m.past.make()
			}
			return
		}
	}
	if !free {
		q.at = m.past.make()
	}
	m.queue = append(m.queue, q)
	if q.cast.Order == msg.Causal {
		if m.made = append(m.made, made{at: q.at}); len(m.made) == 1 {
			m.past.unseen = append(m.past.unseen, m)
		}
	}
}

// tellMade tells of a cast to a group.
func (s *Site) tellMade(x *Cast, since, first uint64) {
	if s.fx.Tracing && x.Dest.IsGroup() {
		s.fx.Fact(fact.Made{Proc: x.Proc, Group: x.Dest, Since: since, First: first, N: x.N, Order: orderName(x.Order)})
	}
}

// follows reports whether our program has been delivered the Causal casts that it
// made in other groups before it made q.
func (m *member) follows(q queued) bool { return q.at == 0 || m.past.behind(q.at, m.group) == 0 }

// sentMade notes where in our stream the first Causal casts went that were not sent.
func (m *member) sentMade(last uint64) {
	for i := range m.made {
		if m.made[i].last == 0 {
			m.made[i].last = last
			return
		}
	}
}

// seeMade notes that the program was delivered our stream up to entry last.
func (m *member) seeMade(last uint64) {
	n := 0
	for n < len(m.made) && m.made[n].last != 0 && m.made[n].last <= last {
		n++
	}
	if n > 0 {
		m.made = fifo.Drop(m.made, n)
		m.dropMade()
	}
}

// dropMade takes a membership that has nothing more to wait for off the list.
func (m *member) dropMade() {
	if m.past.putOff {
		m.s.release(m.past)
	}
	if len(m.made) > 0 {
		return
	}
	m.past.unseen = slices.DeleteFunc(m.past.unseen, func(o *member) bool { return o == m })
}

// release has resume look at what waits at a process.
func (s *Site) release(p *past) { p.released, s.pasts.released = true, true }

// resume passes on what waited for casts that were delivered by now.
func (ps *pasts) resume(s *Site) {
	if !ps.released {
		return
	}
	ps.released = false
	for _, p := range ps.list {
		if !p.released {
			continue
		}
		p.released, p.putOff = false, false
		p.tell(s)
		for _, c := range p.callers {
			if c.sent < c.last {
				s.outside.touch(c)
			}
		}
		n := 0
		for n < len(p.answers) && p.behind(p.answers[n].after, 0) == 0 {
			n++
		}
		list := slices.Clone(p.answers[:n])
		p.answers = fifo.Drop(p.answers, n)
		p.putOff = len(p.answers) > 0
		for _, x := range list {
			s.reply(x.Answer)
		}
		ps.doubt(p)
		for _, m := range s.groups.list {
			if m.proc == p.proc && m.leaving {
				s.groups.mark(m) // it may have waited for the answers
			}
		}
	}
}

// give sends an answer to the caller, after the Causal casts that the program made
// before.
func (s *Site) give(ev Answer) {
	p := s.pasts.of(ev.Proc)
	if len(p.answers) > 0 || p.behind(p.casts, 0) != 0 {
		p.answers, p.putOff = append(p.answers, given{ev, p.casts}), true
		return
	}
	s.reply(ev)
}

// overtakes is a group in which p's program has yet to be delivered a Causal cast
// that it made before the request r, 0 if r may be passed on. FIFO ones, and those
// straight to a process, wait for nothing.
func (p *past) overtakes(r request) id.Address {
	if r.Order == msg.FIFO || (!r.Dest.IsGroup() && r.Listed == nil) {
		return 0
	}
	return p.behind(r.after, 0)
}

// overtakes is the same for the first request of c that was not passed on.
func (c *caller) overtakes(s *Site) id.Address {
	for _, r := range c.unheld {
		if r.First+uint64(r.N)-1 > c.sent {
			return s.pasts.of(c.proc).overtakes(r)
		}
	}
	return 0
}
