package cohort

import (
	"context"
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
	// accused it, and of each member that is slow what became of it and who said
	// so. Empty when there is none.
	Why string

	ready []Address
	aside []Address // hold the state, and have yet to catch up
}

// Rank is a's place by age, or -1.
func (v View) Rank(a Address) int {
	return slices.Index(v.Members, a)
}

// Ready lists the members that hold the group's state, oldest first; the others
// are being fed it, or were set aside because they are slow (GroupConfig): they
// answer no calls and have no role yet. All members agree on
// it, so it can divide work without a message. Do not change it.
func (v View) Ready() []Address { return v.ready }

// String writes the view for a person.
func (v View) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%d:", v.Name, v.Number)
	for _, m := range v.Members {
		b.WriteByte(' ')
		b.WriteString(m.String())
		switch {
		case slices.Contains(v.aside, m):
			b.WriteString("(slow)")
		case !slices.Contains(v.ready, m):
			b.WriteString("(joining)")
		}
	}
	if v.Why != "" {
		b.WriteString("; " + v.Why)
	}
	return b.String()
}

func viewOf(g *view.Group) View {
	v := View{Group: g.Group, Name: g.Name, Number: g.Seq, Members: g.Procs(), ready: g.ReadyProcs()}
	for _, m := range g.Members {
		if m.Aside {
			v.aside = append(v.aside, m.Proc)
		}
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
	for _, x := range i.Slow {
		what := "set aside"
		if x.Dismissed {
			what = "taken out"
		}
		why = append(why, fmt.Sprintf("member %v %s: slow, says %v", x.Proc, what, x.By))
	}
	v.Why = strings.Join(why, "; ")
	return v
}

// Lookup returns the newest view that this node knows of the group with that
// name, whether it is a member or not: a change that was decided a moment ago may
// not be in it yet. When the name is not there it asks the system, waiting until
// ctx ends. The error
// is ErrNoGroup, ErrLeft after Close, ErrUnknown while the node is coming back,
// or ctx's.
func (n *Node) Lookup(ctx context.Context, name string) (View, error) {
	ticket := n.host.Ticket()
	l, err := n.current()
	if err != nil {
		return View{}, err
	}
	if g := l.lookup(name); g != nil {
		return viewOf(g), nil
	}
	p := newPending(0)
	callID, err := n.register(l, p)
	if err != nil {
		return View{}, err
	}
	l.node.Post(core.Sync{ID: callID})
	if !n.await(ctx, ticket, p.done) {
		n.unregister(callID)
		return View{}, ctx.Err()
	}
	if p.err != nil {
		return View{}, p.err
	}
	if g := l.lookup(name); g != nil {
		return viewOf(g), nil
	}
	return View{}, ErrNoGroup
}
