package gms

import (
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// muster is the founding of a system by several sites that were started alike.
//
// The one at the first address founds, when all have asked it to let them in:
// who asks is in no system. So nobody founds because others did not answer, and
// two systems of the same addresses cannot come to be while a site of the first
// one runs at any of them. All of them are in the first view, so that even the
// founder can decide nothing without a majority of them.
type muster struct {
	number uint64   // of the system
	addrs  []string // addresses, in order; none unless this site is to found
	come   []view.Member
}

// Found starts a new system: with this site alone, or, when with names the
// addresses of several, this one among them, together with those, as soon as
// all are there. Then it may also be that another one founds it, or that there
// is one already: this site goes on asking to be let in.
func (l *Log) Found(now effect.Time, system uint64, with []string, fx *effect.Effects) []Applied {
	l.begin(now, fx)
	if l.view != nil || l.dead {
		return l.end()
	}
	if len(with) == 0 {
		with = []string{l.me.Addr}
	}
	at := slices.Sorted(slices.Values(with))
	if at = slices.Compact(at); at[0] == l.me.Addr {
		l.muster = muster{number: system, addrs: at}
		l.volunteer(l.me)
	}
	return l.end()
}

// mustering reports whether this site waits for others to found a system with.
func (l *Log) mustering() bool { return l.view == nil && len(l.addrs) > 0 }

// volunteer notes that a site is in no system and wants to be in ours. The last
// that asked from an address is the one that runs there.
func (l *Log) volunteer(m view.Member) {
	if !slices.Contains(l.addrs, m.Addr) {
		return
	}
	l.come = slices.DeleteFunc(l.come, func(x view.Member) bool { return x.Addr == m.Addr })
	l.come = append(l.come, m)
	if len(l.come) < len(l.addrs) {
		return
	}
	slices.SortFunc(l.come, func(a, b view.Member) int { return strings.Compare(a.Addr, b.Addr) })
	l.system, l.view = l.number, &view.Site{}
	e := &msg.Entry{Index: 1, Add: l.come}
	l.muster = muster{}
	l.commit(e, nil)
	welcome := l.snapshot()
	for _, m := range e.Add[1:] {
		l.fx.Control(m.Site, welcome)
	}
}
