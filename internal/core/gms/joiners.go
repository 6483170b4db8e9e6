package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// admit adds joiners, as many as the others outvote even if all joiners were to
// die at once, and with them those that came before and have not been heard of
// since. If there are only such as outweigh all members together, one of them
// comes in alone: else none ever would. A joiner whose name is taken replaces
// its former self. It returns when one that has to wait may be let in.
func (l *Log) admit(e *msg.Entry) effect.Time {
	wake := effect.Never
	var staying, joining uint64
	for _, m := range l.view.Members {
		switch {
		case removes(e, m.Site):
		case slices.Contains(l.fresh, m.Site):
			joining += uint64(m.Weight)
		default:
			staying += uint64(m.Weight)
		}
	}
	var heavy *view.Member // came first of those that outweigh all
	for _, j := range l.joins {
		if slices.Contains(l.removed, j.Site) {
			continue
		}
		outweighs := uint64(j.Weight) > staying
		if len(e.Add) == maxJoiners || joining+uint64(j.Weight) > staying && !outweighs {
			break
		}
		i := slices.IndexFunc(l.view.Members, func(m view.Member) bool { return m.Name == j.Name })
		if i >= 0 && !removes(e, l.view.Members[i].Site) {
			continue // it waits for the old one's fate
		}
		if slices.ContainsFunc(e.Add, func(m view.Member) bool { return m.Name == j.Name }) {
			continue
		}
		if due := l.returns.due(j.Name); due > l.now {
			wake = min(wake, due)
			continue
		}
		if outweighs {
			if heavy == nil {
				heavy = &j.Member
			}
			continue
		}
		joining += uint64(j.Weight)
		e.Add = append(e.Add, j.Member)
	}
	if heavy != nil && joining == 0 {
		e.Add = append(e.Add, *heavy)
	}
	return wake
}

// wish is that of a site to be let in. It lasts as long as it is repeated: who
// died meanwhile wishes for nothing.
type wish struct {
	view.Member
	until effect.Time
}

// wishLasts is four times as long as a joiner waits before it asks again.
const wishLasts = 2 * effect.Second

// forgetWishes drops those that are no longer repeated, and returns when the
// next one is due.
func (l *Log) forgetWishes() effect.Time {
	wake := effect.Never
	l.joins = slices.DeleteFunc(l.joins, func(j wish) bool {
		if j.until > l.now {
			wake = min(wake, j.until)
		}
		return j.until <= l.now
	})
	return wake
}

// onJoin takes a joiner's wish: welcomes it if it is in already, else passes it
// to the coordinator or remembers it.
//
// A wish proves nothing against a member of the same name: it may have been
// under way since before that one was let in. But if it comes from the address of
// that member, one of the two is gone, and the joiner may wait until it is known
// which.
func (l *Log) onJoin(from id.Site, m *msg.Join) {
	j := m.Member
	if l.view.Has(j.Site) || slices.Contains(l.removed, j.Site) {
		if from == j.Site { // it is in already, or was, and is out for good
			l.fx.Control(j.Site, l.snapshot())
		}
		return
	}
	if i := slices.IndexFunc(l.view.Members, func(v view.Member) bool { return v.Name == j.Name }); i >= 0 {
		if old := l.view.Members[i]; old.Addr != j.Addr && !l.suspected(old.Site) {
			l.fx.Control(j.Site, &msg.Refuse{Why: "the name " + j.Name + " is taken by a site that is alive"})
			return
		}
	}
	until := l.now + wishLasts
	if i := slices.IndexFunc(l.joins, func(w wish) bool { return w.Site == j.Site }); i >= 0 {
		l.joins[i].until = until
	} else {
		l.joins = append(l.joins, wish{j, until})
		if len(l.joins) > 4*maxJoiners {
			l.joins = slices.Delete(l.joins, 0, 1) // it will ask again
		}
	}
	if from == j.Site { // straight from the joiner: let the likely leaders know
		l.toVoters(m)
	}
}

// Shown is called when a frame of s shows that it has applied entry index.
func (l *Log) Shown(now effect.Time, s id.Site, index uint64) {
	for i := range l.kin {
		if k := &l.kin[i]; k.site == s {
			k.heard = now
		}
	}
	if len(l.fresh) > 0 && index >= l.since {
		l.fresh = slices.DeleteFunc(l.fresh, func(x id.Site) bool { return x == s })
	}
}

// returns remembers which nodes were excluded for silence, by name. One that is
// in and out again and again, because it or its link is overloaded, costs all
// others a view change and a state transfer each time; so it waits longer each
// time before it is let in. The coordinator alone acts on it, and what it does
// not remember costs nothing but that.
type returns []exclusion

type exclusion struct {
	name  string
	times int
	last  effect.Time
	until effect.Time
}

const (
	maxReturns = 1 << 10
	// steadyAfter is after how many times the shortest pause, from when it might come
	// in again, an exclusion is forgotten.
	steadyAfter = 60
	// mostDoubled bounds the pause to 2 to that power of the shortest.
	mostDoubled = 6
)

func (r *returns) find(name string) int {
	return slices.IndexFunc(*r, func(x exclusion) bool { return x.name == name })
}

// note takes down whom an entry excludes from view v for silence.
func (r *returns) note(now, pause effect.Time, v *view.Site, list []msg.Removal) {
	for _, gone := range list {
		m, ok := v.Member(gone.Site)
		if !ok || gone.Evidence != msg.Timeout || pause == 0 {
			continue
		}
		i := r.find(m.Name)
		if i < 0 {
			if len(*r) == maxReturns {
				*r = slices.Delete(*r, 0, 1)
			}
			*r = append(*r, exclusion{name: m.Name})
			i = len(*r) - 1
		}
		x := &(*r)[i]
		if now-max(x.last, x.until) > steadyAfter*pause {
			x.times = 0
		}
		if x.last, x.times = now, x.times+1; x.times > 1 {
			x.until = now + pause<<min(x.times-2, mostDoubled)
		}
	}
}

// due is when the node of that name may come in again.
func (r *returns) due(name string) effect.Time {
	if i := r.find(name); i >= 0 {
		return (*r)[i].until
	}
	return 0
}
