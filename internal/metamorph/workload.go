package metamorph

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// processes is how many there are. The last joins late, the one before it is
// killed: these two have a machine of their own.
const processes = 6

const (
	killed = processes - 2
	late   = processes - 1
)

// act is a part of the workload. It begins when the one before has come to its
// end at all processes, so that what is delivered in which view is settled. What
// processes do within an act they do at once.
type act struct {
	what string
	// ordered says that all members are delivered the act's casts in one order,
	// the same in every run.
	ordered bool
	join    []int // one after the other
	leave   []int
	kill    []int
	cast    func(process int) []kind // in the group of all; nil for none
	chain   int                      // so many casts, each sent when the one before is delivered
}

// kind is what is asked for a cast.
type kind struct {
	order msg.Order
	safe  bool
	call  bool
}

func (k kind) String() string {
	s := [...]string{msg.FIFO: "fifo", msg.Causal: "causal", msg.Total: "total", msg.Barrier: "barrier"}[k.order]
	if k.safe {
		s += " safe"
	}
	if k.call {
		s += " call"
	}
	return s
}

// workload is what all runs do.
var workload = []act{
	{what: "five join", join: []int{0, 1, 2, 3, killed}},
	{what: "all cast in all orders", cast: mixed(60)},
	{what: "one casts alone", ordered: true, cast: alone(2, 50)},
	{what: "a chain of causes", ordered: true, chain: 20},
	{what: "barriers", cast: barriers},
	{what: "one leaves", leave: []int{1}},
	{what: "four cast", cast: mixed(30)},
	{what: "one joins late, and one comes back", join: []int{late, 1}},
	{what: "six cast", cast: mixed(30)},
	{what: "one is killed", kill: []int{killed}},
	{what: "five cast", cast: mixed(20)},
	{what: "the newest casts alone", ordered: true, cast: alone(late, 20)},
}

// mixed has every process cast n times, of kinds that change every few casts, at
// each process otherwise.
func mixed(n int) func(int) []kind {
	return func(process int) (list []kind) {
		for i := range n {
			x := i/4 + process
			k := kind{order: [...]msg.Order{msg.FIFO, msg.Total, msg.Causal, msg.Total}[x%4]}
			k.safe = (i/2+process)%5 == 0
			k.call = (i/3+process)%7 == 0
			list = append(list, k)
		}
		return list
	}
}

// alone has one process cast n times, which makes an order of all.
func alone(who, n int) func(int) []kind {
	return func(process int) (list []kind) {
		if process != who {
			return nil
		}
		for i := range n {
			list = append(list, kind{order: [...]msg.Order{msg.Total, msg.FIFO, msg.Causal}[i/5%3], safe: i%10 == 7})
		}
		return list
	}
}

// barriers has every process cast a little and two of them a barrier then.
func barriers(process int) []kind {
	list := mixed(10)(process)
	if process == 0 || process == 3 {
		list = append(list, kind{order: msg.Barrier})
	}
	return append(list, mixed(5)(process)...)
}

// name of a process in histories.
func name(process int) string { return fmt.Sprintf("p%d", process) }
