package view

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
)

// A GroupMember is a process in a group view.
type GroupMember struct {
	Proc   id.Address
	Joined uint64 // log index of its join: a process that comes back is another member
	Ready  bool   // holds the group's state; only the ready answer calls and hold roles
	// Aside: it holds the state and its program has yet to catch up with the
	// group; it is not Ready until then.
	Aside bool
}

// Group is a group view. Index, the log entry that made it, identifies it
// together with the group's address, and is also the number of the flush
// attempt that leads to it.
type Group struct {
	Group   id.Address
	Name    string
	Index   uint64
	Seq     uint64
	Grown   uint64        // the entry that let the last member in
	Members []GroupMember // oldest first
}

// Rank is p's place by age, or -1.
func (v *Group) Rank(p id.Address) int {
	return slices.IndexFunc(v.Members, func(m GroupMember) bool { return m.Proc == p })
}

// Carries reports whether the very membership m lives on in v.
func (v *Group) Carries(m GroupMember) bool {
	r := v.Rank(m.Proc)
	return r >= 0 && v.Members[r].Joined == m.Joined
}

// Ready says by rank who holds the state.
func (v *Group) Ready() []bool {
	out := make([]bool, len(v.Members))
	for r, m := range v.Members {
		out[r] = m.Ready
	}
	return out
}

// Lead is the rank of the oldest ready member, or -1 when nobody holds the
// state. It orders Total casts until it hands that over. The flush that ends the view is coordinated by
// another: the oldest member of the view that comes next, ready or not.
func (v *Group) Lead() int {
	return slices.IndexFunc(v.Members, func(m GroupMember) bool { return m.Ready })
}

// Donor is the rank of the member that feeds joiners: the youngest ready one,
// which is least likely to hold another role. -1 when there is none.
func (v *Group) Donor() int {
	for r := len(v.Members) - 1; r >= 0; r-- {
		if v.Members[r].Ready {
			return r
		}
	}
	return -1
}

// Procs lists the members by rank.
func (v *Group) Procs() []id.Address {
	out := make([]id.Address, len(v.Members))
	for i, m := range v.Members {
		out[i] = m.Proc
	}
	return out
}

// ReadyMembers lists the ready members by rank.
func (v *Group) ReadyMembers() []GroupMember {
	var out []GroupMember
	for _, m := range v.Members {
		if m.Ready {
			out = append(out, m)
		}
	}
	return out
}

// ReadyProcs lists the ready members by rank.
func (v *Group) ReadyProcs() []id.Address {
	var out []id.Address
	for _, m := range v.Members {
		if m.Ready {
			out = append(out, m.Proc)
		}
	}
	return out
}

// Sites lists the sites of the members without repeats, in order of rank.
func (v *Group) Sites() []id.Site {
	var out []id.Site
	for _, m := range v.Members {
		if s := m.Proc.Site(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Clone copies v so that the copy can be changed.
func (v *Group) Clone() *Group {
	c := *v
	c.Members = slices.Clone(v.Members)
	return &c
}
