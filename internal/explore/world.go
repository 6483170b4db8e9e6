package explore

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// maxSites bounds the sites of a world.
const maxSites = 4

// World is a tiny world and what may happen in it. Sites and groups are told by
// number: sites count from 1, as their ranks do.
type World struct {
	Name  string
	About string
	Sites int
	// Groups has, for each group, the sites whose program is in it from the start.
	Groups [][]int
	// Acts has, for each site, what its program does, in this order, at any time.
	Acts [][]Act
	// Faults are all that may go wrong; at most Budget of them do in one run.
	Faults []Fault
	Budget int
	// Tenure is core.Config's; 0 for the default, at which no order moves here.
	Tenure int
	// Timers is how many timers fire ahead of their time in one run.
	Timers int
}

// Act is one thing that a program does.
type Act struct {
	Do    Deed
	Group int // index in World.Groups
	Order msg.Order
	Safe  bool
	Of    int // the site in whose member's place it joins, or 0
}

// Deed is a kind of act.
type Deed uint8

// The deeds.
const (
	Cast Deed = iota
	Join
	Leave
	Flush
	Call // and wants all replies
)

func (a Act) String() string {
	g := groupName(a.Group)
	switch a.Do {
	case Join:
		if a.Of != 0 {
			return fmt.Sprintf("joins %s in the place of %d", g, a.Of)
		}
		return "joins " + g
	case Leave:
		return "leaves " + g
	case Flush:
		return "flushes " + g
	case Call:
		return fmt.Sprintf("calls %s (%s)", g, orderName(a.Order, a.Safe))
	case Cast:
	}
	return fmt.Sprintf("casts in %s (%s)", g, orderName(a.Order, a.Safe))
}

func orderName(o msg.Order, safe bool) string {
	name := "fifo"
	switch o {
	case msg.Causal:
		name = "causal"
	case msg.Total:
		name = "total"
	case msg.Barrier:
		name = "barrier"
	case msg.FIFO, msg.Sequence:
	}
	if safe {
		name += ", safe"
	}
	return name
}

// Fault is one thing that may go wrong, once.
type Fault struct {
	Kind Kind
	Site int // who crashes or suspects, or whose connection breaks
	Of   int // who is suspected, or to whom the connection leads
}

// Kind is a kind of fault.
type Kind uint8

// The kinds of faults. A crashed site's frames that are under way arrive, or do
// not: from any one on, on each lane. Wrong is a suspicion that counts as certain
// and is mistaken: a refused connection. Lapse is one by silence: the site's
// timers run until it suspects whomever it has not heard. Break loses what is
// under way on the data and control lanes between two sites, which open anew.
const (
	Crash Kind = iota
	Wrong
	Lapse
	Break
)

func (f Fault) String() string {
	switch f.Kind {
	case Wrong:
		return fmt.Sprintf("%d suspects %d wrongly", f.Site, f.Of)
	case Lapse:
		return fmt.Sprintf("%d hears nobody for too long", f.Site)
	case Break:
		return fmt.Sprintf("the connections from %d to %d break", f.Site, f.Of)
	case Crash:
	}
	return fmt.Sprintf("%d crashes", f.Site)
}

// lies reports whether a site may be told for certain that another has crashed, and
// that one lives: M15 asks the runtime for better than that.
func (w *World) lies() bool {
	return slices.ContainsFunc(w.Faults, func(f Fault) bool { return f.Kind == Wrong })
}

// AnyCrash is a crash of each of n sites.
func AnyCrash(n int) (all []Fault) {
	for s := range n {
		all = append(all, Fault{Kind: Crash, Site: s + 1})
	}
	return all
}

// AnyWrong is a wrong suspicion by each of n sites of each other.
func AnyWrong(n int) (all []Fault) {
	for s := range n {
		for of := range n {
			if s != of {
				all = append(all, Fault{Kind: Wrong, Site: s + 1, Of: of + 1})
			}
		}
	}
	return all
}

func groupName(n int) string { return fmt.Sprintf("g%d", n+1) }

// number is the site's number in the system: "21" is machine 2, incarnation 1,
// as in the simulator.
func number(index int) id.Site { return id.Site((index+1)*1296 + 1) }

// indexOf is the inverse of number.
func indexOf(s id.Site) int { return int(s)/1296 - 1 }

func (w *World) addr(index int) string { return fmt.Sprintf("h%d", index+1) }

// config is what each site is told. Heartbeats are as rare as silence is long,
// so that one or two timers make a suspicion, and a calm run few frames.
func (w *World) config(index int) core.Config {
	c := core.Defaults(view.Member{Site: number(index), Name: fmt.Sprintf("n%d", index+1), Addr: w.addr(index), Weight: 1})
	c.Tracing = true
	c.Detect.Beat, c.Detect.Floor, c.Detect.Ceil = effect.Second, effect.Second, 1500*effect.Millisecond
	c.Log.Patience = 2 * effect.Second
	c.Linger = effect.Second
	if w.Tenure != 0 {
		c.Tenure = w.Tenure
	}
	return c
}
