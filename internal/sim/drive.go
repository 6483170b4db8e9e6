package sim

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/trace"
)

// Driven is a world whose programs somebody else runs: sites, network and
// faults are here, and a Driver is told what concerns its programs. Machines
// count from 0. What the Driver does between two deeds is part of the run: if
// it depends on the seed alone, so does all.
type Driven struct{ w *World }

// Driver runs the programs of a driven world. Its methods are called while a
// deed is done, and must not do deeds themselves.
type Driver interface {
	// Boot: a machine is on again, and its program is to be started.
	Boot(machine int)
	// Killed: at this instant the process at a machine is no more.
	Killed(machine int)
	// Terms are what readers may rely on after a step, before any other site can
	// know of it: Output.Terms and Dues.
	Terms(machine int, out *core.Output)
	// Items are what a step of the machine's site has for the program. The
	// slice is used again.
	Items(machine int, items []core.Item)
	// Ended: the site at a machine has halted.
	Ended(machine int)
	// Told says in words what goes wrong in the world.
	Told(what string)
}

// Drive makes a world of o.Sites machines, all off, and calm.
func Drive(o Options, driver Driver) *Driven {
	o.Keep = true
	w := newWorld(o)
	w.driver, w.calm = driver, true
	for _, h := range w.hosts {
		h.addr = fmt.Sprintf("n%d:7400", h.index+1)
	}
	return &Driven{w}
}

// Boot is how a site of a driven world starts. Without Found it asks those of
// its Seeds that it can reach, again and again, until it is in.
type Boot struct {
	Name   string
	Weight uint32
	Found  bool
	Seeds  []string
}

// Incarnation is one site of a driven world, from its start to its end.
type Incarnation struct{ s *site }

// Start runs a site at a machine that runs none.
func (d *Driven) Start(machine int, b Boot) *Incarnation {
	h := d.w.hosts[machine]
	s := h.newSite(view.Member{Name: b.Name, Addr: h.addr, Weight: b.Weight})
	s.seeds = b.Seeds
	if b.Found {
		s.post(core.Found{System: d.w.system})
	} else {
		h.seek(s)
	}
	return &Incarnation{s}
}

// ID is the site's number.
func (x *Incarnation) ID() id.Site { return x.s.id }

// Runs reports whether the site has not ended yet.
func (x *Incarnation) Runs() bool { return x.s.running() }

// Core is the site itself, to be looked at.
func (x *Incarnation) Core() *core.Site { return x.s.core }

// Clock is the time at its machine.
func (x *Incarnation) Clock() effect.Time { return x.s.clock() }

// Post gives the site something to handle, soon. One that has ended drops it.
func (x *Incarnation) Post(ev core.Event) { x.s.post(ev) }

// Cast is Post for casts of one program, whose body is on loan.
func (x *Incarnation) Cast(ev core.Cast) { x.s.post(x.s.w.lend(ev)) }

// Stop ends the site, as the end of its process does.
func (x *Incarnation) Stop() {
	if x.s.running() {
		x.s.w.record(x.s.id, fact.Crash{})
		x.s.stop(true)
	}
}

// Addr is a machine's address.
func (d *Driven) Addr(machine int) string { return d.w.hosts[machine].addr }

// Now is the time since the world began.
func (d *Driven) Now() effect.Time { return d.w.now }

// Next is when the next deed is due; there is always one while a site runs.
func (d *Driven) Next() effect.Time {
	if len(d.w.agenda) == 0 {
		return effect.Never
	}
	return d.w.agenda[0].at
}

// Do does the deeds that are due first at one time, or moves on to a time
// before them.
func (d *Driven) Do(at effect.Time) {
	w := d.w
	if len(w.agenda) == 0 || w.agenda[0].at > at {
		w.now = max(w.now, at)
		return
	}
	next := w.agenda.pop()
	w.now = next.at
	w.stats.Events++
	next.happen()
}

// In puts a deed of the driver on the agenda.
func (d *Driven) In(delay effect.Time, do func()) { d.w.in(delay, do) }

// Dice are the world's: each throw changes all that follows.
func (d *Driven) Dice() *Dice { return d.w.dice }

// Paused reports whether a machine stands still.
func (d *Driven) Paused(machine int) bool {
	s := d.w.hosts[machine].site
	return s.running() && s.paused
}

// Disturb lets things go wrong from now on, until Heal.
func (d *Driven) Disturb() {
	d.w.calm = false
	d.w.fault()
}

// Heal ends all faults. Machines that are off come back in their time.
func (d *Driven) Heal() { d.w.heal() }

// Crash kills the process at a machine, if the system and all groups can go on
// without it, and boots the machine later. It reports whether it did.
func (d *Driven) Crash(machine int) bool {
	h := d.w.hosts[machine]
	if d.w.calm || !d.w.Faults.Crashes || !d.w.canLose(h) {
		return false
	}
	d.w.crash(h)
	return true
}

// Lost reports whether what runs is no quorum of the newest view.
func (d *Driven) Lost() bool { return !d.w.survives(nil) }

// Agreed reports whether all sites that run are in one view, of just them, and
// have come equally far.
func (d *Driven) Agreed() bool {
	var v *view.Site
	var index uint64
	running := 0
	for _, h := range d.w.hosts {
		if !h.site.running() {
			continue
		}
		c := h.site.core
		switch {
		case c.View() == nil || c.Stalled():
			return false
		case v == nil:
			v, index = c.View(), c.Index()
		case c.View().Seq != v.Seq || c.Index() != index:
			return false
		}
		running++
	}
	return v != nil && len(v.Members) == running
}

// Failure is what went wrong in the core, or empty.
func (d *Driven) Failure() string { return d.w.failure }

// Stats are what was exercised so far.
func (d *Driven) Stats() Stats { return d.w.stats.Stats }

// Records are the trace so far.
func (d *Driven) Records() []trace.Record { return d.w.records }

// Quiet says in the trace that faults were over after so many records.
func (d *Driven) Quiet(records int) { d.w.quiet(records) }

// told passes on what goes wrong, in words.
func (w *World) told(format string, args ...any) {
	if w.driver != nil {
		w.driver.Told(fmt.Sprintf(format, args...))
	}
}

// spares reports whether every group has a member that holds its state and
// runs, other than at h: else the state would be lost, and rightly so.
func (w *World) spares(h *host) bool {
	if w.driver == nil {
		return true
	}
	var newest *core.Site
	running := map[id.Site]bool{}
	for _, o := range w.hosts {
		if o == h || !o.site.running() {
			continue
		}
		running[o.site.id] = true
		if c := o.site.core; newest == nil || c.Index() > newest.Index() {
			newest = c
		}
	}
	if newest == nil {
		return false
	}
	for _, g := range newest.Groups() {
		held := false
		for _, m := range g.Members {
			held = held || m.Ready && running[m.Proc.Site()]
		}
		if !held {
			return false
		}
	}
	return true
}

// sides describes cuts that begin or end.
func (w *World) sides(pairs [][2]int) string {
	if w.driver == nil {
		return ""
	}
	var words []string
	both := map[[2]int]bool{}
	for _, p := range pairs {
		both[p] = true
	}
	for _, p := range pairs {
		back := [2]int{p[1], p[0]}
		switch {
		case !both[back]:
			words = append(words, fmt.Sprintf("n%d>n%d", p[0]+1, p[1]+1))
		case p[0] < p[1]:
			words = append(words, fmt.Sprintf("n%d-n%d", p[0]+1, p[1]+1))
		}
	}
	return strings.Join(words, " ")
}
