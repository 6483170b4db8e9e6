package gms

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// acceptor is the memory that makes decisions safe: the highest ballot obeyed
// in this view, and what was accepted for the entry after the last applied.
type acceptor struct {
	promised msg.Ballot
	accepted *msg.Entry
	at       msg.Ballot
}

// firstBallot needs no Prepare: it belongs to the oldest voter of its view.
func firstBallot(v *view.Site) msg.Ballot {
	for _, m := range v.Members {
		if m.Weight > 0 {
			return msg.Ballot{ViewSeq: v.Seq, Owner: m.Site}
		}
	}
	return msg.Ballot{ViewSeq: v.Seq}
}

// settled forgets what was accepted for the entry now applied. In a new view
// all starts from that view's first ballot.
func (a *acceptor) settled(v *view.Site, e *msg.Entry) {
	a.accepted, a.at = nil, msg.Ballot{}
	if e.ChangesView() {
		a.promised = firstBallot(v)
	}
}

// stale answers a message of a ballot of an older view with what its sender
// lacks, keeps one of a later view for later, and reports whether it did either.
func (l *Log) stale(from id.Site, b msg.Ballot, m msg.Message) bool {
	switch {
	case b.ViewSeq < l.view.Seq:
		l.help(from)
		return true
	case b.ViewSeq > l.view.Seq:
		l.early = appendEarly(l.early, from, m)
		l.fx.Control(from, &msg.Fetch{Index: l.index})
		return true
	}
	return false
}

// help tells a laggard, or somebody excluded, how far the log is.
func (l *Log) help(to id.Site) {
	if n := len(l.kept); n > 0 {
		l.fx.Control(to, &msg.Commit{Entry: l.kept[n-1], Hash: l.hash})
	}
}

func (l *Log) onPrepare(from id.Site, m *msg.Prepare) {
	if l.stale(from, m.Ballot, m) {
		return
	}
	for _, a := range m.Accused {
		if a.Evidence != msg.Timeout { // certain, and holds for everybody
			l.accuse(l.now, from, a.Site, a.Evidence)
		}
	}
	if !l.promised.Less(m.Ballot) {
		l.fx.Control(from, &msg.Nack{Ballot: m.Ballot, Promised: l.promised})
		return
	}
	if x, ok := l.olderAlive(from); ok {
		l.fx.Control(from, &msg.Nack{Ballot: m.Ballot, Alive: x})
		return
	}
	if m.Index > l.index {
		l.early = appendEarly(l.early, from, m)
		l.fx.Control(from, &msg.Fetch{Index: l.index})
		return
	}
	if m.Ask {
		l.fx.Control(from, &msg.Promise{Ballot: m.Ballot, Ask: true, Index: l.index, Vote: l.vote()})
		return
	}
	l.obey(m.Ballot)
	l.promise(from, m.Index)
}

// obey raises this site's promise to b. Whoever had it before may wait for a vote
// that does not count yet (bonds) or that is kept back (fences), and now will never
// come: it is told, or it would wait for ever.
func (l *Log) obey(b msg.Ballot) {
	was := l.promised
	if !was.Less(b) {
		return
	}
	if (l.voted != 0 || l.held != nil) && was.Owner != l.me.Site && was.Owner != b.Owner && !l.crashed(was.Owner) {
		l.fx.Control(was.Owner, &msg.Nack{Ballot: was, Promised: b})
	}
	l.yield(b)
	l.promised, l.held = b, nil
}

// promise tells a candidate that it is obeyed, and what it lacks after index.
func (l *Log) promise(to id.Site, index uint64) {
	decided, ok := l.after(index)
	if !ok {
		return
	}
	p := &msg.Promise{Ballot: l.promised, Index: l.index, Decided: decided, Vote: l.casts()}
	if l.accepted != nil {
		p.Accepted, p.At = l.accepted, l.at
	}
	l.fx.Control(to, p)
}

// olderAlive names a voter older than s that this site has no reason to
// suspect: its presence refuses s's takeover before it disturbs anybody.
func (l *Log) olderAlive(s id.Site) (id.Site, bool) {
	for _, m := range l.view.Members {
		if m.Site == s {
			break
		}
		if m.Weight > 0 && !l.suspected(m.Site) {
			return m.Site, true
		}
	}
	return 0, false
}

func (l *Log) onPropose(from id.Site, m *msg.Propose) {
	if m.Entry == nil || l.stale(from, m.Ballot, m) {
		return
	}
	switch {
	case m.Entry.Index <= l.index:
		l.help(from)
	case m.Entry.Index > l.index+1:
		l.early = appendEarly(l.early, from, m)
		l.fx.Control(from, &msg.Fetch{Index: l.index})
	case m.Ballot.Less(l.promised):
		l.fx.Control(from, &msg.Nack{Ballot: m.Ballot, Promised: l.promised})
	case l.hold(from, m):
	default:
		l.accept(m.Ballot, m.Entry)
		l.fx.Control(from, &msg.Accept{Ballot: m.Ballot, Index: m.Entry.Index, Vote: l.casts()})
	}
}

// accept remembers the entry. From here on, whoever takes over finds it.
func (l *Log) accept(b msg.Ballot, e *msg.Entry) {
	if b.Less(l.promised) {
		panic("gms: accepting below a promise")
	}
	l.obey(b)
	l.at, l.accepted = b, e
	if l.fx.Tracing {
		l.fx.Fact(fact.Accepted{Index: e.Index, ViewSeq: b.ViewSeq, Round: b.Round, Owner: b.Owner})
	}
}
