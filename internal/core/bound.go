package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// What conservative members wait for.

// bound is what the process of a conservative member had seen of other groups when a cast
// was held back for it, as far as a failure could yet take it away. It is fixed: what the
// process sees while the cast waits was not there when the cast was made, and where
// others never pause, all hold everything at no moment. What cannot be lost any more never
// can be again, so each part is waited for by itself.
type bound struct {
	held []holding // in groups that it is in: to be held by all members
	deps []msg.Dep // elsewhere: all members have to be done with it
	told uint64    // past.told then
}

// holding is part of what was cast in one view.
type holding struct {
	*member
	c    *installed
	upto vclock.Time
}

// mayBeLost reports whether a failure could yet take x away. What a member was delivered,
// or sent, in a view that has ended is in the cut.
func (x holding) mayBeLost() bool {
	if x.c != x.cur {
		return slices.Contains(x.ending, x.c)
	}
	return !vclock.Time(x.c.stable.Stable()).Covers(x.upto)
}

// ask has all members say when they hold x.
func (x holding) ask() {
	if x.c == x.cur && !x.c.asked.Covers(x.upto) {
		x.c.asked = x.upto
		x.sendAck(x.c, true)
	}
}

// bound is what our next cast has to wait for, nil for nothing. It sees to it that all say
// when they hold it.
func (m *member) bound() *bound {
	b := bound{told: m.past.told}
	m.past.recall(m.s, m.group)
	for _, o := range m.past.open {
		if o == m || o.ended || o.cur == nil {
			continue
		}
		b.hold(holding{o, o.shown(), o.shown().past()})
	}
	for _, d := range m.past.deps {
		if d.Group != m.group && d.Group != 0 {
			b.deps = append(b.deps, d.Clone())
		}
	}
	b.settle(m.s, m.past)
	if b.empty() {
		return nil
	}
	kept := b // most are empty, and need no memory
	return &kept
}

// hold adds x, if it may be lost.
func (b *bound) hold(x holding) {
	if x.mayBeLost() {
		x.ask()
		b.held = append(b.held, x)
	}
}

func (b *bound) empty() bool { return len(b.held)+len(b.deps) == 0 }

// settle drops what cannot be lost any more. Of a membership that has ended its process
// carries what it was delivered there, but not what it sent and never saw (ADR 24); one
// that has begun speaks for what was carried.
func (b *bound) settle(s *Site, p *past) {
	b.held = slices.DeleteFunc(b.held, func(x holding) bool {
		if x.ended {
			b.deps = append(b.deps, msg.Dep{Group: x.group, View: x.c.view.Index, Time: x.upto})
		}
		return x.ended || !x.mayBeLost()
	})
	b.deps = slices.DeleteFunc(b.deps, func(d msg.Dep) bool {
		if s.subsumes(p, d) {
			if o := s.groups.find(d.Group, p.proc); o.shown().view.Index == d.View {
				b.hold(holding{o, o.shown(), d.Time})
			}
			return true
		}
		_, carried := p.find(d.Group)
		return !carried || s.Group(d.Group) == nil && d.View <= s.log.Index()
	})
}

// bounds are those that our casts wait for.
func (m *member) bounds() (list []*bound) {
	if len(m.queue) > 0 && m.queue[0].bound != nil {
		list = append(list, m.queue[0].bound)
	}
	if m.pool.bound != nil {
		list = append(list, m.pool.bound)
	}
	if m.expiring.bound != nil {
		list = append(list, m.expiring.bound)
	}
	return list
}

// secured reports whether no failure can take from other groups what a cast of ours
// depends on there, and sees to it that it will be so. It is what a conservative member
// waits for: b is kept with the cast.
func (m *member) secured(b **bound) bool {
	if *b == nil {
		*b = m.bound()
		return *b == nil
	}
	(*b).settle(m.s, m.past)
	return (*b).empty()
}

// awaited is what casts of p wait for that is less than d, the last that p has heard of a
// group. While p hears of more, all may never be done with that.
func (g *groups) awaited(p *past, d msg.Dep) (list []msg.Dep) {
	for _, m := range g.list {
		if m.past != p {
			continue
		}
		for _, b := range m.bounds() {
			for _, e := range b.deps {
				if e.Group == d.Group && !e.Covers(d) {
					list = append(list, e.Clone())
				}
			}
		}
	}
	return list
}

// doneWith notes that all members of a group are done with d.
func (g *groups) doneWith(d msg.Dep) {
	for _, m := range g.list {
		for _, b := range m.bounds() {
			b.deps = slices.DeleteFunc(b.deps, func(e msg.Dep) bool { return e.Group == d.Group && d.Covers(e) })
		}
	}
}
