package metamorph

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/sim"
)

// Simulated is a world of the simulator.
type Simulated struct {
	driven *sim.Driven
	sites  []*sim.Incarnation
	items  []func([]core.Item)
}

// Simulate makes a world of so many machines: its seed says how long frames take
// and which site acts first. Slow links, and times of the core, are in o.
func Simulate(machines int, o sim.Options) *Simulated {
	w := &Simulated{sites: make([]*sim.Incarnation, machines), items: make([]func([]core.Item), machines)}
	o.Sites = machines
	w.driven = sim.Drive(o, w)
	if o.Faults.Slow {
		w.driven.Disturb()
	}
	return w
}

// Start is World's.
func (w *Simulated) Start(machine int, items func([]core.Item)) (Site, error) {
	w.items[machine] = items
	b := sim.Boot{Name: fmt.Sprintf("m%d", machine), Weight: 1, Found: machine == 0}
	if machine > 0 {
		b.Seeds = []string{w.driven.Addr(0)}
	}
	s := w.driven.Start(machine, b)
	w.sites[machine] = s
	return simSite{s}, w.Wait("a site view", func() bool { return s.Core().View() != nil })
}

// waitFor is how much simulated time something may take.
const waitFor = 60 * effect.Second

// Wait is World's.
func (w *Simulated) Wait(what string, ready func() bool) error {
	for end := w.driven.Now() + waitFor; !ready(); {
		if f := w.driven.Failure(); f != "" {
			return fmt.Errorf("the core failed: %s", f)
		}
		if w.driven.Now() >= end {
			return fmt.Errorf("waited in vain for %s", what)
		}
		w.driven.Do(end)
	}
	return nil
}

// Driven is the world itself.
func (w *Simulated) Driven() *sim.Driven { return w.driven }

type simSite struct{ *sim.Incarnation }

func (s simSite) ID() id.Site { return s.Incarnation.ID() }
func (s simSite) Kill()       { s.Stop() }

// Items hands on what a site has.
func (w *Simulated) Items(machine int, items []core.Item) { w.items[machine](items) }

// Boot, Killed, Ended, Terms and Told are of no concern: nothing fails here but
// what the workload kills.
func (w *Simulated) Boot(int)                {}
func (w *Simulated) Killed(int)              {}
func (w *Simulated) Ended(int)               {}
func (w *Simulated) Terms(int, *core.Output) {}
func (w *Simulated) Told(string)             {}
