package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/core/why"
)

// keepLosses bounds the removals whose reasons are remembered. They go with
// every snapshot: who was excluded and comes back is told why.
const keepLosses = 32

// loss is a removal, and when this site applied it; 0 if it never did.
type loss struct {
	msg.Loss
	at effect.Time
}

// remember notes whom e takes out of view was, and why.
func (l *Log) remember(was *view.Site, e *msg.Entry, agreed []id.Site) {
	for _, r := range e.Remove {
		m, _ := was.Member(r.Site)
		x := msg.Loss{Removal: r, Name: m.Name, Index: e.Index, View: l.view.Seq, Agreed: slices.Clone(agreed)}
		l.losses = append(l.losses, loss{x, max(l.now, 1)})
	}
	l.losses = l.losses[max(0, len(l.losses)-keepLosses):]
}

// told is what a snapshot says of the removals.
func (l *Log) told() []msg.Loss {
	var list []msg.Loss
	for _, x := range l.losses {
		list = append(list, x.Loss)
	}
	return list
}

// learn takes over what a snapshot says. When it was is not in there: that is
// of another clock.
func (l *Log) learn(list []msg.Loss) {
	was := l.losses
	l.losses = nil
	for _, x := range list[max(0, len(list)-keepLosses):] {
		i := slices.IndexFunc(was, func(o loss) bool { return o.Site == x.Site })
		if i >= 0 {
			l.losses = append(l.losses, was[i])
		} else {
			l.losses = append(l.losses, loss{Loss: x})
		}
	}
}

// Losses are the last sites that were removed, oldest first, with the reasons
// that all agreed on.
func (l *Log) Losses(now effect.Time) []why.Loss {
	list := make([]why.Loss, len(l.losses))
	for i, x := range l.losses {
		list[i] = why.Loss{
			Site: why.Who{Proc: id.Process(x.Site, 0), Name: x.Name}, Index: x.Index, View: x.View,
			Evidence: x.Evidence.String(), Accusers: l.named(x.Accusers), Agreed: l.named(x.Agreed),
		}
		if x.at != 0 {
			list[i].Ago = now - x.at
		}
	}
	return list
}

// Who names a process, or with number 0 a site, of this view or of those
// removed last.
func (l *Log) Who(p id.Address) why.Who {
	w := why.Who{Proc: p}
	if l.view != nil {
		if m, ok := l.view.Member(p.Site()); ok {
			w.Name = m.Name
			return w
		}
	}
	if i := slices.IndexFunc(l.losses, func(x loss) bool { return x.Site == p.Site() }); i >= 0 {
		w.Name = l.losses[i].Name
	}
	if p.Site() == l.me.Site {
		w.Name = l.me.Name
	}
	return w
}

// named names sites.
func (l *Log) named(sites []id.Site) []why.Who {
	var list []why.Who
	for _, s := range sites {
		list = append(list, l.Who(id.Process(s, 0)))
	}
	return list
}
