package torture

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is a kind of thing that can happen to processes.
type Fault string

// The faults.
const (
	Kill      Fault = "kill"      // SIGKILL to one or two members; they are started anew
	Stop      Fault = "stop"      // SIGSTOP to one, and SIGCONT up to some seconds later
	Cut       Fault = "cut"       // connections are reset, of a pair or of one process to all
	Partition Fault = "partition" // nothing gets through, in one direction or in both
	Delay     Fault = "delay"     // what one sends or is sent comes late
	Loss      Fault = "loss"      // segments are lost and sent again, or connections break
	Join      Fault = "join"      // a guest joins, and leaves or is killed; or a member leaves, and joins again
)

// Faults lists all kinds.
func Faults() []Fault { return []Fault{Kill, Stop, Cut, Partition, Delay, Loss, Join} }

// ParseFaults reads kinds with commas between them; "all" is all of them. The
// error says which word is none, or that there is none, and lists what there are.
func ParseFaults(list string) ([]Fault, error) {
	switch strings.TrimSpace(list) {
	case "":
		return nil, fmt.Errorf("name faults, with commas between them, or all; there are %s", joinFaults(Faults()))
	case "all":
		return Faults(), nil
	}
	var found []Fault
	for word := range strings.SplitSeq(list, ",") {
		f := Fault(strings.TrimSpace(word))
		if !slices.Contains(Faults(), f) {
			return nil, fmt.Errorf("%q is no fault; there are %s", word, joinFaults(Faults()))
		}
		if !slices.Contains(found, f) {
			found = append(found, f)
		}
	}
	return found, nil
}

// joinFaults writes kinds with commas between them.
func joinFaults(list []Fault) string {
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = string(f)
	}
	return strings.Join(words, ",")
}
