package cohort

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/view"
)

// View is a membership of a group. Views are numbered; every member sees the
// same ones, and between two of them the same casts. A View is a value: it never
// changes.
type View struct {
	Group   Address
	Name    string
	Number  uint64
	Members []Member // oldest first: a member's index is its rank
	Joined  []Address
	Left    []Address
	// Why says of each site that was removed what the evidence was and who
	// accused it. Empty when nobody was.
	Why string
}

// Member is a process in a View.
type Member struct {
	Address Address
	// Ready members hold the group's state. Others are being fed it: they
	// answer no calls and have no role yet.
	Ready bool
}

// Rank is a's place by age, or -1.
func (v View) Rank(a Address) int {
	return slices.IndexFunc(v.Members, func(m Member) bool { return m.Address == a })
}

// Ready lists the members that hold the state, oldest first. All members agree
// on it, so it can divide work without a message.
func (v View) Ready() []Address {
	var out []Address
	for _, m := range v.Members {
		if m.Ready {
			out = append(out, m.Address)
		}
	}
	return out
}

// String writes the view for a person.
func (v View) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d:", v.Name, v.Number)
	for _, m := range v.Members {
		b.WriteByte(' ')
		b.WriteString(m.Address.String())
		if !m.Ready {
			b.WriteString("(joining)")
		}
	}
	if v.Why != "" {
		b.WriteString("; " + v.Why)
	}
	return b.String()
}

func viewOf(g *view.Group) View {
	v := View{Group: g.Group, Name: g.Name, Number: g.Seq}
	for _, m := range g.Members {
		v.Members = append(v.Members, Member{m.Proc, m.Ready})
	}
	return v
}

func viewFrom(i core.Viewed) View {
	v := viewOf(i.View)
	v.Joined, v.Left = i.Joined, i.Left
	var why []string
	for _, r := range i.Why {
		s := fmt.Sprintf("site %v removed: %v", r.Site, r.Evidence)
		if len(r.Accusers) > 0 {
			s += fmt.Sprintf(" seen by %v", r.Accusers)
		}
		why = append(why, s)
	}
	v.Why = strings.Join(why, "; ")
	return v
}
