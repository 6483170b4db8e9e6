package lists

import (
	"slices"

	"github.com/cohortkit/cohort/internal/model"
)

// sights are the hard cases that the bounds allow.
func (c Config) sights() []model.Sight[State] {
	list := []model.Sight[State]{{Name: "a member delivers a number that its site has not heard of", Seen: c.ahead}}
	if len(c.Joins) > 0 {
		list = append(list, model.Sight[State]{Name: "an attempt is void, for somebody came", Seen: voided(grown)})
	}
	if c.Repeats > 0 {
		list = append(list, model.Sight[State]{Name: "an attempt has a number and is asked for again", Seen: func(s State) bool {
			return s.logged(func(e entry) bool { return e.void == dealt && s.number(int(e.who)) != 0 })
		}})
	}
	if c.Crashes > 0 {
		list = append(list, c.deaths()...)
	}
	if c.Skip != 0 {
		list = append(list, model.Sight[State]{Name: "a number is decided for who has not applied the entry", Seen: c.behind})
	}
	return list
}

// deaths are the hard cases when somebody dies.
func (c Config) deaths() (list []model.Sight[State]) {
	var senders, lone model.Set
	for _, x := range c.Casts {
		senders = senders.With(x.From)
	}
	for g, members := range c.Groups {
		if members.Len() == 1 && c.May.Covers(members) {
			lone = lone.With(g)
		}
	}
	if c.May&senders != 0 {
		list = append(list, model.Sight[State]{Name: "a sender is gone and its cast has a number", Seen: func(s State) bool {
			for a := range int(s.tried) {
				if s.number(a) != 0 && s.removed(s.decided).Has(c.from(&s, a)) && s.casts[s.tries[a].cast].state == open {
					return true
				}
			}
			return false
		}})
	}
	if lone != 0 {
		list = append(list, model.Sight[State]{Name: "an attempt is void, for a group is gone", Seen: voided(gone)})
	}
	if c.May&^senders != 0 && lone == 0 {
		list = append(list, model.Sight[State]{Name: "a number is delivered at the end of a view", Seen: func(s State) bool {
			for g := range c.Groups {
				for _, x := range s.groups[g].streams {
					if x.rest {
						return true
					}
				}
			}
			return false
		}})
	}
	return list
}

func (s *State) logged(what func(entry) bool) bool {
	return slices.ContainsFunc(s.log[:s.decided], what)
}

func voided(why void) func(State) bool {
	return func(s State) bool { return s.logged(func(e entry) bool { return e.void == why }) }
}

func (c Config) ahead(s State) bool {
	for g := range c.Groups {
		for p := range c.sites() {
			if _, index := s.of(s.groups[g].members[p].listed); index > s.applied[p] && s.up(p) {
				return true
			}
		}
	}
	return false
}

func (c Config) behind(s State) bool {
	for i, e := range s.log[:s.decided] {
		if e.kind == list && e.number != 0 {
			for p := range c.sites() {
				if c.Skip.Has(p) && c.Casts[s.tries[e.who].cast].Direct.Has(p) && int(s.applied[p]) <= i {
					return true
				}
			}
		}
	}
	return false
}
