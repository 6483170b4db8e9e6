package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// accusations is what this site knows of who suspects whom.
type accusations struct {
	cases []accusation // by suspect, then accuser
}

type accusation struct {
	suspect, accuser id.Site
	evidence         msg.Evidence
	since            effect.Time
}

// settled drops what is said of or by sites that are gone.
func (a *accusations) settled(v *view.Site) {
	a.cases = slices.DeleteFunc(a.cases, func(c accusation) bool {
		return !v.Has(c.suspect) || !v.Has(c.accuser)
	})
}

func (a *accusations) find(suspect, accuser id.Site) int {
	return slices.IndexFunc(a.cases, func(c accusation) bool {
		return c.suspect == suspect && c.accuser == accuser
	})
}

// suspected reports whether anybody at all accuses s.
func (a *accusations) suspected(s id.Site) bool {
	return slices.ContainsFunc(a.cases, func(c accusation) bool { return c.suspect == s })
}

// accuse records that accuser suspects s.
func (l *Log) accuse(now effect.Time, accuser, s id.Site, ev msg.Evidence) {
	if s == l.me.Site || !l.view.Has(s) || !l.view.Has(accuser) {
		return
	}
	if i := l.find(s, accuser); i >= 0 {
		if ev != msg.Timeout {
			l.cases[i].evidence = ev
		}
		return
	}
	l.cases = append(l.cases, accusation{suspect: s, accuser: accuser, evidence: ev, since: now})
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
	i := l.find(s, l.me.Site)
	if i < 0 {
		return
	}
	fx.Fact(fact.Suspect{Site: s, Evidence: l.cases[i].evidence.String(), Cleared: true})
	l.cases = slices.Delete(l.cases, i, i+1)
	l.report(fx)
}

// Accuses reports whether this site itself accuses s.
func (l *Log) Accuses(s id.Site) bool { return l.find(s, l.me.Site) >= 0 }

// accused lists whom this site suspects itself.
func (l *Log) accused() []msg.Accusation {
	var list []msg.Accusation
	for _, c := range l.cases {
		if c.accuser == l.me.Site {
			list = append(list, msg.Accusation{Site: c.suspect, Evidence: c.evidence})
		}
	}
	return list
}

// certain lists whom this site knows to be gone, from whomever it knows it. It
// makes that its own word: who bids is asked why.
func (l *Log) certain() []msg.Accusation {
	var list []msg.Accusation
	for _, c := range slices.Clone(l.cases) {
		known := slices.ContainsFunc(list, func(a msg.Accusation) bool { return a.Site == c.suspect })
		if c.evidence == msg.Timeout || known {
			continue
		}
		list = append(list, msg.Accusation{Site: c.suspect, Evidence: c.evidence})
		if i := l.find(c.suspect, l.me.Site); i < 0 || l.cases[i].evidence == msg.Timeout {
			l.accuse(l.now, l.me.Site, c.suspect, c.evidence)
			l.fx.Fact(fact.Suspect{Site: c.suspect, Evidence: c.evidence.String()})
		}
	}
	return list
}

// report tells all voters whom this site suspects: the whole list each time,
// so that no lost or late word leaves an old suspicion behind.
func (l *Log) report(fx *effect.Effects) {
	m := &msg.Accuse{Accused: l.accused()}
	for _, v := range l.view.Members {
		if v.Site != l.me.Site && v.Weight > 0 {
			fx.Control(v.Site, m)
		}
	}
}

func (l *Log) onAccuse(from id.Site, m *msg.Accuse) {
	l.cases = slices.DeleteFunc(l.cases, func(c accusation) bool {
		return c.accuser == from && !slices.ContainsFunc(m.Accused, func(a msg.Accusation) bool { return a.Site == c.suspect })
	})
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
	for _, c := range l.cases {
		if c.suspect != s {
			continue
		}
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
	return slices.ContainsFunc(l.cases, func(c accusation) bool {
		return c.accuser == s && c.evidence == msg.Timeout && now-c.since >= l.cfg.Patience &&
			l.view.Rank(c.suspect) < l.view.Rank(s) && !l.distrusted(c.suspect) && !l.distrusted(s)
	})
}

// distrusted reports whether what s said does not count: it is dead, or so
// silent here that it may have taken back what we heard last.
func (l *Log) distrusted(s id.Site) bool {
	return l.crashed(s) || l.find(s, l.me.Site) >= 0
}

func (l *Log) crashed(s id.Site) bool {
	return slices.ContainsFunc(l.cases, func(c accusation) bool {
		return c.suspect == s && c.evidence != msg.Timeout
	})
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
	for _, c := range l.cases {
		if c.suspect != s {
			continue
		}
		r.Accusers = append(r.Accusers, c.accuser)
		if c.evidence != msg.Timeout {
			r.Evidence = c.evidence
		}
	}
	slices.Sort(r.Accusers)
	return r
}

// firstSilence is when the oldest open accusation by silence was made, or Never.
func (l *Log) firstSilence(now effect.Time) effect.Time {
	first := effect.Never
	for _, c := range l.cases {
		if c.evidence == msg.Timeout && l.convicted(now, c.suspect) {
			first = min(first, c.since)
		}
	}
	return first
}
