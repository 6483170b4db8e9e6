// Package bench measures systems that move messages between processes: several
// members, each a process of its own, under one load, every message checked.
//
// A [System] makes a [Member], which moves payloads in one process. What
// is the same for all systems is here: the processes, the load, the messages and
// what is checked of them, the measuring. Two systems are here as well: Cohort
// itself, through its public package, and plain TCP, which promises nothing and
// is what others are compared with.
package bench

import (
	"fmt"
	"slices"
)

// The orders that members may promise, beyond that of each sender.
const (
	FIFO    = "fifo"
	Causal  = "causal"
	Total   = "total"
	Barrier = "barrier"
)

// Orders are all of them, weakest first.
var Orders = []string{FIFO, Causal, Total, Barrier}

// Who casts. One is the member of the highest rank: where the oldest has a
// special part, a sequencer's, it is not that one at first.
const (
	One = "one"
	All = "all"
)

// Replies that a cast may be made for, as a call: its sender goes on when it has
// that of its own member, which alone answers, or those of all members. None is a
// plain cast.
const (
	NoReply    = ""
	OwnReply   = "own"
	AllReplies = "all"
)

// Shape is a load.
type Shape struct {
	Members int    `json:"members"`
	Order   string `json:"order"` // what is asked for, and checked
	Safe    bool   `json:"safe"`  // delivered only when no failure can undo it
	Size    int    `json:"size"`  // bytes of a payload, LeastSize or more
	Senders string `json:"senders"`
	Window  int    `json:"window"` // casts that a sender has under way; 0 for what the system allows
	Batch   int    `json:"batch"`  // casts that Cohort's sender hands over at once; one by one unless it is 2 or more
	Groups  int    `json:"groups"` // all members are in all; senders cast to each in turn
	Replies string `json:"replies,omitempty"`
	// Elsewhere: the oldest of Cohort's members casts now and then as well, uncounted, so
	// that the order of Total casts stays with it and does not move to a sole sender.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// Check says what is wrong with a shape.
func (s *Shape) Check() error {
	switch {
	case s.Members < 2 || s.Members > 64:
		return fmt.Errorf("members are 2 to 64")
	case !slices.Contains(Orders, s.Order):
		return fmt.Errorf("%q is no order", s.Order)
	case s.Size < LeastSize || s.Size > 16<<20:
		return fmt.Errorf("a payload is of %d bytes to 16 MiB", LeastSize)
	case s.Senders != One && s.Senders != All:
		return fmt.Errorf("senders are one or all")
	case s.Window < 0 || s.Window > 1<<16:
		return fmt.Errorf("a window is of 0 to 65536 casts")
	case s.Batch < 0 || s.Batch > 4096:
		return fmt.Errorf("a batch is of 0 to 4096 casts")
	case s.Batch > 1 && (s.Window > 0 || s.Replies != NoReply):
		return fmt.Errorf("casts of a batch have no window")
	case s.Groups < 1 || s.Groups > 1000:
		return fmt.Errorf("groups are 1 to 1000")
	case s.payloads() > mostPayloads:
		return fmt.Errorf("batch, groups and size come to %d MiB of payloads at each sender: %d are the most", s.payloads()>>20, mostPayloads>>20)
	case int64(s.Window)*int64(s.Size) > mostPayloads:
		return fmt.Errorf("window and size come to %d MiB under way from each sender: %d are the most", int64(s.Window)*int64(s.Size)>>20, mostPayloads>>20)
	case s.Replies != NoReply && s.Replies != OwnReply && s.Replies != AllReplies:
		return fmt.Errorf("replies are own or all, or none")
	case s.Elsewhere && (s.Senders != One || s.Order != Total || s.Groups != 1):
		return fmt.Errorf("the order is elsewhere for total casts of one sender to one group")
	case s.Replies != NoReply && s.Window != 1:
		return fmt.Errorf("calls are made one at a time: their window is 1")
	}
	return nil
}

// mostPayloads bounds the bytes of the payloads that a sender has room for, and of
// those that plain TCP's keeps until they are answered.
const mostPayloads = 1 << 30

// payloads are the bytes of a batch for each group.
func (s *Shape) payloads() int64 { return int64(max(1, s.Batch)) * int64(s.Groups) * int64(s.Size) }

// casts reports whether the member of that rank sends.
func (s *Shape) casts(rank int) bool { return s.Senders == All || rank == s.Members-1 }

// agreed reports whether all members are delivered all casts in one order.
func (s *Shape) agreed() bool { return s.Order == Total || s.Order == Barrier }

// witness is of which rank cast k of a sender tells what was delivered: of each in
// turn, in each group.
func (s *Shape) witness(k int) int { return k / s.Groups % s.Members }

// stride is how many casts of a sender to a group there are for each whose
// times are kept: one for each 16 KiB, or more where they are few.
func (s *Shape) stride() uint64 {
	n := max(1, (16<<10)/s.Size)
	if s.Window > 0 {
		n = min(n, s.Window)
	}
	if s.Order == Barrier {
		n = min(n, 8)
	}
	return uint64(n)
}

// Seat is the place of one member in a run.
type Seat struct {
	Shape
	Rank int
	// Dir is an empty directory for what the member keeps. It goes with the run:
	// members are killed, and do not tidy up.
	Dir string
	// Trace is a file for what the member's system says of itself; empty for none.
	Trace string
	// Congestion is that of plain TCP's connections; empty for what the system gives them.
	Congestion string
	// Host is the address, without a port, at which others reach this member.
	Host string
	// Deliver takes a payload from any member, this one too, and does not keep it.
	// Calls for casts of one sender to one group come one at a time, and where an
	// order is promised all calls for one group do.
	Deliver func(group int, payload []byte)
	// Fail says that the run is void.
	Fail func(error)
}

// Member is one process's part in a system. The order of calls is Listen at all
// members, Join at one after the other by rank, Ready at all, then casts; all of
// them block until done.
type Member interface {
	// Listen returns where others reach this member, or "" if they need not know.
	Listen() (string, error)
	// Join enters the system, given what Listen returned at each rank.
	Join(addrs []string) error
	// Ready returns when whatever is cast reaches all members.
	Ready() error
	// Cast sends a payload to all members of a group, and returns when it has the
	// replies that the shape asks for. It must not keep the payload, but with batches
	// until that group's batch is full. One goroutine calls it.
	Cast(group int, payload []byte) error
	// Flush sends what Cast has kept back.
	Flush() error
	// Close ends the member.
	Close() error
}

// Helped is a member that has work done by a process which it has started. What
// that uses counts as the member's, but for what is allocated.
type Helped interface {
	// Helper is the number of the process. It is asked after Ready.
	Helper() int
}

// System is what can be measured.
type System struct {
	Make func(*Seat) Member
	// Deaf: members need not be delivered their own casts.
	Deaf bool
	// Calls: its members give the replies that a shape asks for.
	Calls bool
}

// Systems are those that a program's workers know, by name.
type Systems map[string]System

// The names of the two systems that are here.
const (
	Cohort = "cohort"
	Raw    = "raw"
)

// Ours are the systems that are here.
func Ours() Systems {
	return Systems{Cohort: {Make: newCohort, Calls: true}, Raw: {Make: newRaw, Deaf: true}}
}
