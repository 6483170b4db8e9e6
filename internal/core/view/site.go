// Package view is the algebra of views: who is in, by rank, and what a
// majority is. It knows no protocol; a view is a value and never changes.
package view

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
)

// A Member is a site in a site view.
type Member struct {
	Site   id.Site
	Name   string // unique within a view; chosen by the operator
	Addr   string // where others reach it
	Weight uint32 // votes; 0 hosts processes but never votes
	// Machine is the same for sites that may watch each other die, and whose
	// clocks are one; 0 is a machine that nobody shares.
	Machine uint64
}

// Site is a site view: a numbered membership of the whole system, oldest first.
type Site struct {
	Seq     uint64
	Members []Member
}

// Rank is s's place by age, or -1 when it is no member.
func (v *Site) Rank(s id.Site) int {
	return slices.IndexFunc(v.Members, func(m Member) bool { return m.Site == s })
}

// Has reports whether s is a member.
func (v *Site) Has(s id.Site) bool { return v.Rank(s) >= 0 }

// Member returns the member with number s.
func (v *Site) Member(s id.Site) (Member, bool) {
	if r := v.Rank(s); r >= 0 {
		return v.Members[r], true
	}
	return Member{}, false
}

// Weight is the sum of all votes.
func (v *Site) Weight() uint64 {
	var w uint64
	for _, m := range v.Members {
		w += uint64(m.Weight)
	}
	return w
}

// Quorum reports whether the members for which has is true decide for the
// view: more than half of the votes, or half with the oldest voter among them.
// Any two quorums of one view share a member.
func (v *Site) Quorum(has func(id.Site) bool) bool {
	var sum, all uint64
	first := true
	oldest := false
	for _, m := range v.Members {
		if m.Weight == 0 {
			continue
		}
		yes := has(m.Site)
		if first {
			oldest, first = yes, false
		}
		all += uint64(m.Weight)
		if yes {
			sum += uint64(m.Weight)
		}
	}
	return Decide(sum, all, oldest)
}

// Decide reports whether sum votes of all decide, the oldest voter's among them
// or not: the rule of Quorum for who has counted.
func Decide(sum, all uint64, oldest bool) bool {
	return 2*sum > all || (2*sum == all && all > 0 && oldest)
}

// Oldest is the oldest voter, or 0 if nobody has a vote.
func (v *Site) Oldest() id.Site {
	for _, m := range v.Members {
		if m.Weight > 0 {
			return m.Site
		}
	}
	return 0
}

// Kin are the other voters on s's machine, by age: those that may inherit from s
// and from which s may.
func (v *Site) Kin(s id.Site) []Member {
	me, ok := v.Member(s)
	if !ok || me.Machine == 0 || me.Weight == 0 {
		return nil
	}
	var kin []Member
	for _, m := range v.Members {
		if m.Site != s && m.Machine == me.Machine && m.Weight > 0 {
			kin = append(kin, m)
		}
	}
	return kin
}

// Next is the view after removing and adding sites: survivors keep their
// relative rank, joiners follow in the order given (M11).
func (v *Site) Next(remove func(id.Site) bool, add []Member) *Site {
	next := &Site{Seq: v.Seq + 1, Members: make([]Member, 0, len(v.Members)+len(add))}
	for _, m := range v.Members {
		if !remove(m.Site) {
			next.Members = append(next.Members, m)
		}
	}
	next.Members = append(next.Members, add...)
	return next
}
