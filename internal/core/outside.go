package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
	"github.com/cohortkit/cohort/internal/core/view"
)

// callers are the processes of this site that cast to destinations of which
// they are no members.
type callers struct {
	list  []*caller
	fresh []*caller // have cast in this step

	answers []Answer // to callers that we have not heard of yet
}

// caller is one process and one destination. A member of the group relays for
// it; what is not yet held by the group is repeated to another when that one
// is gone.
type caller struct {
	proc, dest id.Address
	last       uint64 // requests made
	owes       uint64 // those made before the site was to depart
	sent       uint64 // requests given to the relay
	unheld     []request
	relay      view.GroupMember
	calls      *call.Table
	views      []*view.Group // of the group, since the oldest open call

	speaker  *speaker // nil unless it speaks for a session
	seenView uint64   // what we know of the group from its replies
	seenTime vclock.Time
	news     bool // and some of it is not among what its process carries
}

// request is one of ours, and how many casts its process had made before.
type request struct {
	*msg.Request
	after uint64
}

const (
	maxViews   = 1 << 10
	maxAnswers = 1 << 12
)

func newCallers() callers { return callers{} }

func (cs *callers) find(proc, dest id.Address) *caller {
	for _, c := range cs.list {
		if c.proc == proc && c.dest == dest {
			return c
		}
	}
	return nil
}

// castOutside casts to a group by way of a member, or to a process.
func (s *Site) castOutside(ev Cast) {
	s.tellCalls(ev)
	v := s.log.View()
	alive := v != nil && (s.Group(ev.Dest) != nil || (!ev.Dest.IsGroup() && v.Has(ev.Dest.Site())))
	end := call.Nobody
	if c := s.outside.find(ev.Proc, ev.Dest); ev.InSession && (c == nil || c.speaker == nil || c.speaker.closes) {
		alive, end = false, call.Refused
	}
	if !alive {
		for _, spec := range ev.Calls {
			s.called(ev.Proc, ev.Dest, call.Event{ID: spec.ID, End: end})
		}
		s.item(Undelivered{Proc: ev.Proc, Dest: ev.Dest, Bytes: requestSize(ev.N, ev.Body)})
		return
	}
	c := s.caller(ev.Proc, ev.Dest)
	first := c.last + 1
	c.add(&ev, s.pasts.of(ev.Proc).casts)
	s.tellMade(&ev, 0, first)
	for i, spec := range ev.Calls {
		key := call.Key{Cast: first + uint64(i)}
		s.fx.Fact(fact.Asked{Caller: ev.Proc, Group: ev.Dest, ID: spec.ID, Cast: key.Cast, Session: c.session(), Holder: c.holder()})
		c.calls.Open(spec.ID, spec.Want, key)
		if !ev.Dest.IsGroup() {
			c.calls.Expect(key, 0, []view.GroupMember{{Proc: ev.Dest}})
		}
	}
	s.outside.touch(c)
}

// touch notes that a caller has something to pass on.
func (cs *callers) touch(c *caller) {
	if !slices.Contains(cs.fresh, c) {
		cs.fresh = append(cs.fresh, c)
	}
}

// add numbers casts and puts them with what the group does not hold yet: in one
// request with those before, if they can share one that is not on its way.
func (c *caller) add(ev *Cast, after uint64) {
	if c.speaker != nil {
		ev.Order, ev.Safe = msg.Total, true
	}
	if n := len(c.unheld); n > 0 {
		r := &c.unheld[n-1]
		joint := Cast{Order: r.Order, Safe: r.Safe, N: r.N, Body: r.Body}
		if r.Call {
			joint.Calls = []CallSpec{}
		}
		if r.First > c.sent && r.Listed == nil && joint.join(ev) {
			r.N, r.Body, r.after = joint.N, joint.Body, after
			c.last += uint64(ev.N)
			return
		}
	}
	r := &msg.Request{
		Dest: c.dest, Caller: c.proc, First: c.last + 1, Order: ev.Order, Safe: ev.Safe,
		Call: ev.Calls != nil, N: ev.N, Body: ev.Body,
	}
	if c.speaker != nil {
		r.Session = &msg.Session{Op: msg.SessionRequest}
	}
	c.unheld = append(c.unheld, request{r, after})
	c.last += uint64(ev.N)
}

// passFresh sends on what was cast in this step.
func (cs *callers) passFresh(s *Site) {
	list := cs.fresh
	cs.fresh = nil
	for _, c := range list {
		c.pass(s)
	}
}

// pass gives the relay what it has not been given.
func (c *caller) pass(s *Site) {
	site := c.dest.Site()
	if c.dest.IsGroup() {
		g := s.Group(c.dest)
		if g == nil || s.stalled {
			return
		}
		if !g.Carries(c.relay) {
			c.relay, c.sent = chooseRelay(g, c.proc), 0
			if c.speaker != nil {
				c.speaker.asked = false
			}
		}
		site = c.relay.Proc.Site()
	}
	wish := c.speaker != nil && c.speaker.wish != nil && !c.speaker.asked
	if c.sent == c.last && !wish {
		return
	}
	p := s.pasts.of(c.proc)
	if !wish && c.overtakes(s) != 0 { // as below, before anything is listed in vain
		p.putOff = true
		return
	}
	if i, ok := p.find(c.dest); ok {
		c.learn(p.deps[i].View, p.deps[i].Time)
	}
	if m := s.groups.find(c.dest, c.proc); m != nil && m.cur != nil {
		c.learn(m.come().View, m.come().Time)
	}
	deps := cloned(s.deps(p, c.dest))
	if wish { // before anything else
		c.speaker.asked = true
		again := c.address(s, c.speaker.wish)
		again.Deps, again.Clock = deps, p.clock
		s.fx.Data(site, again)
	}
	for i, r := range c.unheld {
		if r.First+uint64(r.N)-1 <= c.sent {
			continue
		}
		if p.overtakes(r) != 0 {
			p.putOff = true
			break
		}
		again := c.address(s, r.Request)
		again.Deps, again.Clock = deps, p.clock
		c.unheld[i].Request = again
		c.sent = again.First + uint64(again.N) - 1
		s.fx.Data(site, again)
	}
}

// chooseRelay picks a member that holds the state: one at the caller's own
// site, or else one that spreads the callers over the group.
func chooseRelay(g *view.Group, proc id.Address) view.GroupMember {
	var ready []view.GroupMember
	for _, m := range g.Members {
		if !m.Ready {
			continue
		}
		if m.Proc.Site() == proc.Site() {
			return m
		}
		ready = append(ready, m)
	}
	return ready[uint64(proc.Site())%uint64(len(ready))]
}

// changed follows a group's views: a relay that is gone is replaced, members
// that are gone have failed.
func (cs *callers) changed(s *Site, group id.Address, now *view.Group) {
	for _, c := range slices.Clone(cs.list) {
		if c.dest != group {
			continue
		}
		if now == nil {
			c.calls.EndAll(call.Lost)
			cs.drop(s, c)
			s.listGone(group)
			continue
		}
		if c.calls.Len() == 0 {
			c.views = c.views[:0]
		}
		if c.views = append(c.views, now); len(c.views) > maxViews {
			c.views = c.views[1:]
		}
		c.calls.Keep(now.Carries)
		c.pass(s)
		s.closeIfDone(c)
	}
}

// viewed follows the site view: processes at sites that are gone have failed.
// It also passes on what waited while we were stalled.
func (cs *callers) viewed(s *Site) {
	v := s.log.View()
	for _, c := range slices.Clone(cs.list) {
		if !c.dest.IsGroup() && !v.Has(c.dest.Site()) {
			c.calls.Keep(func(view.GroupMember) bool { return false })
			cs.drop(s, c)
			s.listGone(c.dest)
			continue
		}
		c.pass(s)
	}
}

func (cs *callers) drop(s *Site, c *caller) {
	bytes := 0
	for _, r := range c.unheld {
		bytes += r.Counts()
	}
	if bytes > 0 {
		s.item(Undelivered{Proc: c.proc, Dest: c.dest, Bytes: bytes})
	}
	if c.speaker != nil {
		s.item(SessionEnded{Proc: c.proc, Dest: c.dest, Session: c.speaker.id})
	}
	p := s.pasts.of(c.proc)
	p.recall(s, 0)
	p.callers = slices.DeleteFunc(p.callers, func(x *caller) bool { return x == c })
	s.pasts.doubt(p)
	cs.list = slices.DeleteFunc(cs.list, func(x *caller) bool { return x == c })
	cs.fresh = slices.DeleteFunc(cs.fresh, func(x *caller) bool { return x == c })
}

func (cs *callers) cancel(s *Site, ev CancelCall) {
	if c := cs.find(ev.Proc, ev.Dest); c != nil {
		c.calls.Cancel(ev.ID)
		s.closeIfDone(c)
	}
}

func (cs *callers) halt() {
	for _, c := range cs.list {
		c.calls.EndAll(call.Unknown)
	}
	cs.list, cs.fresh, cs.answers = nil, nil, nil
}

func requestSize(n uint32, body []byte) int { return (&msg.Run{N: n, Body: body}).Size() }

// unheard reports whether site x is to come in by an entry that a relay has
// applied, but not we.
func (cs *callers) unheard(s *Site, x id.Site) bool {
	v := s.log.View()
	return v != nil && !v.Has(x) && !s.Excludes(x)
}

// await keeps an answer until its caller is heard of. The oldest goes when there
// are too many: its caller was removed so long ago that nobody remembers it.
func (cs *callers) await(ev Answer) {
	if len(cs.answers) == maxAnswers {
		cs.answers = slices.Delete(cs.answers, 0, 1)
	}
	cs.answers = append(cs.answers, ev)
}

// heard gives the answers that waited for a view.
func (cs *callers) heard(s *Site) {
	list := cs.answers
	cs.answers = nil
	for _, ev := range list {
		s.answer(ev)
	}
}

// requestHeld drops what the group holds by now.
func (s *Site) requestHeld(x *msg.RequestHeld) {
	c := s.outside.find(x.Caller, x.Dest)
	if c == nil {
		return
	}
	first, open := c.calls.First()
	for cast := max(x.First, first.Cast); open && cast <= min(x.Upto, c.last) && x.Dest.IsGroup(); cast++ {
		c.expect(s, call.Key{Cast: cast}, x.Of, 0)
	}
	s.listHeld(x)
	n, bytes := 0, 0
	for n < len(c.unheld) && c.unheld[n].First+uint64(c.unheld[n].N)-1 <= x.Upto {
		bytes += c.unheld[n].Counts()
		n++
	}
	c.unheld = fifo.Drop(c.unheld, n)
	if bytes > 0 {
		s.item(Freed{Proc: c.proc, Dest: c.dest, Bytes: bytes})
	}
	if c.closed(x.Upto) {
		s.outside.drop(s, c)
		return
	}
	s.closeIfDone(c)
}

// outsideReplies takes answers to calls of a process outside. Who may answer
// is known from the first reply on: the view in which it was delivered.
func (s *Site) outsideReplies(x *msg.Replies, items []msg.Reply) {
	dest := x.Group
	if dest == 0 {
		dest = x.From
	}
	c := s.outside.find(x.To, dest)
	if c == nil {
		return
	}
	c.learn(x.View, x.Time)
	c.news = c.news || x.View > 0
	s.learn(s.pasts.of(c.proc), x.Deps, x.Clock)
	for _, it := range items {
		key := call.Key{Cast: it.Cast}
		c.expect(s, key, x.Of, x.From)
		c.calls.Answer(key, x.Of, x.From, it.Null, it.Body)
	}
	s.closeIfDone(c)
}

// expect sets who may answer a request that was delivered in view of, if that
// was not known: a reply tells it, or that the request is held. The sender of a
// reply at hand counts, even if it is gone by now. A view that is not
// remembered, or that we never heard of, leaves the outcome unknown.
func (c *caller) expect(s *Site, key call.Key, of uint64, from id.Address) {
	if c.calls.Known(key, of) {
		return
	}
	i := slices.IndexFunc(c.views, func(v *view.Group) bool { return v.Index == of })
	if i < 0 {
		c.calls.Fail(key, call.Unknown)
		return
	}
	c.calls.Expect(key, of, c.views[i].ReadyMembers())
	if now := s.Group(c.dest); now != nil && now.Index != of {
		c.calls.Keep(func(m view.GroupMember) bool { return now.Carries(m) || m.Proc == from })
	}
}

func (c *caller) learn(index uint64, t vclock.Time) {
	switch {
	case index > c.seenView:
		c.seenView, c.seenTime = index, t.Clone()
	case index == c.seenView && len(t) == len(c.seenTime):
		c.seenTime.Merge(t)
	}
}

// request takes a request to relay, or for a process here.
func (s *Site) request(x *msg.Request) {
	if !x.Dest.IsGroup() {
		held := &msg.RequestHeld{Dest: x.Dest, Caller: x.Caller, First: x.First, Upto: x.First + uint64(x.N) - 1}
		if x.Listed != nil { // its number waits for that it is held
			s.bring(x)
			s.fx.Control(x.Caller.Site(), held)
			return
		}
		s.giveDirect(Casts{Proc: x.Dest, Sender: x.Caller, Run: runFor(x)})
		s.directs.of(x.Dest).tellHeld(s, held)
		return
	}
	if m := s.groups.find(x.Dest, x.Relay); m != nil && m.joined == x.Joined {
		m.waiting = append(m.waiting, x)
		s.groups.mark(m)
	}
	// Else that member has left: the caller learns it as we did, from the log.
}
