// Package metamorph runs one workload in many worlds that differ in what must
// not matter: how long frames take, how casts are put together, how large they
// are, how many sites there are and which processes share one, what carries the
// frames. What the promises make the same in all of them is written down as a
// History; two that differ show a fault without anybody having to know what is
// right.
//
//	workload.go  what the processes do, in acts
//	player.go    the processes: they do it, and note what they are handed
//	history.go   what must be the same, and what must agree within one run
//	simulated.go worlds of the simulator
//
// What is compared, and why it may be, is told in docs/testing.md.
package metamorph

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Variant is what differs between runs of the workload.
type Variant struct {
	Name string
	// Batch is how many casts at most a process hands over in one event, if they
	// are of one kind; 0 means one.
	Batch int
	// Window is how many bytes a process may have under way in a group; 0 means
	// all it has to cast.
	Window int
	// Pad is how many bytes each tenth cast is longer.
	Pad int
	// Place gives the machine of each process; nil means one each. Idle machines
	// run a site without a process.
	Place []int
	Idle  int
}

// machines is how many there are.
func (v *Variant) machines() int {
	n := 0
	for i := range processes {
		n = max(n, v.place(i)+1)
	}
	return n + v.Idle
}

func (v *Variant) place(process int) int {
	if v.Place == nil {
		return process
	}
	return v.Place[process]
}

// World is where a workload runs: machines, each with one site.
type World interface {
	// Start runs the site of a machine, and returns when it is in the system. The
	// first founds it. From then on the player is given its items.
	Start(machine int, items func([]core.Item)) (Site, error)
	// Wait returns when ready says so, which is asked again and again; what names
	// it if that is in vain.
	Wait(what string, ready func() bool) error
}

// Site is one running site.
type Site interface {
	ID() id.Site
	Post(core.Event)
	Kill()
}

// Play runs the workload and returns its history. An error says what did not
// come to its end, or what members of this run disagree on.
func Play(w World, v *Variant) (*History, error) {
	p := newPlayer(w, v)
	for i, act := range workload {
		if err := p.act(i, act); err != nil {
			return nil, fmt.Errorf("metamorph: %s: act %d, %s: %w", v.Name, i+1, act.what, err)
		}
	}
	return p.history()
}
