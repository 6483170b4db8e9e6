package gms

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/core/why"
)

// Waits lists what waits in the log, as far as this site knows: the entry it
// wants decided, who is suspected and still in, who asks to be let in. It
// changes nothing.
func (l *Log) Waits(now effect.Time) []why.Wait {
	if l.view == nil || l.dead {
		return nil
	}
	list := l.waitingEntry()
	list = append(list, l.waitingSuspects(now)...)
	if l.Coordinator(now) == l.me.Site {
		list = append(list, l.waitingJoiners(now)...)
	}
	return list
}

func (l *Log) self() why.Who { return why.Who{Proc: id.Process(l.me.Site, 0), Name: l.me.Name} }

// waitingEntry is what this site proposes, or the takeover before it may.
func (l *Log) waitingEntry() []why.Wait {
	w := why.Wait{What: why.Entry, Who: l.self(), Number: l.index + 1}
	switch {
	case l.proposal != nil:
		w.Kind = l.does(l.proposal)
		if !l.endorsed() {
			var gone []id.Site
			for _, r := range l.proposal.Remove {
				gone = append(gone, r.Site)
			}
			w.Causes = append(w.Causes, why.Cause{Why: why.Grant, Who: l.named(gone)})
		}
		if who := l.missing(l.agreed); len(who) > 0 {
			w.Causes = append(w.Causes, why.Cause{Why: why.NoAccept, Who: who})
		}
	case l.bid != nil && !l.bid.refused:
		w.Kind = "takeover"
		w.Causes = []why.Cause{{Why: why.NoPromise, Who: l.missing(l.bid.promised)}}
	default:
		return nil
	}
	return []why.Wait{w}
}

// missing are the voters that vs lacks, but for this site and those it takes
// for gone.
func (l *Log) missing(vs votes) []why.Who {
	var sites []id.Site
	for _, m := range l.view.Members {
		if _, ok := vs.of(m.Site); !ok && m.Weight > 0 && m.Site != l.me.Site {
			sites = append(sites, m.Site)
		}
	}
	return l.named(sites)
}

// does says what an entry does.
func (l *Log) does(e *msg.Entry) string {
	var parts []string
	if len(e.Remove) > 0 {
		var gone []id.Site
		for _, r := range e.Remove {
			gone = append(gone, r.Site)
		}
		parts = append(parts, "removes "+why.Names(l.named(gone)))
	}
	if len(e.Add) > 0 {
		var names []string
		for _, m := range e.Add {
			names = append(names, m.Name)
		}
		parts = append(parts, "lets in "+strings.Join(names, ", "))
	}
	if len(e.Ops) > 0 {
		parts = append(parts, fmt.Sprintf("operations on groups: %d", len(e.Ops)))
	}
	return strings.Join(parts, "; ")
}

// waitingSuspects are those that are accused, and why they are not out.
func (l *Log) waitingSuspects(now effect.Time) []why.Wait {
	var list []why.Wait
	coordinator := l.Coordinator(now)
	e := &msg.Entry{}
	l.removals(now, e)
	for _, m := range l.view.Members {
		if !l.suspected(m.Site) {
			continue
		}
		w := why.Wait{What: why.Suspicion, Who: l.self(), From: l.Who(id.Process(m.Site, 0))}
		since, accusers := now, []id.Site(nil)
		for _, c := range l.cases {
			if c.suspect == m.Site {
				since, accusers = min(since, c.since), append(accusers, c.accuser)
				if w.Kind == "" || c.evidence != msg.Timeout {
					w.Kind = c.evidence.String()
				}
			}
		}
		w.For = now - since
		switch {
		case !l.convicted(now, m.Site):
			w.Causes = []why.Cause{{Why: why.Witness, Who: l.named(accusers)}}
		case coordinator != l.me.Site:
			w.Causes = []why.Cause{{Why: why.Coordinator, Who: l.named([]id.Site{coordinator})}}
		case !l.bearable(e):
			w.Causes = []why.Cause{{Why: why.Unbearable}}
		case l.crowded(e) && w.Kind == msg.Timeout.String():
			w.Causes = []why.Cause{{Why: why.Crowd, Who: l.named(silent(e))}}
		default:
			w.Causes = l.unaccepted()
		}
		list = append(list, w)
	}
	return list
}

// unaccepted is what this site's proposal waits for.
func (l *Log) unaccepted() []why.Cause {
	if l.proposal == nil {
		return nil
	}
	return []why.Cause{{Why: why.NoAccept, Who: l.missing(l.agreed)}}
}

// silent are those that e removes for silence.
func silent(e *msg.Entry) []id.Site {
	var list []id.Site
	for _, r := range e.Remove {
		if r.Evidence == msg.Timeout {
			list = append(list, r.Site)
		}
	}
	return list
}

// crowded reports whether so many are silent that it is taken for the network.
func (l *Log) crowded(e *msg.Entry) bool {
	n := len(silent(e))
	return n > 1 && network*n > len(l.view.Members)
}

// waitingJoiners are those that asked this site, which leads, to be let in.
func (l *Log) waitingJoiners(now effect.Time) []why.Wait {
	var list []why.Wait
	for _, j := range l.joins {
		w := why.Wait{What: why.Joiner, Who: l.self(), From: why.Who{Proc: id.Process(j.Site, 0), Name: j.Name}}
		old := slices.IndexFunc(l.view.Members, func(m view.Member) bool { return m.Name == j.Name })
		switch due := l.returns.due(j.Name); {
		case old >= 0:
			taken := l.named([]id.Site{l.view.Members[old].Site})
			taken[0].Name += " (site " + l.view.Members[old].Site.String() + ")"
			w.Causes = []why.Cause{{Why: why.NameTaken, Who: taken}}
		case due > now:
			w.Causes = []why.Cause{{Why: why.Backoff, Text: why.Span(due-now) + " more"}}
		case l.proposal != nil:
			w.Causes = l.unaccepted()
		default:
			w.Causes = []why.Cause{{Why: why.Outweighs}}
		}
		list = append(list, w)
	}
	return list
}
