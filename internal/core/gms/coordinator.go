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
	agreed   votes      // of those who accepted it
	inherit  *msg.Entry // found accepted at takeover: goes first, unchanged
	bid      *bid

	joins  []wish
	fresh  []id.Site // members that have not shown yet that they are in the view
	ops    []msg.Op
	queued map[msg.Op]struct{} // what is in ops, as queuedAs
	depart []id.Site
	crowd  effect.Time // when so many were silent last that it was the network
}

// bid is a takeover under way.
//
// Where an older voter is only silent here, the candidate first asks whether it
// would be obeyed: who is alone in not hearing it raises no ballot, and so
// disturbs nobody.
type bid struct {
	asks     bool
	promised votes
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
	for _, m := range e.Add {
		c.fresh = append(c.fresh, m.Site)
	}
	c.fresh = slices.DeleteFunc(c.fresh, func(s id.Site) bool { return !v.Has(s) })
	c.joins = slices.DeleteFunc(c.joins, func(j wish) bool { return v.Has(j.Site) })
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
	l.begin(now, fx)
	wake := min(l.bind(), l.forgetWishes())
	for l.view != nil && !l.dead && l.Coordinator(now) == l.me.Site {
		if !l.leading {
			wake = min(wake, l.claim(now))
			if !l.leading {
				break
			}
		}
		if l.proposal != nil {
			break
		}
		e, due := l.next(now)
		wake = min(wake, due)
		if e == nil {
			break
		}
		l.propose(e)
	}
	wake = min(wake, l.unhold())
	l.replay()
	wake = min(wake, l.tellLate())
	if l.view != nil {
		wake = min(wake, l.firstPatience(now))
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
	l.ballot = msg.Ballot{ViewSeq: l.view.Seq, Round: max(l.promised.Round, l.ballot.Round) + 1, Owner: l.me.Site}
	if l.guesses() {
		l.bid = &bid{asks: true}
		l.toVoters(&msg.Prepare{Ballot: l.ballot, Ask: true, Index: l.index, Accused: l.certain()})
		l.answered(l.me.Site, l.vote())
	} else {
		l.stand()
	}
	if l.bid != nil && l.bid.refused {
		return l.bid.retry
	}
	return effect.Never
}

// guesses reports whether an older voter is passed over without certainty.
func (l *Log) guesses() bool {
	for _, m := range l.view.Members {
		if m.Site == l.me.Site {
			break
		}
		if m.Weight > 0 && !l.crashed(m.Site) {
			return true
		}
	}
	return false
}

// answered counts who would obey, and bids when that is a quorum.
func (l *Log) answered(by id.Site, v msg.Vote) {
	if l.bid.promised = l.bid.promised.cast(by, v); l.bid.promised.heard(l.view) {
		l.stand()
	}
}

// stand asks the voters to obey, unless this site has promised as much to
// somebody else meanwhile.
func (l *Log) stand() {
	if !l.promised.Less(l.ballot) {
		l.stepDown()
		return
	}
	l.obey(l.ballot)
	l.bid = &bid{best: l.accepted, at: l.at}
	l.toVoters(&msg.Prepare{Ballot: l.ballot, Index: l.index, Accused: l.certain()})
	l.casts()
	l.elected()
}

func (l *Log) toVoters(m msg.Message) {
	for _, v := range l.view.Members {
		if v.Site != l.me.Site && v.Weight > 0 {
			l.fx.Control(v.Site, m)
		}
	}
}

func (l *Log) onPromise(from id.Site, m *msg.Promise) {
	l.catchUp(m.Decided)
	if l.dead || l.bid == nil || l.bid.refused || l.leading || m.Ballot != l.ballot || m.Ask != l.bid.asks || m.Index > l.index {
		return
	}
	if m.Ask {
		l.answered(from, m.Vote)
		return
	}
	if m.Index == l.index && m.Accepted != nil && m.Accepted.Index == l.index+1 && (l.bid.best == nil || l.bid.at.Less(m.At)) {
		l.bid.best, l.bid.at = m.Accepted, m.At
	}
	l.bid.promised = l.bid.promised.cast(from, m.Vote)
	l.elected()
}

// elected makes this site the leader when a quorum has promised, unless it has
// itself promised somebody else meanwhile.
func (l *Log) elected() {
	l.bid.promised = l.bid.promised.cast(l.me.Site, l.vote())
	if l.promised != l.ballot || !l.bid.promised.decide(l.view) {
		return
	}
	l.leading, l.inherit = true, l.bid.best
	l.bid = nil
	l.fx.Fact(fact.Takeover{ViewSeq: l.ballot.ViewSeq, Round: l.ballot.Round})
}

func (l *Log) onNack(m *msg.Nack) {
	if m.Ballot != l.ballot || m.Ballot.ViewSeq != l.view.Seq {
		return
	}
	if l.ballot.Round < m.Promised.Round {
		l.ballot.Round = m.Promised.Round // the next one will be higher
	}
	l.stepDown()
}

// stepDown ends this site's lead and bid: it was refused, or has promised a
// higher ballot. Its own promise stands; to lead again it needs a higher one yet.
func (l *Log) stepDown() {
	pause := l.cfg.Retry * effect.Time(1+l.view.Rank(l.me.Site)) << min(l.refusals, 5)
	l.refusals++
	l.leading, l.proposal, l.agreed, l.inherit = false, nil, nil, nil
	l.bid = &bid{refused: true, retry: l.now + pause}
}

// yield steps down before a ballot higher than ours.
func (l *Log) yield(b msg.Ballot) {
	if (l.leading || l.bid != nil) && l.ballot.Less(b) {
		l.stepDown()
	}
}

// propose puts an entry in flight. Those it removes are asked like the others:
// if they live they are acceptors still.
func (l *Log) propose(e *msg.Entry) {
	l.proposal, l.agreed = e, nil
	for _, r := range e.Remove {
		if r.Evidence == msg.Timeout && !l.suspected(r.Site) {
			l.fx.Fact(fact.Suspect{Site: r.Site, Evidence: r.Evidence.String()})
		}
	}
	l.toVoters(&msg.Propose{Ballot: l.ballot, Entry: e})
	l.endorse()
}

func (l *Log) onAccept(from id.Site, m *msg.Accept) {
	if !l.leading || l.proposal == nil || m.Ballot != l.ballot || m.Index != l.proposal.Index {
		return
	}
	l.agreed = l.agreed.cast(from, m.Vote)
	l.decide()
}

// decide commits the proposal once a quorum of the view before it accepted it
// (M5), and tells everybody whom it concerns: the removed as well, because only
// a committed view may make a site halt.
func (l *Log) decide() {
	if l.endorsed() {
		l.agreed = l.agreed.cast(l.me.Site, l.vote())
	}
	if !l.agreed.decide(l.view) {
		return
	}
	e, agreed, was := l.proposal, l.agreed.voters(), l.view
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
		for len(ops) > 0 {
			n := together(ops)
			fx.Control(c, &msg.Submit{Ops: ops[:n]})
			ops = ops[n:]
		}
	}
}

// fitting is how many off the front of a list of n go together: at most so many, and
// of so many bytes. One that is too large goes alone.
func fitting(n, most, bytes int, size func(int) int) int {
	n = min(n, most)
	for i := range n {
		if bytes -= size(i); bytes < 0 && i > 0 {
			return i
		}
	}
	return n
}

// together is how many operations off the front of a list go into one entry.
func together(ops []msg.Op) int {
	return fitting(len(ops), maxOps, maxOpBytes, func(i int) int { return ops[i].Most() })
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
		if op.Kind == msg.OpList && l.dealtWith(op) {
			continue
		}
		if _, ok := l.queued[queuedAs(op)]; !ok && len(l.ops) < maxWaiting {
			l.queued[queuedAs(op)] = struct{}{}
			l.ops = append(l.ops, op)
		}
	}
}
