package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// votes are the promises or acceptances of one ballot, one for each voter.
type votes []vote

type vote struct {
	by id.Site
	msg.Vote
}

// cast adds a vote, or puts a later word of the same voter in place of its last.
func (vs votes) cast(by id.Site, v msg.Vote) votes {
	if i := slices.IndexFunc(vs, func(x vote) bool { return x.by == by }); i >= 0 {
		vs[i].Vote = v
		return vs
	}
	return append(vs, vote{by, v})
}

func (vs votes) of(s id.Site) (vote, bool) {
	i := slices.IndexFunc(vs, func(x vote) bool { return x.by == s })
	if i < 0 {
		return vote{}, false
	}
	return vs[i], true
}

// voters lists who voted.
func (vs votes) voters() []id.Site {
	list := make([]id.Site, len(vs))
	for i, v := range vs {
		list[i] = v.by
	}
	return list
}

// counts reports whether s voted and its vote counts: all its kin voted as well,
// or s says that it votes without them.
func (vs votes) counts(v *view.Site, s id.Site) bool {
	x, ok := vs.of(s)
	if !ok {
		return false
	}
	for _, k := range v.Kin(s) {
		if _, too := vs.of(k.Site); !too && !slices.Contains(x.Without, k.Site) {
			return false
		}
	}
	return true
}

// decide reports whether the votes that count are a quorum of v: those of sites
// and, with them, those that they inherited. Any two votes of one view that
// decide share a site that voted in both (ADR 0015).
func (vs votes) decide(v *view.Site) bool {
	return v.Quorum(func(s id.Site) bool {
		return vs.counts(v, s) || slices.ContainsFunc(vs, func(x vote) bool {
			return slices.Contains(x.Heirs, s) && vs.counts(v, x.by)
		})
	})
}

// heard reports whether so many answered that they would be a quorum, for what
// needs no safety.
func (vs votes) heard(v *view.Site) bool {
	return v.Quorum(func(s id.Site) bool {
		return slices.ContainsFunc(vs, func(x vote) bool { return x.by == s || slices.Contains(x.Heirs, s) })
	})
}
