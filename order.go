package cohort

import (
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Address names a process or a group in 8 bytes (section 4.1 of the 1987
// paper). It is comparable; the zero Address is nobody. A group's address is
// accepted wherever a process's is. Method IsGroup tells them apart, and
// String writes "31.1" for a process and "#5.0" for a group.
type Address = id.Address

// Order is the ordering of a cast: how its deliveries relate to those of other
// casts in the group. Casts of one process to one group are always delivered
// in the order it made them, whatever their orders.
type Order uint8

// The orders, cheapest first (section 3.1 of the 1987 paper).
const (
	// FIFO keeps only the order of each sender: one message delay.
	FIFO = Order(msg.FIFO)
	// Causal delivers a cast after all that its sender had been delivered
	// when it made it, and after the Causal casts it had made before, in
	// whatever groups: one message delay.
	Causal = Order(msg.Causal)
	// Total delivers such casts in the same order at all members, respecting
	// Causal: two message delays, one from the sequencer, which a member that
	// casts alone soon is itself.
	Total = Order(msg.Total)
	// Barrier delivers a cast at the same point of all members' streams:
	// between the same other casts of any order, as a change of view is.
	Barrier = Order(msg.Barrier)
)

// All as the number of wanted replies means one of every member.
const All = call.All

// Entry is the number of an entry point: which handler of the receiver a cast
// is for. Give yours names with constants.
type Entry uint8

// Option changes how one cast or call is made.
type Option func(options) options

type options struct{ safe bool }

// chosen is what opts come to. It allocates nothing.
func chosen(opts []Option) (o options) {
	for _, opt := range opts {
		o = opt(o)
	}
	return o
}

// Safe delivers the cast only when every member of the view holds it, and all
// it depends on: no failure can then undo a delivery that anybody saw. It costs
// one more message delay.
func Safe() Option {
	return func(o options) options {
		o.safe = true
		return o
	}
}
