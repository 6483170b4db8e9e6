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
	Members []Address // oldest first: a member's index is its rank
	Joined  []Address
	Left    []Address
	// Why says of each site that was removed what the evidence was and who
	// accused it. Empty when nobody was.
	Why string

	ready []Address
}

// Rank is a's place by age, or -1.
func (v View) Rank(a Address) int {
	return slices.Index(v.Members, a)
}

// Ready lists the members that hold the group's state, oldest first; the others
// are being fed it, answer no calls and have no role yet. All members agree on
// it, so it can divide work without a message. Do not change it.
func (v View) Ready() []Address { return v.ready }

// String writes the view for a person.
func (v View) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d:", v.Name, v.Number)
	for _, m := range v.Members {
		b.WriteByte(' ')
		b.WriteString(m.String())
		if !slices.Contains(v.ready, m) {
			b.WriteString("(joining)")
		}
	}
	if v.Why != "" {
		b.WriteString("; " + v.Why)
	}
	return b.String()
}

func viewOf(g *view.Group) View {
	return View{Group: g.Group, Name: g.Name, Number: g.Seq, Members: g.Procs(), ready: g.ReadyProcs()}
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
