package gms

import (
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Fence says how long this site must yet keep from accepting a removal from v,
// the view that is installed, because the site in question may count on it
// (package lease); 0 when it is free to.
type Fence func(v *view.Site, r msg.Removal) effect.Time

// fences keep this site's acceptance of an entry back. To everybody else that
// looks as if the proposal had taken so much longer to come, which no promise
// of the log minds.
type fences struct {
	fence Fence
	held  *early // the Propose that has to wait, of the ballot promised
}

// Guard has the log ask f before it accepts.
func (l *Log) Guard(f Fence) { l.fence = f }

// fenced is how long e has to wait for this site's acceptance.
func (l *Log) fenced(e *msg.Entry) (wait effect.Time) {
	if l.fence == nil {
		return 0
	}
	for _, r := range e.Remove {
		wait = max(wait, l.fence(l.view, r))
	}
	return wait
}

// hold keeps a proposal that has to wait, and reports whether it has to. Its ballot
// is obeyed as if it were accepted: who proposes at a lower one is to know.
func (l *Log) hold(from id.Site, m *msg.Propose) bool {
	if l.fenced(m.Entry) == 0 {
		return false
	}
	l.obey(m.Ballot)
	l.held = &early{from, m}
	return true
}

// unhold takes up what has waited long enough: the proposal of another, or this
// site's own vote for its own.
func (l *Log) unhold() (wake effect.Time) {
	wake = effect.Never
	if l.held != nil && l.view != nil && !l.dead {
		from, m := l.held.from, l.held.m.(*msg.Propose)
		if wait := l.fenced(m.Entry); wait > 0 {
			wake = l.now + wait
		} else {
			l.held = nil
			l.dispatch(from, m)
		}
	}
	if l.proposal != nil && !l.endorsed() {
		wake = min(wake, l.endorse())
	}
	return wake
}

// endorsed reports whether this site has accepted what it has proposed itself.
func (l *Log) endorsed() bool { return l.accepted == l.proposal && l.at == l.ballot }

// endorse gives this site's own vote to what it has proposed, or says when.
func (l *Log) endorse() (wake effect.Time) {
	if wait := l.fenced(l.proposal); wait > 0 {
		return l.now + wait
	}
	l.accept(l.ballot, l.proposal)
	l.casts()
	l.decide()
	return effect.Never
}

// MayBind reports whether this site may promise s to keep it a while longer: not
// once it has accepted another view, and not while it waits to accept one
// without s.
func (l *Log) MayBind(s id.Site) bool {
	if l.view == nil || l.dead || l.Ends() != nil {
		return false
	}
	switch me, _ := l.view.Member(l.me.Site); {
	case me.Weight == 0: // nobody asks it
		return false
	case l.proposal != nil && removes(l.proposal, s):
		return false
	}
	return l.held == nil || !removes(l.held.m.(*msg.Propose).Entry, s)
}

// Ends is what this site has accepted that will end the view if it is decided,
// or nil.
func (l *Log) Ends() *msg.Entry {
	if l.accepted != nil && l.accepted.ChangesView() {
		return l.accepted
	}
	return nil
}
