package sim

import (
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// What happens in a large world, one by one and then all at once.

// measure has each kind of event happen alone.
func (b *big) measure(part func(string, func())) {
	w := b.w
	part("an idle second", func() { b.idle("an idle second") })
	part("one event at a time, in groups", func() {
		for _, k := range b.probes() {
			b.inGroup(groupName(k))
		}
	})
	part("one event at a time, of sites", func() {
		b.alone = true
		h := w.hosts[len(w.hosts)/2]
		b.ofSites("a site leaves", func() { h.site.post(core.Depart{}) }, b.without(1))
		b.ofSites("a site joins", func() { h.start(false) }, b.without(0))
		b.ofSites("a process is killed", func() { b.kill(h, false) }, b.without(1))
		b.ofSites("it comes back", func() { h.start(false) }, b.without(0))
		b.ofSites("a machine dies", func() { b.kill(h, true) }, b.without(1))
		b.ofSites("it comes back", func() { h.dark = false; h.start(false) }, b.without(0))
		b.alone = false
	})
}

// ofSites measures what happens to sites.
func (b *big) ofSites(what string, do func(), over func() bool) {
	b.cost(Event{What: what}, len(b.w.hosts), do, over)
}

// idle lets a second pass.
func (b *big) idle(what string) {
	b.cost(Event{What: what, Idles: true}, len(b.w.hosts), func() { b.w.runUntil(b.w.now + effect.Second) }, always)
}

// without says that all agree and n sites are missing, and that all groups of
// the others are whole.
func (b *big) without(n int) func() bool {
	return func() bool { return b.agreed(len(b.w.hosts)-n) && b.formed() && b.settled() }
}

// settled reports whether all programs were shown the newest views.
func (b *big) settled() bool {
	for _, h := range b.w.hosts {
		if !h.site.running() {
			continue
		}
		for _, m := range h.site.programs[0].groups {
			if !m.left && (m.group == 0 || m.view.View == nil || m.view.View != h.site.core.Group(m.group)) {
				return false
			}
		}
	}
	return true
}

// kill ends a process, or the machine with it.
func (b *big) kill(h *host, machine bool) {
	b.w.stats.Crashes++
	h.crash(machine, func() bool { return b.w.dice.Chance(500) })
}

// inGroup measures what happens in one group.
func (b *big) inGroup(name string) {
	g := b.w.hosts[0].site.core.Lookup(name)
	if g == nil || len(g.Members) < 2 {
		return
	}
	n := len(g.Members)
	first, last := b.member(g, 0), b.member(g, n-1)
	cast := func(what string, p *program, order msg.Order, safe bool, want int, calls bool) {
		e := Event{What: what, Group: true, Casts: 1}
		if order == msg.Barrier {
			e.Entries = 1
		}
		b.cost(e, n, func() { p.cast(g.Group, order, safe, 1, 100, want, calls) }, b.settled)
	}
	cast("FIFO cast", last, msg.FIFO, false, 0, false)
	cast("Causal cast", last, msg.Causal, false, 0, false)
	cast("Total cast of the oldest", first, msg.Total, false, 0, false)
	cast("Total cast of another", last, msg.Total, false, 0, false)
	cast("safe Total cast", last, msg.Total, true, 0, false)
	cast("Barrier cast", last, msg.Barrier, false, 0, false)
	cast("call of all", last, msg.Causal, false, call.All, true)
	b.cost(Event{What: "100 FIFO casts in 0.1 s", Group: true, Casts: 100}, n, func() {
		for i := range 100 {
			b.w.in(effect.Time(i)*effect.Millisecond, func() { last.cast(g.Group, msg.FIFO, false, 1, 100, 0, false) })
		}
		b.w.runUntil(b.w.now + 100*effect.Millisecond)
	}, b.settled)
	m := last.named(name)
	b.cost(Event{What: "leave", Group: true, Entries: 1}, n, func() { b.w.leave(last, m) }, func() bool { return m.left && b.settled() })
	b.cost(Event{What: "join, with the state", Group: true, Entries: 2}, n, func() { b.w.join(last, name, false, core.Patience{}) }, func() bool { return b.formed() && b.settled() })
}

// member is the program of a member.
func (b *big) member(g *view.Group, rank int) *program {
	for _, h := range b.w.hosts {
		if h.site.running() && h.site.id == g.Members[rank].Proc.Site() {
			return h.site.programs[0]
		}
	}
	return nil
}

// churn lets programs cast, call, join and leave, and sites crash and come back.
func (b *big) churn(span effect.Time) {
	w := b.w
	b.busy = true
	b.act()
	w.in(w.between(300_000, 700_000), b.mishap)
	w.runUntil(w.now + max(span, 2*effect.Second))
	b.busy = false
	b.until(func() bool { return b.without(0)() }, 10*effect.Second)
}

// act has a program do something, in any group, a hundred times a second or so.
func (b *big) act() {
	w := b.w
	if !b.busy {
		return
	}
	k := w.dice.N(len(b.hosts))
	if h := w.hosts[Pick(w.dice, b.hosts[k])]; h.site.running() && h.site.core.View() != nil {
		b.doSomething(h.site.programs[0], groupName(k))
	}
	w.in(w.between(100, 20_000), b.act)
}

func (b *big) doSomething(p *program, name string) {
	w := b.w
	switch m := p.named(name); {
	case m == nil:
		w.join(p, name, false, core.Patience{})
	case m.group == 0:
	case w.dice.Chance(20):
		w.leave(p, m)
	default:
		w.castSomething(p, name, w.dice.Chance(200))
	}
}

// mishap kills a site now and then, or its machine.
func (b *big) mishap() {
	w := b.w
	if !b.busy {
		return
	}
	if h := Pick(w.dice, w.hosts); h.site.running() {
		b.kill(h, w.dice.Chance(300))
		w.in(w.between(100_000, 1_500_000), h.restart)
	}
	w.in(w.between(1_000_000, 4_000_000), b.mishap)
}

// third kills a third of the machines at one instant, as if a room had lost its
// power.
func (b *big) third() {
	n := len(b.w.hosts) / 3
	b.ofSites("a third of the machines dies", func() {
		for _, i := range b.shuffled()[:n] {
			b.kill(b.w.hosts[i], true)
		}
	}, b.without(n))
	b.idle("an idle second without them")
}

// comeBack starts them again, all at once.
func (b *big) comeBack() {
	b.ofSites("they all come back", func() {
		for _, h := range b.w.hosts {
			h.restart()
		}
	}, b.without(0))
}
