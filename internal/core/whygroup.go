package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/order"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/core/why"
)

// explain lists what waits in one membership. What comes first is as a rule the
// reason for what comes after.
func (m *member) explain() []why.Wait {
	var list []why.Wait
	add := func(w why.Wait, ok bool) {
		if ok {
			list = append(list, w)
		}
	}
	add(m.whyView())
	add(m.whyState())
	list = append(list, m.whyDeliveries()...)
	add(m.whyAside())
	add(m.whyHandling())
	add(m.whySend())
	add(m.whyUse())
	add(m.whyRelay())
	add(m.whyFlush())
	add(m.whyCall())
	add(m.whyLeave())
	return list
}

func (m *member) wait(what why.What) why.Wait {
	w := why.Wait{What: what, Group: m.group, Name: m.name, Who: m.s.log.Who(m.proc)}
	if m.cur != nil {
		w.View = m.cur.view.Index
	}
	return w
}

// ranked names members of a view by rank.
func (m *member) ranked(v *view.Group, ranks ...int) []why.Who {
	var list []why.Who
	for _, r := range ranks {
		list = append(list, m.s.log.Who(v.Members[r].Proc))
	}
	return list
}

// whyView is a view that the log has made, and the members have yet to get to.
func (m *member) whyView() (why.Wait, bool) {
	t := m.target()
	if t == nil {
		return why.Wait{}, false
	}
	w := m.wait(why.View)
	w.View, w.For = t.Index, m.s.elapsed(m.blocked)
	lead := t.Members[0].Proc
	switch {
	case m.coord != nil:
		reports, acks := m.coord.Missing()
		switch {
		case len(reports) > 0:
			w.Causes = []why.Cause{{Why: why.NoReport, Number: t.Index, Who: m.s.who(reports...)}}
		case len(acks) > 0:
			w.Causes = []why.Cause{{Why: why.NoCutAck, Number: t.Index, Who: m.s.who(acks...)}}
		default:
			w.Causes = []why.Cause{{Why: why.Lead, Number: t.Index, Who: m.s.who(lead)}}
		}
	case m.cut != nil && m.prepared != m.cut:
		for rank, n := range m.cut.Counts {
			if m.cur.streams.Held(rank) < n {
				w.Causes = append(w.Causes, why.Cause{Why: why.Lacks, Number: n, Who: m.ranked(m.cur.view, rank)})
			}
		}
	default:
		w.Causes = []why.Cause{{Why: why.Lead, Number: t.Index, Who: m.s.who(lead)}}
	}
	return w, true
}

// whyState is the state that a joiner has yet to get.
func (m *member) whyState() (why.Wait, bool) {
	j := m.loading
	if j == nil || m.cur == nil {
		return why.Wait{}, false
	}
	w := m.wait(why.State)
	w.Bytes, w.Number = int(j.Got()), j.Got() // it gets on
	switch {
	case j.Restored:
		w.Causes = []why.Cause{{Why: why.Ready, Who: m.s.who(m.proc)}}
	case j.Ended:
		w.Causes = []why.Cause{{Why: why.Program, Text: "State.Restore"}}
	default:
		w.Causes = []why.Cause{{Why: why.Donor, Who: m.s.who(j.Donor.Proc)}}
	}
	return w, true
}

// whyDeliveries is what is held here and not delivered, one wait for each stream.
func (m *member) whyDeliveries() []why.Wait {
	c := m.shown()
	if c == nil {
		return nil
	}
	stable := c.stable.Stable()
	if m.s.stalled {
		stable = nil
	}
	var list []why.Wait
	for _, x := range c.queue.Waiting(stable) {
		w := m.wait(why.Delivery)
		w.View, w.From, w.Number = c.view.Index, m.s.log.Who(c.view.Members[x.Rank].Proc), x.Run.First
		w.Count, w.Kind = x.Behind+1, kind(x.Run.Order, x.Run.Safe)
		w.Causes = m.whyHeld(c, x)
		list = append(list, w)
	}
	return list
}

// kind is "safe total".
func kind(o msg.Order, safe bool) string {
	if safe {
		return "safe " + string(orderName(o))
	}
	return string(orderName(o))
}

// whyHeld is why a run is not delivered.
func (m *member) whyHeld(c *installed, x order.Waiting) []why.Cause {
	switch x.Hold {
	case order.ByPast:
		here := "it has not arrived"
		if c.streams.Held(x.Sender) >= x.Cast {
			here = "it is here, and waits itself"
		}
		return []why.Cause{{Why: why.Predecessor, Who: m.ranked(c.view, x.Sender), Number: x.Cast, Text: here}}
	case order.ByTurn:
		return []why.Cause{{Why: why.Predecessor, Who: m.ranked(c.view, x.Sender), Number: x.Cast, Text: "its position is before"}}
	case order.ByGroup:
		return []why.Cause{m.s.inGroup(why.OtherGroup, x.Group)}
	case order.ByPosition:
		x := why.Cause{Why: why.NoPosition, Who: m.ranked(c.view, max(c.queue.Lead(), 0))}
		if c.queue.Behind() {
			x.Text = "what it sent last has not arrived"
		}
		return []why.Cause{x}
	case order.ByAcks:
		if m.s.stalled {
			return []why.Cause{{Why: why.Stalled}}
		}
		return []why.Cause{{Why: why.Unstable, Who: m.ranked(c.view, c.stable.Lacking(x.Need)...)}}
	case order.ByEnd:
		return []why.Cause{{Why: why.ViewEnd}}
	}
	return nil
}

func (s *Site) inGroup(r why.Reason, group id.Address) why.Cause {
	c := why.Cause{Why: r, Group: group}
	if g := s.Group(group); g != nil {
		c.Name = g.Name
	}
	return c
}

// whyHandling is what our program was given first and has not handled.
func (m *member) whyHandling() (why.Wait, bool) {
	i := slices.IndexFunc(m.handed, func(h handed) bool { return h.item })
	if i < 0 {
		return why.Wait{}, false
	}
	w := m.wait(why.Handling)
	h := m.handed[i]
	w.View, w.Number = h.view, h.last
	for _, h := range m.handed {
		if h.item {
			w.Count++
		}
	}
	w.From = m.s.log.Who(h.from)
	w.Causes = []why.Cause{{Why: why.Program}}
	return w, true
}

// whyAside is why we are set aside.
func (m *member) whyAside() (why.Wait, bool) {
	if !m.aside {
		return why.Wait{}, false
	}
	w := m.wait(why.Aside)
	w.Count = len(m.handed)
	w.Causes = []why.Cause{{Why: why.Program, Text: "until it has handled all that it was given"}}
	return w, true
}

// whySend is why the next of what our program casts is not sent, or what we are to
// cast for the group.
func (m *member) whySend() (why.Wait, bool) {
	if len(m.queue) == 0 && !m.unsecured {
		return why.Wait{}, false
	}
	w := m.wait(why.Send)
	if w.Count = max(1, len(m.queue)); m.cur != nil {
		w.Number = m.cur.sent + 1
	}
	if len(m.queue) == 0 {
		w.Kind, w.Causes = "for sessions, or casts to lists", m.whyUnsecured()
		return w, true
	}
	q := m.queue[0]
	switch {
	case q.flush != 0:
		w.Kind = "Flush"
	case q.cast != nil:
		w.Kind = kind(q.cast.Order, q.cast.Safe)
	default:
		w.Kind = "a request of " + m.s.log.Who(q.request.Caller).String()
	}
	switch {
	case m.s.stalled:
		w.Causes = []why.Cause{{Why: why.Stalled}}
	case m.cur == nil || len(m.targets) > 0:
		v, _ := m.whyView()
		w.Causes = v.Causes
	case len(m.ending) > 0:
		for _, x := range m.whyDeliveries() {
			w.Causes = append(w.Causes, x.Causes...)
		}
	case !m.abreast():
		w.Causes = []why.Cause{{Why: why.Lists}}
	case !m.follows(q):
		w.Causes = []why.Cause{m.s.inGroup(why.OwnCast, m.past.behind(q.at, m.group))}
	case m.unsecured:
		w.Causes = m.whyUnsecured()
	case m.cur.barrier:
		w.Causes = []why.Cause{{Why: why.ViewEnd, Text: "a Barrier cast of its own comes first"}}
	}
	return w, true
}

// whyUnsecured is what a cast depends on in other groups that could yet be lost.
func (m *member) whyUnsecured() []why.Cause {
	if len(m.past.deps) >= m.s.cfg.Deps {
		return []why.Cause{{Why: why.Carries, Number: uint64(len(m.past.deps))}}
	}
	var list []why.Cause
	for _, b := range m.bounds() {
		for _, x := range b.held {
			c := m.s.inGroup(why.Unsecured, x.group)
			c.Who = x.ranked(x.c.view, x.c.stable.Lacking(x.upto)...)
			list = append(list, c)
		}
		for _, d := range b.deps {
			if g := m.s.Group(d.Group); g != nil {
				c := m.s.inGroup(why.Unsecured, d.Group)
				c.Who = m.s.who(g.Procs()...)
				list = append(list, c)
			}
		}
	}
	return list
}

// whyUse is whom the window of our casts waits for.
func (m *member) whyUse() (why.Wait, bool) {
	out, first := m.account.Out()
	if m.cur == nil || out.Own == 0 {
		return why.Wait{}, false
	}
	w := m.wait(why.Use)
	w.Bytes, w.Number = out.Own, first
	ranks := m.behind(m.cur)
	if len(ranks) == 0 {
		return w, false
	}
	w.Causes = []why.Cause{{Why: why.NotHandled, Who: m.ranked(m.cur.view, ranks...)}}
	return w, true
}

// behind are the ranks that have not used all of what we have sent.
func (m *member) behind(c *installed) []int {
	if ranks := c.stable.Unclear(m.account.Carried() + 1); len(ranks) > 0 {
		return ranks // they have used none of what came after it
	}
	_, first := m.account.Out()
	return c.stable.Unused(c.rank, first)
}

// whyRelay is why the request of somebody outside is not cast.
func (m *member) whyRelay() (why.Wait, bool) {
	if len(m.waiting) == 0 {
		return why.Wait{}, false
	}
	w := m.wait(why.Request)
	x := m.waiting[0]
	w.Who, w.Number, w.Count = m.s.log.Who(x.Caller), x.First, len(m.waiting)
	w.Causes = []why.Cause{{Why: why.Relaying, Who: m.s.who(m.proc)}}
	if c := m.cur; c != nil && m.relaying()+requestSize(x.N, x.Body) > flow.OutsideWindow {
		if ranks := m.behind(c); len(ranks) > 0 {
			w.Causes = []why.Cause{{Why: why.NotHandled, Who: m.ranked(c.view, ranks...)}}
		}
	}
	return w, true
}

// whyFlush is why a Flush of our program has not returned.
func (m *member) whyFlush() (why.Wait, bool) {
	if len(m.flushes) == 0 || m.cur == nil {
		return why.Wait{}, false
	}
	w := m.wait(why.Flush)
	f := m.flushes[0]
	w.Number, w.Count = f.id, len(m.flushes)
	if ranks := m.cur.stable.Lacking(f.upto); f.view == m.cur.view.Index && len(ranks) > 0 {
		w.Causes = []why.Cause{{Why: why.Unstable, Who: m.ranked(m.cur.view, ranks...)}}
	}
	return w, true
}

// whyCall is whose replies the oldest call of our program waits for.
func (m *member) whyCall() (why.Wait, bool) {
	number, waits, ok := m.calls.Oldest()
	if !ok {
		return why.Wait{}, false
	}
	w := m.wait(why.Call)
	w.Number, w.Count, w.Causes = number, m.calls.Len(), m.s.noReply(waits)
	for _, x := range m.held {
		w.Causes = append(w.Causes, m.s.inGroup(why.EarlyAnswer, m.s.lacks(m.proc, knowledge(x))))
	}
	return w, true
}

// whyLeave is why a member that leaves is still there.
func (m *member) whyLeave() (why.Wait, bool) {
	c := m.cur
	if !m.leaving || c == nil || m.asked {
		return why.Wait{}, false
	}
	w := m.wait(why.Leave)
	switch ranks := c.stable.Lacking(m.parts(c)); {
	case m.wedged(), len(m.queue) > 0:
		x, _ := m.whySend()
		if v, ok := m.whyView(); ok {
			x = v
		}
		w.Causes = x.Causes
	case c.barrier:
		w.Causes = []why.Cause{{Why: why.ViewEnd}}
	case len(m.made) > 0:
		w.Causes = []why.Cause{m.s.inGroup(why.OwnCast, m.group)}
	case len(m.past.answers) > 0:
		w.Causes = []why.Cause{{Why: why.Answers}}
	case len(ranks) > 0:
		w.Causes = []why.Cause{{Why: why.Unstable, Who: m.ranked(c.view, ranks...)}}
	}
	return w, true
}
