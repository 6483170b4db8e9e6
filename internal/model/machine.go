// Package model checks designs: protocols written down as small state machines,
// apart from the code that ships, of which every reachable state within bounds
// is visited.
//
// A machine says how it begins, what may happen next, and what must hold in
// every state. Check searches breadth first, so the trace to a state that breaks
// an invariant is a shortest one. It also finds states in which the machine is
// stuck: nothing that must happen is left, and it is not done.
//
// The machines are in packages below this one, one for each part of the design
// that nobody has published; docs/models.md tells what they leave out and what
// was found.
package model

import (
	"fmt"
	"strings"
)

// A Machine is a protocol and the world around it. A state is a value that can
// be compared: two states that are equal have the same future.
type Machine[S comparable] struct {
	// Init lists the states in which the machine may begin.
	Init []S
	// Next adds to out whatever can happen in s. It must do so in the same
	// order each time, for traces are found by taking the steps again.
	Next func(s S, out *Steps[S])
	// Plain returns the state that stands for s and all that differ from it only
	// in what can matter no more. It must keep what Holds looks at. Nil keeps
	// every state.
	Plain func(s S) S
	// Holds returns what is wrong with s, or nil.
	Holds func(s S) error
	// Done reports whether s may be the end. A state that is not and has no
	// step that must happen is stuck. Nil means that any state may be the end.
	Done func(s S) bool
	// Show draws a state, for traces; nil uses the value's own format.
	Show func(s S) string
	// Sights are situations that the search should come across: bounds under
	// which none of the hard cases occurs prove nothing.
	Sights []Sight[S]
}

// A Sight is a situation worth having met.
type Sight[S comparable] struct {
	Name string
	Seen func(s S) bool
}

// Steps collects what can happen in one state.
type Steps[S comparable] struct {
	from  S
	plain func(S) S
	list  []successor[S]
}

type successor[S comparable] struct {
	to   S
	step Step
	must bool
}

// Must adds a step that happens in the end if nothing else does: a message
// between two that live arrives. A step that changes nothing is none.
func (x *Steps[S]) Must(to S, name string, args ...int) { x.add(to, true, name, args) }

// May adds a step that may happen or not: a crash, a loss, a wish of a user.
func (x *Steps[S]) May(to S, name string, args ...int) { x.add(to, false, name, args) }

// When adds a step that must happen if must is true, and else may.
func (x *Steps[S]) When(must bool, to S, name string, args ...int) { x.add(to, must, name, args) }

func (x *Steps[S]) add(to S, must bool, name string, args []int) {
	if x.plain != nil {
		to = x.plain(to)
	}
	if to == x.from {
		return
	}
	step := Step{Name: name, n: len(args)}
	copy(step.args[:], args)
	x.list = append(x.list, successor[S]{to, step, must})
}

// A Step is the name of something that happens, and whom or what it concerns.
type Step struct {
	Name string
	args [maxArgs]int
	n    int
}

const maxArgs = 4

func (s Step) String() string {
	args := make([]string, 0, maxArgs)
	for _, a := range s.args[:min(s.n, maxArgs)] {
		args = append(args, fmt.Sprint(a))
	}
	return s.Name + "(" + strings.Join(args, ", ") + ")"
}
