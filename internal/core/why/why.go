// Package why has the words for what waits and for what: those of the API, of
// the logs, and of what is made of traces, so that all three say the same.
//
// A Wait is one thing that does not go on, a Cause one thing it waits for, a
// Loss a site that was removed and the reason. They are plain values: who looks
// at a site's state or at a trace fills them in.
package why

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/core/id"
)

// Who is a process, or with number 0 a site, and the name of its node where that
// is known.
type Who struct {
	Proc id.Address `json:"p"`
	Name string     `json:"name,omitempty"`
}

// String is what people are told: the name of the node, and which process of it
// unless it is the first.
func (w Who) String() string {
	switch {
	case w.Name == "" && w.Proc.Local() == 0:
		return w.Proc.Site().String()
	case w.Name == "":
		return w.Proc.String()
	case w.Proc.Local() > 1:
		return fmt.Sprintf("%s.%d", w.Name, w.Proc.Local())
	}
	return w.Name
}

// What tells kinds of waits apart.
type What string

// The kinds of waits.
const (
	Node      What = "node"      // the whole site
	Entry     What = "entry"     // a decision of the membership log that this site leads
	Wish      What = "wish"      // what this site has asked the log for
	Suspicion What = "suspicion" // a site is suspected, and still in
	Joiner    What = "joiner"    // a site asks to be let in
	View      What = "view"      // the next view of a group
	Delivery  What = "delivery"  // a cast that is held
	Handling  What = "handling"  // what was delivered and is not handled
	Send      What = "send"      // casts of ours that were not sent
	Use       What = "use"       // casts of ours that not all have handled
	Call      What = "call"      // a call without the replies it wants
	Flush     What = "flush"     // a Flush
	State     What = "state"     // the state that a joiner is given
	Aside     What = "aside"     // a member that was set aside because it is slow
	Leave     What = "leave"     // a leaving member
	Answer    What = "answer"    // what a program answered and its caller is not told
	Request   What = "request"   // requests of a process outside the group
)

// Wait is one thing that waits. Fields that mean nothing to its kind are zero.
type Wait struct {
	What   What       `json:"what"`
	Group  id.Address `json:"g,omitempty"`
	Name   string     `json:"group,omitempty"` // the group's
	Who    Who        `json:"who"`             // for whom it waits to go on: a process or site
	From   Who        `json:"from"`            // the sender of a cast, or the site concerned
	View   uint64     `json:"v,omitempty"`     // of the group, or the attempt that leads to it
	Number uint64     `json:"n,omitempty"`     // of the cast, call or entry, or how far it has got
	Count  int        `json:"count,omitempty"` // how many wait, this one included
	Kind   string     `json:"kind,omitempty"`  // "safe total", or what an entry does
	Bytes  int        `json:"bytes,omitempty"`
	For    int64      `json:"ns,omitempty"`   // how long at least, in nanoseconds; 0: not known
	Over   bool       `json:"over,omitempty"` // it has ended by now
	Causes []Cause    `json:"causes"`
}

// Key is the same for the same wait as long as it does not get on.
func (w *Wait) Key() string {
	return fmt.Sprint(w.What, w.Group, w.Who.Proc, w.From.Proc, w.View, w.Number, w.Kind)
}

// String says what waits, for how long, and why.
func (w *Wait) String() string {
	var b strings.Builder
	b.WriteString(w.Subject())
	if w.For > 0 {
		fmt.Fprintf(&b, " (for %s)", Span(w.For))
	}
	for i, c := range w.Causes {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(c.string(w.Over))
	}
	return b.String()
}

// Advice says what to do, where there is something to do.
func (w *Wait) Advice() string {
	for _, c := range w.Causes {
		if text := advice(c.Why); text != "" {
			return text
		}
	}
	return ""
}

// Blame lists whom the wait is for, each once.
func (w *Wait) Blame() []Who {
	var list []Who
	seen := map[id.Address]bool{}
	for _, c := range w.Causes {
		for _, x := range c.Who {
			if !seen[x.Proc] {
				seen[x.Proc] = true
				list = append(list, x)
			}
		}
	}
	return list
}

// Subject says what waits.
func (w *Wait) Subject() string {
	is, has := "is", "has"
	if w.Over {
		is, has = "was", "had"
	}
	switch w.What {
	case Node:
		return w.node()
	case Entry:
		return fmt.Sprintf("entry %d of the membership log (%s) %s not decided", w.Number, w.Kind, is)
	case Wish:
		return w.wish()
	case Suspicion:
		return fmt.Sprintf("%v %s suspected (%s) and still in the system", w.From, is, w.Kind)
	case Joiner:
		return fmt.Sprintf("%v asks to be let into the system", w.From)
	case View:
		return fmt.Sprintf("%s %s no new view at %v, attempt %d", w.group(), has, w.Who, w.View)
	case Delivery:
		if w.Over && w.For == 0 && len(w.Causes) == 0 {
			return fmt.Sprintf("cast %d of %v (%s) in view %d of %s was delivered to %v at once", w.Number, w.From, w.Kind, w.View, w.group(), w.Who)
		}
		return fmt.Sprintf("cast %d of %v (%s) in view %d of %s %s not delivered to %v%s", w.Number, w.From, w.Kind, w.View, w.group(), is, w.Who, w.more())
	case Handling:
		return fmt.Sprintf("the program of %v %s not handled cast %d of %v in view %d of %s%s", w.Who, has, w.Number, w.From, w.View, w.group(), w.more())
	case Send:
		return fmt.Sprintf("what %v casts to %s %s not sent (%s)%s", w.Who, w.group(), is, w.Kind, w.more())
	case Answer:
		return fmt.Sprintf("an answer of %v %s not given%s", w.Who, is, w.more())
	case Use:
		if w.Number == 0 {
			return fmt.Sprintf("what %v cast to %s in earlier views %s not handled by all; %d bytes of its window are taken", w.Who, w.group(), is, w.Bytes)
		}
		return fmt.Sprintf("cast %d of %v to %s %s not handled by all; %d bytes of its window are taken", w.Number, w.Who, w.group(), is, w.Bytes)
	case Call:
		return fmt.Sprintf("call %d of %v to %s %s not ended%s", w.Number, w.Who, w.group(), has, w.more())
	case Flush:
		return fmt.Sprintf("Flush of %v in %s %s not returned%s", w.Who, w.group(), has, w.more())
	case State:
		text := fmt.Sprintf("%v %s not got the state of %s", w.Who, has, w.group())
		if w.Bytes > 0 {
			text += fmt.Sprintf(", %d bytes received", w.Bytes)
		}
		return text
	case Aside:
		return fmt.Sprintf("%v %s set aside in %s%s: it does not count as ready", w.Who, is, w.group(), w.more())
	case Leave:
		return fmt.Sprintf("%v %s not left %s", w.Who, has, w.group())
	case Request:
		return fmt.Sprintf("request %d of %v to %s %s not known to be held%s", w.Number, w.Who, w.group(), is, w.more())
	}
	return string(w.What)
}

func (w *Wait) node() string {
	switch w.Kind {
	case "outside":
		return fmt.Sprintf("node %v is in no system", w.Who)
	case "behind":
		return fmt.Sprintf("node %v lags behind the membership log", w.Who)
	case "back":
		return fmt.Sprintf("node %v is coming back", w.Who)
	}
	if w.Over {
		return fmt.Sprintf("node %v was stalled: it sent nothing and delivered nothing safe", w.Who)
	}
	return fmt.Sprintf("node %v is stalled: it sends nothing and delivers nothing safe", w.Who)
}

func (w *Wait) wish() string {
	if w.Name == "" && w.Group == 0 {
		return fmt.Sprintf("the wish of %v to %s is not in the membership log", w.Who, w.Kind)
	}
	return fmt.Sprintf("the wish of %v to %s %s is not in the membership log", w.Who, w.Kind, w.group())
}

func (w *Wait) group() string {
	switch {
	case w.Name != "":
		return w.Name
	case !w.Group.IsGroup():
		return "process " + w.Group.String()
	}
	return w.Group.String()
}

// more says how many others wait behind it.
func (w *Wait) more() string {
	if w.Count < 2 {
		return ""
	}
	return fmt.Sprintf(", and %d more behind it", w.Count-1)
}

// Span is a time in nanoseconds, as people read it.
func Span(ns int64) string {
	const us, ms, s = 1_000, 1_000_000, 1_000_000_000
	switch {
	case ns >= 10*s:
		return fmt.Sprintf("%d s", ns/s)
	case ns >= s:
		return fmt.Sprintf("%d.%d s", ns/s, ns%s/(s/10))
	case ns >= ms:
		return fmt.Sprintf("%d ms", ns/ms)
	}
	return fmt.Sprintf("%d µs", ns/us)
}

// Names joins the names of several.
func Names(list []Who) string {
	names := make([]string, len(list))
	for i, w := range list {
		names[i] = w.String()
	}
	return strings.Join(names, ", ")
}
