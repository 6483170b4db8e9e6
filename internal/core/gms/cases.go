package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// accusations is what this site knows of who suspects whom. In a system of
// hundreds of which a third dies they are tens of thousands.
type accusations struct {
	cases  []*accusation // in the order in which they were made
	of     map[id.Site][]*accusation
	by     map[id.Site][]*accusation
	untold bool        // what this site suspects has changed since it was told
	tellAt effect.Time // not before
}

type accusation struct {
	suspect, accuser id.Site
	evidence         msg.Evidence
	since            effect.Time
}

func newAccusations() accusations {
	return accusations{of: map[id.Site][]*accusation{}, by: map[id.Site][]*accusation{}}
}

func (a *accusations) add(c accusation) {
	a.cases = append(a.cases, &c)
	a.of[c.suspect] = append(a.of[c.suspect], &c)
	a.by[c.accuser] = append(a.by[c.accuser], &c)
}

func (a *accusations) drop(c *accusation) {
	is := func(x *accusation) bool { return x == c }
	a.cases = slices.DeleteFunc(a.cases, is)
	a.of[c.suspect] = slices.DeleteFunc(a.of[c.suspect], is)
	a.by[c.accuser] = slices.DeleteFunc(a.by[c.accuser], is)
}

// settled drops what is said of or by sites that are gone.
func (a *accusations) settled(v *view.Site) {
	if len(a.cases) == 0 {
		return
	}
	in := map[id.Site]bool{}
	for _, m := range v.Members {
		in[m.Site] = true
	}
	was := *a
	*a = newAccusations()
	a.untold, a.tellAt = was.untold, was.tellAt
	for _, c := range was.cases {
		if in[c.suspect] && in[c.accuser] {
			a.add(*c)
		}
	}
}

// find returns what accuser says of suspect, or nil.
func (a *accusations) find(suspect, accuser id.Site) *accusation {
	list := a.by[accuser]
	if others := a.of[suspect]; len(others) < len(list) {
		list = others
	}
	i := slices.IndexFunc(list, func(c *accusation) bool { return c.suspect == suspect && c.accuser == accuser })
	if i < 0 {
		return nil
	}
	return list[i]
}

// suspected reports whether anybody at all accuses s.
func (a *accusations) suspected(s id.Site) bool { return len(a.of[s]) > 0 }
