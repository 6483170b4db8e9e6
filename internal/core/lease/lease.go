// Package lease lets a member read its own state without asking anybody, and
// still see all that was finished before.
//
// A site holds a lease while a quorum of its site view has promised not to
// accept its removal yet. So it knows, without a message, that the system has
// not gone on without it. Grants answer heartbeats and are counted by the holder
// from when it sent the heartbeat, by who gives them from when it came: however
// long either stands still, the holder's time ends first. They are good for one
// site view; what makes that safe from view to view is in Fence.
//
// What a reader waits for, besides, is in Gate: the safe casts that its own
// member holds and has not been delivered.
//
//	lease.go the grants a site holds and gives
//	gate.go  what a member's readers have to wait for
//	read.go  one read, step by step
//
// docs/parts/lease.md has the whole argument.
//
// Requires: clocks that run forwards, within Drift of true time; a site that
// asks Fence before it accepts a removal. Guarantees: U4 and, with Gate, U5.
package lease

import (
	"cmp"
	"slices"
	"sort"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Config are a system's terms, the same at all its sites.
type Config struct {
	// Grant is how long a grant binds who gives it; 0 gives none. No longer
	// than silence is let be, less Slack, it delays no removal.
	Grant effect.Time
	// Drift is how much faster or slower than true time a clock may run, in
	// parts per million.
	Drift int64
	// Slack is how far a clock may jump ahead while a grant lasts.
	Slack effect.Time
	// Wary does not take a crash for certain: whoever refuses connections to a
	// site's address may be somebody else on the way. Every crash then costs
	// the time of a grant.
	Wary bool
}

const million = 1_000_000

// term is how long a holder may rely on a grant: even a slow clock measures it
// in less than a fast one takes for Grant.
func (c Config) term() effect.Time {
	return c.Grant * (million - c.Drift) / (million + c.Drift)
}

// Lease is one site's part in all leases: the grants it holds and has given.
type Lease struct {
	cfg Config
	me  id.Site

	view  *view.Site
	peers []peer      // by site: the other members of view
	since effect.Time // by our patient clock, when view was installed
	own   effect.Time // until when our own vote keeps us in
	until effect.Time // what all grants come to
	fresh bool        // until is up to date
	ends  []bond      // for that, used again

	all    uint64 // votes in view
	oldest id.Site

	last, patient effect.Time
	mourned       effect.Time // when a site died whose vote may have passed to ours; 0: never
}

// peer is another member of the view. What it granted us is by our clock, what
// we granted it by our patient one.
type peer struct {
	site   id.Site
	weight uint64
	seq    uint64      // the site view it said it had installed
	stamp  uint64      // its clock when it said so last
	came   effect.Time // and when that came
	bound  effect.Time // when the last heartbeat came that we answered with a grant; 0: none
	spoken bool        // we have answered it in this view
	until  effect.Time // its own grant to us
}

// New returns the lease of a site that is in no system yet.
func New(cfg Config, me id.Site) *Lease { return &Lease{cfg: cfg, me: me, patient: 1} }

// Clock tells the time. What a site has granted it counts on a patient clock,
// which runs no further than it was asked to be called by: if the clock jumped,
// or the site stood still, nobody is let go early.
func (l *Lease) Clock(now, asked effect.Time) {
	if passed := min(now, asked) - l.last; passed > 0 {
		l.patient += passed
	}
	l.last = now
}

// Install begins a site view, if it is another. Grants of earlier ones count no
// more.
func (l *Lease) Install(v *view.Site) {
	if l.view != nil && l.view.Seq == v.Seq {
		return
	}
	next := make([]peer, 0, len(v.Members))
	for _, m := range v.Members {
		if m.Site == l.me {
			continue
		}
		p := peer{site: m.Site, weight: uint64(m.Weight)}
		if old := l.find(m.Site); old != nil {
			p.seq, p.stamp, p.came = old.seq, old.stamp, old.came
		}
		next = append(next, p)
	}
	slices.SortFunc(next, func(a, b peer) int {
		if a.site < b.site {
			return -1
		}
		return 1
	})
	l.view, l.peers, l.since, l.own, l.fresh = v, next, l.patient, effect.Never, false
	l.all, l.oldest = v.Weight(), v.Oldest()
}

func (l *Lease) find(s id.Site) *peer {
	i := sort.Search(len(l.peers), func(i int) bool { return l.peers[i].site >= s })
	if i < len(l.peers) && l.peers[i].site == s {
		return &l.peers[i]
	}
	return nil
}

// Heard takes a heartbeat, and reports whether it should be answered at once:
// its sender cannot have a grant of ours in this view yet.
func (l *Lease) Heard(from id.Site, m *msg.Heartbeat) (hurry bool) {
	p := l.find(from)
	if p == nil || m.View < p.seq {
		return false
	}
	p.seq, p.stamp, p.came = m.View, m.Stamp, l.patient
	if m.View != l.view.Seq {
		return false
	}
	if m.Grant != 0 {
		p.until = max(p.until, effect.Time(m.Grant)+l.cfg.term())
		l.fresh = false
	}
	return !p.spoken
}

// Beat makes a heartbeat for another member. With may it grants what the
// last one of that site asked for, which binds us.
func (l *Lease) Beat(now effect.Time, to id.Site, may bool) *msg.Heartbeat {
	m := &msg.Heartbeat{View: l.view.Seq, Stamp: uint64(now)}
	p := l.find(to)
	if p == nil || p.seq != l.view.Seq {
		return m
	}
	p.spoken = true
	if may && l.cfg.Grant > 0 {
		m.Grant, p.bound = p.stamp, p.came
	}
	return m
}

// Fence is how long this site must yet keep from accepting the removal of s, 0
// when it is free to: until its own grant has ended; and, as long as s may be in
// an earlier view, until every grant of that view has. Those of its voters that
// let this view come about have granted nothing since, and it was decided
// before it was installed here. It also waits for the grants of those whose vote
// has passed to it.
func (l *Lease) Fence(r msg.Removal) effect.Time {
	p := l.find(r.Site)
	if p == nil || l.cfg.Grant == 0 || r.Evidence == msg.Left || (r.Evidence != msg.Timeout && !l.cfg.Wary) {
		return 0
	}
	bound := p.bound
	if p.seq < l.view.Seq {
		bound = l.since
	}
	if bound = max(bound, l.mourned); bound == 0 {
		return 0
	}
	return max(0, bound+l.cfg.Grant+l.cfg.Slack-l.patient)
}

// Mourn is called when a site of this machine has died: its vote may pass to
// ours, and then what it granted binds us. It granted nothing after now.
func (l *Lease) Mourn() { l.mourned = l.patient }

// Pledge tells, after every step, which entry that ends the view this site has
// accepted, or nil. From then on what its own vote is worth to itself ends as a
// grant would, at once if the entry removes it. One that gave way to another
// entry can be decided no more.
func (l *Lease) Pledge(now effect.Time, e *msg.Entry) {
	own := effect.Never
	if e != nil {
		own = min(l.own, now+l.cfg.term())
	}
	if e != nil && slices.ContainsFunc(e.Remove, func(r msg.Removal) bool { return r.Site == l.me }) {
		own = 0
	}
	if own != l.own {
		l.own, l.fresh = own, false
	}
}

// Until is when the lease ends, by this site's clock: the latest time at which a
// quorum of the view is still bound. 0 if there is none.
func (l *Lease) Until() effect.Time {
	if l.view == nil || l.cfg.Grant == 0 {
		return 0
	}
	if l.fresh {
		return l.until
	}
	me, _ := l.view.Member(l.me)
	l.ends = append(l.ends[:0], bond{l.own, l.me, uint64(me.Weight)})
	for i := range l.peers {
		l.ends = append(l.ends, bond{l.peers[i].until, l.peers[i].site, l.peers[i].weight})
	}
	slices.SortFunc(l.ends, func(a, b bond) int { return cmp.Compare(b.until, a.until) })
	l.until, l.fresh = 0, true
	var sum uint64
	oldest := false
	for _, b := range l.ends {
		sum, oldest = sum+b.weight, oldest || b.site == l.oldest
		if view.Decide(sum, l.all, oldest) {
			l.until = b.until
			break
		}
	}
	return l.until
}

// bond is until when a vote keeps us in.
type bond struct {
	until  effect.Time
	site   id.Site
	weight uint64
}
