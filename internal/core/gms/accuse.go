package gms

import (
	"cmp"
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

const (
	// chatty is the largest system in which each change of a suspicion is told.
	chatty = 32
	// maxAccusers is how many accusers of a site an entry names, the oldest.
	maxAccusers = 16
)

// accuse records that accuser suspects s.
func (l *Log) accuse(now effect.Time, accuser, s id.Site, ev msg.Evidence) {
	if s == l.me.Site || !l.view.Has(s) || !l.view.Has(accuser) {
		return
	}
	if c := l.find(s, accuser); c != nil {
		if ev != msg.Timeout {
			c.evidence = ev
		}
		return
	}
	l.add(accusation{suspect: s, accuser: accuser, evidence: ev, since: now})
}

// Suspect is called when this site's own detector gives s up.
func (l *Log) Suspect(now effect.Time, s id.Site, ev msg.Evidence, fx *effect.Effects) {
	if l.view == nil || l.dead || !l.view.Has(s) {
		return
	}
	l.accuse(now, l.me.Site, s, ev)
	fx.Fact(fact.Suspect{Site: s, Evidence: ev.String()})
	l.report(fx)
}

// Clear is called when s is heard again.
func (l *Log) Clear(s id.Site, fx *effect.Effects) {
	if l.view == nil || l.dead {
		return
	}
	c := l.find(s, l.me.Site)
	if c == nil {
		return
	}
	fx.Fact(fact.Suspect{Site: s, Evidence: c.evidence.String(), Cleared: true})
	l.drop(c)
	l.report(fx)
}

// Accuses reports whether this site itself accuses s.
func (l *Log) Accuses(s id.Site) bool { return l.find(s, l.me.Site) != nil }

// accused lists whom this site suspects itself.
func (l *Log) accused() []msg.Accusation {
	var list []msg.Accusation
	for _, c := range l.by[l.me.Site] {
		list = append(list, msg.Accusation{Site: c.suspect, Evidence: c.evidence})
	}
	return list
}

// certain lists whom this site knows to be gone, from whomever it knows it. It
// makes that its own word: who bids is asked why.
func (l *Log) certain() []msg.Accusation {
	var list []msg.Accusation
	for _, c := range slices.Clone(l.cases) {
		if c.evidence == msg.Timeout || slices.ContainsFunc(list, func(a msg.Accusation) bool { return a.Site == c.suspect }) {
			continue
		}
		list = append(list, msg.Accusation{Site: c.suspect, Evidence: c.evidence})
		if mine := l.find(c.suspect, l.me.Site); mine == nil || mine.evidence == msg.Timeout {
			l.accuse(l.now, l.me.Site, c.suspect, c.evidence)
			l.fx.Fact(fact.Suspect{Site: c.suspect, Evidence: c.evidence.String()})
		}
	}
	return list
}

// report tells all voters whom this site suspects: the whole list each time,
// so that no lost or late word leaves an old suspicion behind. In a large system
// it does so with the next advance, and then not again for a while: when a third
// of the sites falls silent, each of the others finds out about one after the
// other, and would have told all others each time.
func (l *Log) report(fx *effect.Effects) {
	if len(l.view.Members) > chatty {
		l.untold = true
		return
	}
	l.tell(fx)
}

// tellLate tells what report put off, when it is due, or returns when it is.
func (l *Log) tellLate() effect.Time {
	if !l.untold || l.view == nil || l.dead {
		return effect.Never
	}
	if l.now < l.tellAt {
		return l.tellAt
	}
	l.untold, l.tellAt = false, l.now+l.cfg.Gather
	l.tell(l.fx)
	return effect.Never
}

func (l *Log) tell(fx *effect.Effects) {
	m := &msg.Accuse{Accused: l.accused()}
	for _, v := range l.view.Members {
		if v.Site != l.me.Site && v.Weight > 0 {
			fx.Control(v.Site, m)
		}
	}
}

func (l *Log) onAccuse(from id.Site, m *msg.Accuse) {
	for _, c := range slices.Clone(l.by[from]) {
		if !slices.ContainsFunc(m.Accused, func(a msg.Accusation) bool { return a.Site == c.suspect }) {
			l.drop(c)
		}
	}
	for _, a := range m.Accused {
		l.accuse(l.now, from, a.Site, a.Evidence)
	}
}

// convicted reports whether the evidence against s suffices to act on.
//
// A crash is certain, and so is a successor at the same address. Silence must be heard by two, where there are two to
// hear it. One accuser alone is let be until the patience ends: if by then the
// two still do not hear each other, the younger of them goes.
func (l *Log) convicted(now effect.Time, s id.Site) bool {
	witnesses := 0
	for _, c := range l.of[s] {
		if c.evidence != msg.Timeout {
			return true
		}
		if l.distrusted(c.accuser) {
			continue
		}
		witnesses++
		if now-c.since >= l.cfg.Patience && l.view.Rank(c.accuser) < l.view.Rank(s) {
			return true
		}
	}
	if witnesses == 0 {
		return l.quarrelsome(now, s)
	}
	return witnesses >= min(2, l.observers(s))
}

// quarrelsome reports whether s has accused an older site, alone, for longer
// than the patience: one of the two has to go, and it is the younger.
func (l *Log) quarrelsome(now effect.Time, s id.Site) bool {
	return slices.ContainsFunc(l.by[s], func(c *accusation) bool {
		return c.evidence == msg.Timeout && now-c.since >= l.cfg.Patience &&
			l.view.Rank(c.suspect) < l.view.Rank(s) && !l.distrusted(c.suspect) && !l.distrusted(s)
	})
}

// distrusted reports whether what s said does not count: it is dead, or so
// silent here that it may have taken back what we heard last.
func (l *Log) distrusted(s id.Site) bool {
	return l.crashed(s) || l.Accuses(s)
}

func (l *Log) crashed(s id.Site) bool {
	return slices.ContainsFunc(l.of[s], func(c *accusation) bool { return c.evidence != msg.Timeout })
}

// observers counts the sites that could confirm a suspicion of s.
func (l *Log) observers(s id.Site) int {
	n := 0
	for _, m := range l.view.Members {
		if m.Site != s && !l.suspected(m.Site) {
			n++
		}
	}
	return max(n, 1)
}

// charge builds the Removal of a convicted site.
func (l *Log) charge(s id.Site) msg.Removal {
	r := msg.Removal{Site: s, Evidence: msg.Timeout}
	for _, c := range l.of[s] {
		if r.Accusers = append(r.Accusers, c.accuser); c.evidence != msg.Timeout {
			r.Evidence = c.evidence
		}
	}
	slices.Sort(r.Accusers)
	r.Accusers = r.Accusers[:min(len(r.Accusers), maxAccusers)]
	return r
}

// firstSilence is when the oldest open accusation by silence was made, or Never.
func (l *Log) firstSilence(now effect.Time) effect.Time {
	for _, c := range l.cases {
		if c.evidence == msg.Timeout && l.convicted(now, c.suspect) {
			return c.since
		}
	}
	return effect.Never
}

// firstPatience is when the patience with an accusation ends next, or Never.
func (l *Log) firstPatience(now effect.Time) effect.Time {
	i, _ := slices.BinarySearchFunc(l.cases, now-l.cfg.Patience+1, func(c *accusation, t effect.Time) int {
		return cmp.Compare(c.since, t)
	})
	if i == len(l.cases) {
		return effect.Never
	}
	return l.cases[i].since + l.cfg.Patience
}
