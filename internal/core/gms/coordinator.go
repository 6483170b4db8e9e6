package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// coordinator is what a site needs to lead: its ballot, what it proposed, and
// what waits to be decided. Who leads is recomputed from view and suspicions
// at every advance; nothing is latched.
type coordinator struct {
	leading  bool // promised by a quorum, or the oldest at ballot 0
	refusals int  // in this view: after the first, ballot 0 is spent
	ballot   msg.Ballot
	proposal *msg.Entry // in flight at ballot
	agreed   []id.Site  // who accepted it
	inherit  *msg.Entry // found accepted at takeover: goes first, unchanged
	bid      *bid

	joins  []view.Member
	ops    []msg.Op
	queued map[msg.Op]struct{} // what is in ops
	depart []id.Site
}

// bid is a takeover under way.
type bid struct {
	promised []id.Site
	best     *msg.Entry
	at       msg.Ballot
	refused  bool
	retry    effect.Time
}

// settled ends what the applied entry settles. A new view has a new first
// ballot, so leadership starts anew.
//
// Operations wait only with a coordinator that keeps leading. Were a deposed
// one to keep them, it could bring back a join long after the leave; who asked
// for them repeats them anyway.
func (c *coordinator) settled(v *view.Site, e *msg.Entry) {
	if e != c.proposal {
		c.ops, c.queued = nil, nil
	}
	c.proposal, c.agreed, c.inherit = nil, nil, nil
	if !e.ChangesView() {
		if c.bid != nil { // what it heard of that entry is old
			c.bid = &bid{refused: true}
		}
		return
	}
	c.leading, c.bid, c.refusals = false, nil, 0
	c.joins = slices.DeleteFunc(c.joins, func(m view.Member) bool { return v.Has(m.Site) })
	c.depart = slices.DeleteFunc(c.depart, func(s id.Site) bool { return !v.Has(s) })
}

// Coordinator is the oldest voter this site has no reason to remove, or 0.
func (l *Log) Coordinator(now effect.Time) id.Site {
	if l.view == nil {
		return 0
	}
	for _, m := range l.view.Members {
		if m.Weight > 0 && (m.Site == l.me.Site || !l.convicted(now, m.Site)) {
			return m.Site
		}
	}
	return 0
}

// Advance does what time and earlier messages made due, and returns when to
// call again at the latest.
func (l *Log) Advance(now effect.Time, fx *effect.Effects) ([]Applied, effect.Time) {
	l.begin(fx)
	wake := effect.Never
	for l.view != nil && !l.dead && l.Coordinator(now) == l.me.Site {
		if !l.leading {
			wake = l.claim(now)
			if !l.leading {
				break
			}
		}
		if l.proposal != nil {
			break
		}
		var e *msg.Entry
		if e, wake = l.next(now); e == nil {
			break
		}
		l.propose(now, e)
	}
	wake = min(wake, l.unhold(now))
	l.replay(now)
	if l.view != nil && len(l.cases) > 0 {
		for _, c := range l.cases {
			if due := c.since + l.cfg.Patience; due > now {
				wake = min(wake, due)
			}
		}
	}
	return l.end(), wake
}

// claim makes this site the leader: at once with the view's first ballot if it
// is the oldest and nobody was promised more, else by asking for promises.
func (l *Log) claim(now effect.Time) effect.Time {
	first := firstBallot(l.view)
	if first.Owner == l.me.Site && l.promised == first && l.refusals == 0 {
		l.leading, l.ballot = true, first
		return effect.Never
	}
	if l.bid != nil && (!l.bid.refused || now < l.bid.retry) {
		if l.bid.refused {
			return l.bid.retry
		}
		return effect.Never
	}
	b := msg.Ballot{ViewSeq: l.view.Seq, Round: max(l.promised.Round, l.ballot.Round) + 1, Owner: l.me.Site}
	l.ballot, l.promised = b, b
	l.bid = &bid{promised: []id.Site{l.me.Site}, best: l.accepted, at: l.at}
	l.toVoters(&msg.Prepare{Ballot: b, Index: l.index, Accused: l.certain()})
	l.elected()
	return effect.Never
}

func (l *Log) toVoters(m msg.Message) {
	for _, v := range l.view.Members {
		if v.Site != l.me.Site && v.Weight > 0 {
			l.fx.Control(v.Site, m)
		}
	}
}

func (l *Log) onPromise(from id.Site, m *msg.Promise) {
	for _, e := range m.Decided {
		if e.Index == l.index+1 && !l.dead {
			l.commit(e, nil)
		}
	}
	if l.dead || l.bid == nil || l.leading || m.Ballot != l.ballot || m.Index > l.index {
		return
	}
	if m.Index == l.index && m.Accepted != nil && m.Accepted.Index == l.index+1 && (l.bid.best == nil || l.bid.at.Less(m.At)) {
		l.bid.best, l.bid.at = m.Accepted, m.At
	}
	if !slices.Contains(l.bid.promised, from) {
		l.bid.promised = append(l.bid.promised, from)
	}
	l.elected()
}

// elected makes this site the leader when a quorum has promised, unless it has
// itself promised somebody else meanwhile.
func (l *Log) elected() {
	if l.promised != l.ballot || !l.view.Quorum(func(s id.Site) bool { return slices.Contains(l.bid.promised, s) }) {
		return
	}
	l.leading, l.inherit = true, l.bid.best
	l.bid = nil
	l.fx.Fact(fact.Takeover{ViewSeq: l.ballot.ViewSeq, Round: l.ballot.Round})
}

func (l *Log) onNack(now effect.Time, m *msg.Nack) {
	if m.Ballot != l.ballot || m.Ballot.ViewSeq != l.view.Seq {
		return
	}
	if l.ballot.Round < m.Promised.Round {
		l.ballot.Round = m.Promised.Round // the next one will be higher
	}
	l.stepDown(now)
}

// stepDown ends this site's lead and bid: it was refused, or has promised a
// higher ballot. Its own promise stands; to lead again it needs a higher one yet.
func (l *Log) stepDown(now effect.Time) {
	pause := l.cfg.Retry * effect.Time(1+l.view.Rank(l.me.Site)) << min(l.refusals, 5)
	l.refusals++
	l.leading, l.proposal, l.agreed, l.inherit = false, nil, nil, nil
	l.bid = &bid{refused: true, retry: now + pause}
}

// yield steps down before a ballot higher than ours.
func (l *Log) yield(now effect.Time, b msg.Ballot) {
	if (l.leading || l.bid != nil) && l.ballot.Less(b) {
		l.stepDown(now)
	}
}

// propose puts an entry in flight. Those it removes are asked like the others:
// if they live they are acceptors still.
func (l *Log) propose(now effect.Time, e *msg.Entry) {
	l.proposal, l.agreed = e, nil
	for _, r := range e.Remove {
		if r.Evidence == msg.Timeout && !l.suspected(r.Site) {
			l.fx.Fact(fact.Suspect{Site: r.Site, Evidence: r.Evidence.String()})
		}
	}
	l.toVoters(&msg.Propose{Ballot: l.ballot, Entry: e})
	l.endorse(now)
}

// expels reports whether e removes s against its will.
func expels(e *msg.Entry, s id.Site) bool {
	return slices.ContainsFunc(e.Remove, func(r msg.Removal) bool { return r.Site == s && r.Evidence != msg.Left })
}

func removes(e *msg.Entry, s id.Site) bool {
	return slices.ContainsFunc(e.Remove, func(r msg.Removal) bool { return r.Site == s })
}

func (l *Log) onAccept(from id.Site, m *msg.Accept) {
	if !l.leading || l.proposal == nil || m.Ballot != l.ballot || m.Index != l.proposal.Index {
		return
	}
	if !slices.Contains(l.agreed, from) {
		l.agreed = append(l.agreed, from)
	}
	l.decide()
}

// decide commits the proposal once a quorum of the view before it accepted it
// (M5), and tells everybody whom it concerns: the removed as well, because only
// a committed view may make a site halt.
func (l *Log) decide() {
	if !l.view.Quorum(func(s id.Site) bool { return slices.Contains(l.agreed, s) }) {
		return
	}
	e, agreed, was := l.proposal, l.agreed, l.view
	l.commit(e, agreed)
	m := &msg.Commit{Entry: e, Agreed: agreed, Hash: l.hash}
	for _, v := range was.Members {
		if v.Site != l.me.Site {
			l.fx.Control(v.Site, m)
		}
	}
	if len(e.Add) == 0 || l.dead {
		return
	}
	welcome := l.snapshot()
	for _, v := range e.Add {
		l.fx.Control(v.Site, welcome)
	}
}

// next composes the entry to propose, or says when there may be one.
func (l *Log) next(now effect.Time) (*msg.Entry, effect.Time) {
	if l.inherit != nil {
		return l.inherit, effect.Never
	}
	e := &msg.Entry{Index: l.index + 1}
	certain := l.removals(now, e)
	if !l.view.Quorum(func(s id.Site) bool { return !expels(e, s) }) {
		e.Remove = nil // so many at once: it is the network, or we cannot decide it
	}
	if len(e.Remove) > 0 && !certain {
		if due := l.firstSilence(now) + l.cfg.Gather; now < due {
			e.Remove = nil
			if len(l.ops) == 0 && len(l.joins) == 0 {
				return nil, due
			}
		}
	}
	l.admit(e)
	n := min(len(l.ops), maxOps)
	e.Ops = slices.Clone(l.ops[:n])
	for _, op := range e.Ops {
		delete(l.queued, op)
	}
	l.ops = slices.Delete(l.ops, 0, n)
	if !e.ChangesView() && len(e.Ops) == 0 {
		return nil, effect.Never
	}
	return e, effect.Never
}

// removals puts into e who must go, and reports whether any of it is certain.
func (l *Log) removals(now effect.Time, e *msg.Entry) (certain bool) {
	for _, m := range l.view.Members {
		switch {
		case slices.Contains(l.depart, m.Site):
			e.Remove = append(e.Remove, msg.Removal{Site: m.Site, Evidence: msg.Left})
			certain = true
		case m.Site != l.me.Site && l.convicted(now, m.Site):
			r := l.charge(m.Site)
			if len(r.Accusers) == 0 { // it accuses an older one: we answer in kind
				r.Accusers = []id.Site{l.me.Site}
			}
			certain = certain || r.Evidence != msg.Timeout
			e.Remove = append(e.Remove, r)
		}
	}
	return certain
}

// admit adds joiners, as many as the survivors outvote even if all of those
// were to die at once. A joiner whose name is taken replaces its former self.
func (l *Log) admit(e *msg.Entry) {
	var staying uint64
	for _, m := range l.view.Members {
		if !removes(e, m.Site) {
			staying += uint64(m.Weight)
		}
	}
	var joining uint64
	for _, j := range l.joins {
		if uint64(j.Weight) > staying {
			l.fx.Control(j.Site, &msg.Refuse{Why: "its weight exceeds that of all members together"})
			continue
		}
		if slices.Contains(l.removed, j.Site) {
			continue
		}
		if len(e.Add) == maxJoiners || joining+uint64(j.Weight) > staying {
			break
		}
		i := slices.IndexFunc(l.view.Members, func(m view.Member) bool { return m.Name == j.Name })
		if i >= 0 && !removes(e, l.view.Members[i].Site) {
			continue // refused or replaced when the old one's fate is known
		}
		if slices.ContainsFunc(e.Add, func(m view.Member) bool { return m.Name == j.Name }) {
			continue
		}
		joining += uint64(j.Weight)
		e.Add = append(e.Add, j)
	}
}

// onJoin takes a joiner's wish: welcomes it if it is in already, else passes it
// to the coordinator or remembers it.
//
// A joiner at the address of a member of the same name is proof that the former
// process is gone.
func (l *Log) onJoin(now effect.Time, from id.Site, m *msg.Join) {
	j := m.Member
	if l.view.Has(j.Site) || slices.Contains(l.removed, j.Site) {
		if from == j.Site { // it is in already, or was, and is out for good
			l.fx.Control(j.Site, l.snapshot())
		}
		return
	}
	if i := slices.IndexFunc(l.view.Members, func(v view.Member) bool { return v.Name == j.Name }); i >= 0 {
		old := l.view.Members[i]
		if old.Addr == j.Addr && !l.Accuses(old.Site) && old.Site != l.me.Site {
			l.Suspect(now, old.Site, msg.Replaced, l.fx)
		}
		if !l.suspected(old.Site) {
			l.fx.Control(j.Site, &msg.Refuse{Why: "the name " + j.Name + " is taken by a site that is alive"})
			return
		}
	}
	if !slices.ContainsFunc(l.joins, func(v view.Member) bool { return v.Site == j.Site }) {
		l.joins = append(l.joins, j)
		if len(l.joins) > 4*maxJoiners {
			l.joins = slices.Delete(l.joins, 0, 1) // it will ask again
		}
	}
	if from == j.Site { // straight from the joiner: let the likely leaders know
		l.toVoters(m)
	}
}

// Submit puts operations of this site on their way. They may get lost with a
// coordinator; the caller repeats what it does not see applied.
func (l *Log) Submit(now effect.Time, ops []msg.Op, fx *effect.Effects) {
	if l.view == nil || l.dead || len(ops) == 0 {
		return
	}
	switch c := l.Coordinator(now); c {
	case l.me.Site:
		l.enqueue(ops)
	case 0:
	default:
		for ; len(ops) > 0; ops = ops[min(maxOps, len(ops)):] {
			fx.Control(c, &msg.Submit{Ops: ops[:min(maxOps, len(ops))]})
		}
	}
}

// enqueue takes operations if this site may lead; who may not drops them, and
// their sender asks the right one when it has seen who that is.
func (l *Log) enqueue(ops []msg.Op) {
	if l.queued == nil {
		l.queued = map[msg.Op]struct{}{}
	}
	for _, op := range ops {
		if op.Kind == msg.OpDepart {
			if !slices.Contains(l.depart, op.Proc.Site()) {
				l.depart = append(l.depart, op.Proc.Site())
			}
			continue
		}
		if _, ok := l.queued[op]; !ok && len(l.ops) < maxWaiting {
			l.queued[op] = struct{}{}
			l.ops = append(l.ops, op)
		}
	}
}
