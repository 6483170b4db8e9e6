package core

import (
	"cmp"
	"maps"
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

// Causality across groups. What a process casts to one group may depend on what
// it was delivered in another. Within a group vector time says so; for others a
// run names them and how far the sender had come: its Deps. Who is a member
// there too delivers those first. A Dep is carried until all members of its
// group are done with what it names.

// past is what one process knows of groups, as far as it may concern others.
type past struct {
	proc    id.Address
	number  uint64    // which of the site's pasts this is
	members int       // its memberships
	open    []*member // those memberships in which not all members may be done
	// deps are of groups that it has left or was never in, and what it will yet
	// be delivered in its own. By group.
	deps []msg.Dep
	// clock is that of a logical clock (Lamport 1978): higher than the clock of every
	// cast that carries causality and that the process knows of, in any group.
	clock uint64
	// callers are those of the process. What their answers said of the groups they ask
	// is put among deps when somebody else is to be told.
	callers []*caller
	ahead   []*ahead // replies that know more than it has been delivered
	told    uint64   // facts of what it has seen

	asks    bool // it is in pasts.asking,
	doubted bool // and in pasts.doubtful

	program // what its program made itself (made.go)
}

// heard sets the clock after what somebody else knew.
func (p *past) heard(clock uint64) { p.clock = max(p.clock, clock) }

// tick returns the clock of the process's next cast.
func (p *past) tick() uint64 {
	p.clock++
	return p.clock
}

// find is where group's Dep is, or belongs.
func (p *past) find(group id.Address) (int, bool) {
	return slices.BinarySearchFunc(p.deps, group, func(d msg.Dep, g id.Address) int { return cmp.Compare(d.Group, g) })
}

// learn adds what somebody else knew.
func (s *Site) learn(p *past, deps []msg.Dep, clock uint64) {
	p.heard(clock)
	for _, d := range deps {
		if s.subsumes(p, d) {
			continue
		}
		if d.Group != 0 {
			s.pasts.asks(p)
		}
		if i, ok := p.find(d.Group); ok {
			p.deps[i].Merge(d)
		} else {
			p.deps = slices.Insert(p.deps, i, d.Clone())
		}
	}
}

// subsumes reports whether a membership of p itself speaks for d.
func (s *Site) subsumes(p *past, d msg.Dep) bool {
	m := s.groups.find(d.Group, p.proc)
	return m != nil && m.cur != nil && m.come().Covers(d)
}

// come is how far the program has come in this group.
func (m *member) come() msg.Dep {
	c := m.shown()
	if c == nil { // in nothing yet, but past all that was before it joined
		return msg.Dep{Group: m.group, View: m.joined - 1}
	}
	return msg.Dep{Group: m.group, View: c.view.Index, Time: c.queue.Done()}
}

// stirred notes that the program has come further: its casts to other groups
// depend on that, and what waits there may go on.
func (m *member) stirred() {
	if !m.open {
		m.open = true
		m.past.open = append(m.past.open, m)
	}
	m.s.groups.stir(m)
}

// stir lets the other memberships of m's process, and its calls, try again what they
// wait with.
func (g *groups) stir(m *member) {
	if len(m.past.ahead) > 0 {
		m.s.release(m.past)
	}
	if g.waiting == 0 {
		return
	}
	for _, o := range g.list {
		if o != m && o.proc == m.proc && o.waits {
			g.mark(o)
		}
	}
}

// retry lets all memberships try again what they wait with.
func (g *groups) retry() {
	for _, o := range g.list {
		if o.waits {
			g.mark(o)
		}
	}
}

// setWaits notes whether m waits for another group.
func (g *groups) setWaits(m *member, waits bool) {
	if m.waits == waits {
		return
	}
	if m.waits = waits; waits {
		g.waiting++
	} else {
		g.waiting--
	}
}

// doneWith reports whether all members of the group are done with d. What they have yet
// to use of later views is no matter.
func (m *member) doneWith(d msg.Dep) bool {
	c := m.cur
	switch {
	case c == nil:
		return false
	case d.View < c.view.Index:
		return c.stable.AllClear(d.View + 1)
	}
	done := msg.Dep{View: c.view.Index, Time: c.stable.Spent()}
	return len(m.ending) == 0 && c.stable.AllClear(c.view.Index) && done.Covers(d)
}

// deps lists what the process has seen in groups but for one, as far as others
// may not have. Who keeps the list clones what is in it.
func (s *Site) deps(p *past, but id.Address) []msg.Dep {
	var list []msg.Dep
	p.recall(s, but)
	p.open = slices.DeleteFunc(p.open, func(m *member) bool {
		if m.ended {
			return true
		}
		d := m.come()
		if m.doneWith(d) {
			m.open = false
			return true
		}
		if m.group != but {
			m.listed = len(list)
			list = append(list, d)
		}
		return false
	})
	s.prune(p)
	own := len(list)
	for _, d := range p.deps {
		m := s.groups.find(d.Group, p.proc)
		switch {
		case d.Group == but && but != 0: // not for what goes straight to a process
		case m != nil && m.listed < own && list[m.listed].Group == d.Group:
			list[m.listed] = list[m.listed].Clone()
			list[m.listed].Merge(d)
		default:
			list = append(list, d)
		}
	}
	return list
}

// cloned is a list of deps to be kept.
func cloned(list []msg.Dep) []msg.Dep {
	for i, d := range list {
		list[i] = d.Clone()
	}
	return list
}

// recall puts what the process knows from answers among what it carries, but for what
// a group said of itself.
func (p *past) recall(s *Site, but id.Address) {
	for _, c := range p.callers {
		if c.news && c.dest != but {
			c.news = false
			s.learn(p, []msg.Dep{{Group: c.dest, View: c.seenView, Time: c.seenTime}}, 0)
		}
	}
}

// knows is how much the process has seen, or heard in answers, of a group that it is
// not a member of; view 0 if nothing that concerns anybody.
func (p *past) knows(s *Site, group id.Address) (uint64, vclock.Time) {
	p.recall(s, 0)
	if i, ok := p.find(group); ok {
		return p.deps[i].View, p.deps[i].Time.Clone()
	}
	return 0, nil
}

// prune drops what memberships of the process speak for by now. A conservative one
// may have waited for that.
func (s *Site) prune(p *past) {
	n := len(p.deps)
	if p.deps = slices.DeleteFunc(p.deps, func(d msg.Dep) bool { return s.subsumes(p, d) }); len(p.deps) < n {
		s.groups.retry()
	}
}

// untold is deps without what went with an earlier cast of this view, to be kept: who
// is delivered this one was delivered that one before.
func (c *installed) untold(deps []msg.Dep) []msg.Dep {
	if c.told == nil && len(deps) > 0 {
		c.told = map[id.Address]*msg.Dep{}
	}
	if len(c.told) > 2*len(deps)+maxStale {
		c.forgetTold(deps)
	}
	news := deps[:0]
	for _, d := range deps {
		switch told := c.told[d.Group]; {
		case told == nil:
			first := d.Clone()
			c.told[d.Group] = &first
		case told.Covers(d):
			continue
		default:
			told.Merge(d)
		}
		news = append(news, d.Clone())
	}
	return news
}

// maxStale is how many groups that a process carries no more may be among what its casts
// have named, besides as many as it carries.
const maxStale = 16

// forgetTold forgets that groups were named which are not among deps: they may be gone, and
// a view may last for ever. One that comes back is named once more.
func (c *installed) forgetTold(deps []msg.Dep) {
	maps.DeleteFunc(c.told, func(group id.Address, _ *msg.Dep) bool {
		return !slices.ContainsFunc(deps, func(d msg.Dep) bool { return d.Group == group })
	})
}

// delivered reports whether proc has been delivered all of deps that it ever
// will be: in groups where it is no member, and in views before it joined, there is
// nothing to wait for, and of a view that has ended nothing is that the cut does not hold.
func (s *Site) delivered(proc id.Address, deps []msg.Dep) bool {
	for _, d := range deps {
		m := s.groups.find(d.Group, proc)
		if m == nil || d.View < m.joined || m.come().Covers(d) {
			continue
		}
		c := m.shown()
		if c == nil || c.view.Index != d.View || c.queue.Ends() == nil || len(d.Time) != len(c.view.Members) {
			return false
		}
		for rank, n := range d.Time {
			if c.queue.Done()[rank] < min(n, c.queue.Ends()[rank]) {
				return false
			}
		}
	}
	return true
}

// ahead is replies to what a process asked from outside.
type ahead struct {
	*msg.Replies
	items []msg.Reply
}

// knowledge is what the sender of replies had seen, in the group that was asked too.
func knowledge(x *msg.Replies) []msg.Dep {
	if x.View == 0 {
		return x.Deps
	}
	return append(slices.Clip(x.Deps), msg.Dep{Group: x.Group, View: x.View, Time: x.Time})
}

// hear takes replies to what the process asked from outside. Like casts, they wait
// until it has been delivered in its own groups what their sender knew.
func (p *past) hear(s *Site, x *ahead) {
	p.ahead = append(p.ahead, x)
	p.tell(s)
}

// tell shows the program the replies that do not run ahead of it.
func (p *past) tell(s *Site) {
	list := p.ahead
	p.ahead = nil
	for _, x := range list {
		if s.delivered(p.proc, knowledge(x.Replies)) {
			s.outsideReplies(x.Replies, x.items)
		} else {
			p.ahead = append(p.ahead, x)
		}
	}
}

// mayDepend reports whether a cast that carries causality may be sent now, our
// program's or one of our own. If not, it is tried again, with the same b, when other
// groups have come further.
func (m *member) mayDepend(b **bound) bool {
	if len(m.past.deps) >= m.s.cfg.Deps {
		m.s.prune(m.past) // else the last to be delivered would wait for who asks
	}
	if len(m.past.deps) >= m.s.cfg.Deps || (m.conservative && !m.secured(b)) {
		m.unsecured = true
		return false
	}
	return true
}

// maySend reports whether what is n-th in the queue may be sent now. It comes after
// the casts to lists that its sender knows of, also where the sender is no member: that
// is for the sender's side to see to, so that nobody waits for a cast that has its
// position.
func (m *member) maySend(n int, r *msg.Run) bool {
	q := &m.queue[n]
	if (r.Listed == nil && !m.abreast()) || !m.follows(*q) {
		m.unsecured = true
		return false
	}
	fresh := q.bound == nil
	if r.Order == msg.FIFO || m.mayDepend(&q.bound) {
		return true
	}
	for i := n + 1; fresh && q.bound != nil && i < len(m.queue) && m.follows(m.queue[i]); i++ {
		m.queue[i].bound = q.bound // what is here by now was made before, too
	}
	return false
}

// askPast asks about what nobody here can tell to be done with. Groups that are
// gone need no asking: nobody is left to be delivered anything there.
func (s *Site) askPast() effect.Time {
	ps := &s.pasts
	open, due := false, s.now >= ps.at
	ps.asking = slices.DeleteFunc(ps.asking, func(p *past) bool {
		p.asks = false
		p.deps = slices.DeleteFunc(p.deps, func(d msg.Dep) bool {
			if d.Group == 0 { // casts to lists: a number, which costs nothing to carry
				return false
			}
			g := s.Group(d.Group)
			if g == nil && d.View <= s.log.Index() {
				s.groups.retry()
				return true
			}
			p.asks = true
			if g == nil {
				return false
			}
			open = true
			if due && !s.stalled {
				for _, x := range append(s.groups.awaited(p, d), d.Clone()) {
					s.fx.Control(g.Members[0].Proc.Site(), &msg.DepAsk{Dep: x})
				}
			}
			return false
		})
		if !p.asks {
			ps.doubt(p)
		}
		return !p.asks
	})
	if !open {
		return effect.Never
	}
	if due {
		ps.at = s.now + s.cfg.Retry
	}
	return ps.at
}

// depAsk answers for a group with a member here.
func (s *Site) depAsk(from id.Site, x *msg.DepAsk) {
	for _, m := range s.groups.of(x.Group) {
		if m.doneWith(x.Dep) {
			s.fx.Control(from, &msg.DepDone{Dep: x.Dep})
			return
		}
	}
}

// depDone lets go of what all members of a group are done with.
func (s *Site) depDone(x *msg.DepDone) {
	for _, p := range s.pasts.asking {
		if i, ok := p.find(x.Group); ok && x.Covers(p.deps[i]) {
			p.deps = slices.Delete(p.deps, i, i+1)
		}
	}
	s.groups.doneWith(x.Dep)
	s.groups.retry()
}
