package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/gms"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// groups are the memberships of this site's processes.
type groups struct {
	list    []*member // in order of joining
	byGroup map[id.Address][]*member
	dirty   []*member // something happened to them in this step
	spare   []*member // room for the next of these
	joining []joining
	waiting int         // members that wait for another group
	due     effect.Time // of the members' times the earliest, or one before it
}

// joining is a wish to be let in, by an entry after the one it was made at: an
// earlier membership of the same process, on its way out, does not fulfil it.
type joining struct {
	JoinGroup
	at uint64
}

func newGroups() groups { return groups{byGroup: map[id.Address][]*member{}, due: effect.Never} }

// of lists the local members of a group. Do not keep it.
func (g *groups) of(a id.Address) []*member { return g.byGroup[a] }

func (g *groups) find(a, proc id.Address) *member {
	for _, m := range g.byGroup[a] {
		if m.proc == proc {
			return m
		}
	}
	return nil
}

func (g *groups) mark(m *member) {
	if !m.dirty {
		m.dirty = true
		g.dirty = append(g.dirty, m)
	}
}

// work lets the members settle to which something happened.
func (g *groups) work() (some bool) {
	for len(g.dirty) > 0 {
		list := g.dirty
		g.dirty, g.spare = g.spare, nil
		for _, m := range list {
			m.dirty = false
			if !m.ended {
				m.work()
				g.due = min(g.due, m.nextDue())
			}
			some = true
		}
		clear(list) // who has left is not to be kept by it
		g.spare = list[:0]
	}
	return some
}

// markClients marks the members that watch over the sites of clients.
func (g *groups) markClients() {
	for _, m := range g.list {
		if len(m.clients.Open()) > 0 {
			g.mark(m)
		}
	}
}

// tick marks the members whose acknowledgement is due, or whose clients have
// been away for too long. With many idle groups it looks at none of them.
func (g *groups) tick(now effect.Time) effect.Time {
	if now < g.due {
		return g.due
	}
	g.due = effect.Never
	for _, m := range g.list {
		for _, at := range m.times() {
			switch {
			case at == 0:
			case at > now: // whatever else of m is due
				g.due = min(g.due, at)
			default:
				m.ackNow = m.ackNow || at == m.ackAt
				g.mark(m)
			}
		}
	}
	return g.due
}

// times are those at which something is due at the member, 0 for nothing.
func (m *member) times() [3]effect.Time {
	return [...]effect.Time{m.ackAt, m.expireAt, m.slow.due}
}

// nextDue is when something is due at the member, Never for nothing.
func (m *member) nextDue() effect.Time {
	next := effect.Never
	for _, at := range m.times() {
		if at != 0 {
			next = min(next, at)
		}
	}
	return next
}

func (g *groups) add(m *member) {
	g.list = append(g.list, m)
	g.byGroup[m.group] = append(g.byGroup[m.group], m)
}

func (g *groups) remove(m *member) {
	g.list = slices.DeleteFunc(g.list, func(x *member) bool { return x == m })
	rest := slices.DeleteFunc(slices.Clone(g.byGroup[m.group]), func(x *member) bool { return x == m })
	if len(rest) == 0 {
		delete(g.byGroup, m.group)
	} else {
		g.byGroup[m.group] = rest
	}
}

func (s *Site) withMember(group, proc id.Address, f func(*member)) {
	if m := s.groups.find(group, proc); m != nil && !m.ended {
		f(m)
		s.groups.mark(m)
	}
}

// joinGroup asks the log to make a process a member. The wish replaces an earlier one that
// has come to nothing yet: its program wants to be let in once, and as it said last.
func (s *Site) joinGroup(ev JoinGroup) {
	at := s.log.Index()
	s.groups.joining = slices.DeleteFunc(s.groups.joining, func(j joining) bool { return j.Proc == ev.Proc && j.Name == ev.Name })
	s.groups.joining = append(s.groups.joining, joining{ev, at})
	s.requests.add(msg.Op{Kind: msg.OpJoin, Proc: ev.Proc, Name: ev.Name, Stateful: ev.Stateful || ev.Replaces != 0, Index: at})
}

// applied carries what the log decided to the peers, members and callers.
func (s *Site) applied(list []gms.Applied) {
	for _, a := range list {
		if a.Halt != "" { // nothing that came before matters any more
			s.halt(a.Halt)
			return
		}
	}
	for _, a := range list {
		s.synced(a.Entry)
		if a.Jump {
			s.jumped()
		}
		if a.View != nil {
			s.settlePeers(a.View, a.Entry.Remove, a.Entry.Index)
			s.requests.again()
			s.item(SiteViewed{View: a.View, Entry: a.Entry, Agreed: a.Agreed})
			s.checkContact()
			s.outside.heard(s)
			s.groups.markClients()
		}
		s.numbered(a)
		for _, c := range a.Groups {
			if !a.Jump {
				s.tellChange(c, a.Entry.Index)
			}
			s.changed(c, a.Entry)
		}
		s.outside.viewed(s)
	}
	if len(list) > 0 {
		s.dealtLists(list)
		s.requests.satisfied(s)
		s.replayEarly()
	}
}

// jumped ends the memberships of a site that skipped entries of the log. The
// group learns it from the log, the program joins again. What the skipped
// entries let in begins as if the site had only been slow to hear of it.
func (s *Site) jumped() {
	for _, m := range slices.Clone(s.groups.list) {
		m.end("behind")
		s.requests.add(msg.Op{Kind: msg.OpLeave, Proc: m.proc, Group: m.group, Index: m.joined})
	}
}

// synced answers the Syncs of this site that an entry holds.
func (s *Site) synced(e *msg.Entry) {
	for _, op := range e.Ops {
		if op.Kind == msg.OpSync && op.Proc.Site() == s.me && s.requests.drop(op) {
			s.item(Synced{ID: op.Index})
		}
	}
}

// changed brings one group's local members and callers up to the log.
func (s *Site) changed(c gms.Change, e *msg.Entry) {
	for _, m := range slices.Clone(s.groups.of(c.Group)) {
		switch {
		case c.Now == nil && (c.Was == nil || c.Was.Rank(m.proc) < 0 || !departs(e, m)):
			m.end("lost")
		case c.Now == nil || !c.Now.Carries(view.GroupMember{Proc: m.proc, Joined: m.joined}):
			how := "left"
			switch {
			case dismissed(e, m):
				how = "slow"
			case m.unloaded:
				how = "unloaded"
			}
			m.end(how)
		default:
			m.raise(c.Now, e.Remove, slowOps(e, c.Was, c.Now))
		}
	}
	if c.Now != nil {
		for _, m := range s.admit(c.Now) {
			m.raise(c.Now, e.Remove, slowOps(e, c.Was, c.Now))
		}
	}
	s.outside.changed(s, c.Group, c.Now)
	s.item(Directory{Group: c.Group, Now: c.Now})
}

// tellChange says what the log did to a group.
func (s *Site) tellChange(c gms.Change, index uint64) {
	if !s.fx.Tracing {
		return
	}
	f := fact.Op{Index: index, Group: c.Group}
	if c.Was != nil {
		for _, m := range c.Was.Members {
			if c.Now == nil || !c.Now.Carries(m) {
				f.Left = append(f.Left, m.Proc)
			}
		}
	}
	if c.Now != nil {
		for _, m := range c.Now.Members {
			if c.Was == nil || !c.Was.Carries(m) {
				f.Joined = append(f.Joined, m.Proc)
			}
			if m.Ready && (c.Was == nil || !c.Was.Carries(m) || !c.Was.Members[c.Was.Rank(m.Proc)].Ready) {
				f.Ready = append(f.Ready, m.Proc)
			}
			if m.Aside && c.Was != nil && c.Was.Carries(m) && c.Was.Members[c.Was.Rank(m.Proc)].Ready {
				f.Aside = append(f.Aside, m.Proc)
			}
		}
	}
	for _, h := range c.Heirs {
		f.Heirs = append(f.Heirs, h.Old, h.New)
	}
	s.fx.Fact(f)
}

// departs reports whether e itself takes m out of its group.
func departs(e *msg.Entry, m *member) bool {
	return slices.ContainsFunc(e.Ops, func(op msg.Op) bool {
		if op.Kind == msg.OpReplace && op.Group == m.group && op.Old == m.proc {
			return true
		}
		return op.Kind == msg.OpLeave && op.Group == m.group && op.Proc == m.proc
	})
}

// admit makes members of the processes at this site that a view brings in. One
// that nobody here asked for leaves again: its join was repeated too late.
func (s *Site) admit(v *view.Group) (fresh []*member) {
	for _, gm := range v.Members {
		if gm.Proc.Site() != s.me || s.groups.find(v.Group, gm.Proc) != nil {
			continue
		}
		i := slices.IndexFunc(s.groups.joining, func(j joining) bool { return j.Proc == gm.Proc && j.Name == v.Name && gm.Joined > j.at })
		if i < 0 {
			s.requests.add(msg.Op{Kind: msg.OpLeave, Proc: gm.Proc, Group: v.Group, Index: gm.Joined})
			continue
		}
		m := newMember(s, v, gm)
		m.replaces, m.conservative = s.groups.joining[i].Replaces, s.groups.joining[i].Conservative
		m.patience = s.groups.joining[i].Patience
		s.groups.joining = slices.Delete(s.groups.joining, i, i+1)
		s.groups.add(m)
		fresh = append(fresh, m)
		s.item(Joined{Proc: gm.Proc, Group: v.Group, Name: v.Name, Since: gm.Joined})
	}
	return fresh
}

// requests are operations this site wants in the log. Each is repeated until
// the log shows its effect.
type requests struct {
	open  []msg.Op
	fresh []msg.Op
	at    effect.Time
}

func (r *requests) add(op msg.Op) {
	if !slices.Contains(r.open, op) {
		r.open = append(r.open, op)
		r.fresh = append(r.fresh, op)
	}
}

// again repeats all: the coordinator may be another.
func (r *requests) again() { r.fresh = append(r.fresh[:0], r.open...) }

// pending reports whether something is to be sent, and can be.
func (r *requests) pending(s *Site) bool { return len(r.fresh) > 0 && s.log.View() != nil }

// submit sends what was added since the last time.
func (r *requests) submit(s *Site) {
	if !r.pending(s) {
		return
	}
	s.log.Submit(s.now, slices.Clone(r.fresh), &s.fx)
	r.fresh = r.fresh[:0]
	r.at = s.now + s.cfg.Retry
}

func (r *requests) tick(s *Site) effect.Time {
	if len(r.open) == 0 {
		return effect.Never
	}
	if s.now >= r.at {
		r.again()
		r.at = s.now + s.cfg.Retry
	}
	return r.at
}

// satisfied drops the operations whose effect is in the directory.
func (r *requests) satisfied(s *Site) {
	d := s.log.Directory()
	done := func(op msg.Op) bool {
		switch op.Kind {
		case msg.OpJoin:
			g := d.Lookup(op.Name)
			return g != nil && g.Rank(op.Proc) >= 0 && g.Members[g.Rank(op.Proc)].Joined > op.Index
		case msg.OpLeave:
			g := d.Group(op.Group)
			return g == nil || !g.Carries(view.GroupMember{Proc: op.Proc, Joined: op.Index})
		case msg.OpReady:
			g := d.Group(op.Group)
			return g == nil || !g.Carries(view.GroupMember{Proc: op.Proc, Joined: op.Index}) || g.Members[g.Rank(op.Proc)].Ready
		case msg.OpReplace:
			g := d.Group(op.Group)
			return g == nil || !g.Carries(view.GroupMember{Proc: op.Proc, Joined: op.Index}) || !g.Carries(view.GroupMember{Proc: op.Old, Joined: op.Since})
		case msg.OpFlush:
			g := d.Group(op.Group)
			return g == nil || g.Index > op.Index
		case msg.OpList:
			return d.Dealt(op.Proc.Site()) >= op.List.Num
		case msg.OpTaken:
			owed := d.Owed(op.Proc.Site())
			return len(owed) == 0 || owed[0].Number > op.Index
		case msg.OpAside, msg.OpDismiss:
			g := d.Group(op.Group)
			return g == nil || g.Index > op.Since || !gms.Spares(g, op.Proc)
		case msg.OpDepart, msg.OpSync: // seen otherwise
		}
		return false
	}
	r.open = slices.DeleteFunc(r.open, done)
	r.fresh = slices.DeleteFunc(r.fresh, done)
}
