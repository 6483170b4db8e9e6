// Package cost counts what a message costs: allocations, frames, bytes on the
// wire and instructions, all of which come out the same however busy the machine
// is. It takes the path that ships through in one process: three sites, each with
// the core, the encoder, writers and readers of frames, and, in the shapes called
// public and bulk, groups and handlers as users have them. Sockets, and the goroutines and
// clock of package node, are left out; its batches are imitated.
//
// The history of these counts is docs/bench/history.jsonl (history.go). A check
// compares it with the present (check.go).
package cost

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// members is how many sites there are, each with one member.
const members = 3

// A Layer is where casts enter and come out.
type Layer string

// The layers.
const (
	Core   Layer = "core"   // runs are posted to the core and taken from it whole
	Public Layer = "public" // Group.CastRaw, and a handler for each cast
	Bulk   Layer = "bulk"   // Group.CastEach of a batch, and a handler that takes all there is
)

// Shape is a load: what is cast, and how.
type Shape struct {
	Layer Layer
	Order msg.Order
	Safe  bool
	Size  int // of a message, in bytes
	// Alone has the youngest member cast one message, and the next when all have
	// handled that. Otherwise all cast, and steps of the core find a batch each.
	Alone bool
}

// Shapes are the loads that are counted.
func Shapes() (all []Shape) {
	for _, layer := range []Layer{Core, Public} {
		for _, order := range []msg.Order{msg.Total, msg.Causal} {
			for _, safe := range []bool{false, true} {
				for _, size := range []int{64, 1 << 10} {
					all = append(all, Shape{Layer: layer, Order: order, Safe: safe, Size: size})
				}
			}
		}
	}
	for _, safe := range []bool{false, true} {
		all = append(all, Shape{Layer: Public, Order: msg.Total, Safe: safe, Size: 64, Alone: true})
	}
	for _, size := range []int{64, 1 << 10} {
		all = append(all, Shape{Layer: Bulk, Order: msg.Total, Size: size})
	}
	return all
}

// String is the shape's name in the history, such as "public total safe 64".
func (s Shape) String() string {
	name := string(s.Layer) + " " + map[msg.Order]string{msg.Total: "total", msg.Causal: "causal"}[s.Order]
	if s.Safe {
		name += " safe"
	}
	name = fmt.Sprintf("%s %d", name, s.Size)
	if s.Alone {
		name += " alone"
	}
	return name
}

// runBytes is what a member casts between two steps of its core: less than a run
// can hold, more than one message.
const runBytes = 16 << 10

// batch is how many messages a member casts between two steps of its core.
func (s Shape) batch() int {
	if s.Alone {
		return 1
	}
	return runBytes / (s.Size + 4)
}

// turns is how many batches each member casts while it is counted, so that what
// happens by the clock and not by the message hardly shows.
func (s Shape) turns() int {
	switch {
	case s.Alone:
		return 600
	case s.Size < 1<<10:
		return 60
	}
	return 120
}

// Counts are what one message costs at all three sites together: the cast, its
// delivery at each, and what it takes until all know that all have it.
type Counts struct {
	Allocs float64 `json:"allocs"` // objects
	Bytes  float64 `json:"bytes"`  // of these
	Frames float64 `json:"frames"` // written, each to one site
	Wire   float64 `json:"wire"`   // bytes of these
	// Instr is instructions of the processor, without the garbage collector's; 0
	// where they could not be counted.
	Instr float64 `json:"instr,omitempty"`
}
