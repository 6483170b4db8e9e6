package sim

import (
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// A script is a function that says what happens, in place of chance
// (Options.Script). Hosts are counted from 1, as their names are, and each runs
// one program. What cannot be done at the time, as to cast before one has
// joined, does not happen.

// At has something happen at a time of the run, which must not be over yet.
func (w *World) At(at effect.Time, do func()) { w.in(at-w.now, do) }

// RunUntil lets everything happen up to a time of the run.
func (w *World) RunUntil(at effect.Time) { w.runUntil(at) }

// Crash kills the process on a host; connections to it are refused.
func (w *World) Crash(host int) {
	w.stats.Crashes++
	h := w.hosts[host-1]
	h.crash()
	h.dark = false
}

// Restart runs a new process on a host, which asks all others to let it in.
func (w *World) Restart(host int) { w.hosts[host-1].restart() }

// Join has the program on a host join the group of this name, or make it, as
// soon as its site is in the system.
func (w *World) Join(host int, group string) {
	switch p := w.program(host); {
	case p == nil && !w.ended:
		w.in(effect.Millisecond, func() { w.Join(host, group) })
	case p != nil && p.named(group) == nil:
		w.join(p, group)
	}
}

// Leave has it leave the group.
func (w *World) Leave(host int, group string) {
	if p := w.program(host); p != nil && p.named(group) != nil {
		w.leave(p, p.named(group))
	}
}

// Cast has it cast to the group of which it is a member.
func (w *World) Cast(host int, group string, order fact.Order, safe bool) {
	p := w.program(host)
	if p == nil {
		return
	}
	orders := map[fact.Order]msg.Order{
		fact.FIFO: msg.FIFO, fact.Causal: msg.Causal, fact.Total: msg.Total, fact.Barrier: msg.Barrier,
	}
	if m := p.named(group); m != nil && m.group != 0 {
		p.cast(m.group, orders[order], safe, 1, 16, 0, false)
	}
}

// program is the program that runs on a host, nil if none does, or none in the
// system.
func (w *World) program(host int) *program {
	s := w.hosts[host-1].site
	if !s.running() || s.core.View() == nil {
		return nil
	}
	return s.programs[0]
}
