package sim

import (
	"fmt"
	"math"
	"slices"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// BigOptions describe a large world. The zero value of each field has a default.
type BigOptions struct {
	Seed   uint64
	Sites  int           // default 300
	Groups int           // default 1000
	Span   effect.Time   // of the whole run; default a minute
	Keep   bool          // keep the trace
	Stack  func() []byte // tells where a panic happened; may be nil
	Told   func(string)  // is told each event and part of the run as it ends; may be nil
}

// BigResult is what came of a large world.
type BigResult struct {
	Result
	Sites, Groups, Memberships int
	Parts                      []Part
	Costs                      []Cost
}

// Part is a stretch of the run.
type Part struct {
	What   string
	Span   effect.Time // of simulated time
	Frames int         // of all sites, but for idle talk
	Bytes  int         // in these
	Idle   int         // frames that hold a heartbeat or nothing
	Peak   load        // the most that one site sent in one second, idle talk included
}

// Cost is what one event cost all sites together, but for idle talk.
type Cost struct {
	Event
	Size     int // of the group; of the system if Group is false
	Frames   int
	Messages int
	Bytes    int
	Kinds    [msg.KindEnd]int
	Idle     int         // frames that hold a heartbeat or nothing, meanwhile
	Span     effect.Time // over which that was counted
	Until    effect.Time // when the last frame was written, after the event
}

// Event is something that happens in a large world.
type Event struct {
	What    string
	Group   bool // in a group, else to sites
	Casts   int  // that it makes in its group
	Entries int  // of the log that it takes in a group
	Idles   bool // nothing happens
}

// big is what happens in a large world.
type big struct {
	w     *World
	meter *meter     // of one event
	whole *meter     // of a part of the run
	homes [][]string // the groups that the program of each host is to be in
	hosts [][]int    // of each group
	sizes []int      // of each group
	open  bool       // programs join what they are to be in
	busy  bool       // programs cast, join and leave at random
	alone bool       // one event is measured by itself: who leaves does not come back
	told  func(string)
	out   BigResult
}

// Big runs a large world: it is founded, its groups form, each kind of event is
// measured by itself, then a third of the sites dies at one instant and comes
// back, and for the rest of the time all happens at once.
func Big(o BigOptions) BigResult {
	if o.Sites == 0 {
		o.Sites = 300
	}
	if o.Groups == 0 {
		o.Groups = 1000
	}
	if o.Span == 0 {
		o.Span = 60 * effect.Second
	}
	w := newWorld(Options{Seed: o.Seed, Sites: o.Sites, Groups: o.Groups, Keep: o.Keep, Stack: o.Stack, Settle: 3 * effect.Second})
	b := &big{w: w, meter: newMeter(w), whole: newMeter(w), homes: make([][]string, o.Sites)}
	w.big = b
	b.plan()
	if b.told = o.Told; b.told == nil {
		b.told = func(string) {}
	}
	part := func(what string, do func()) {
		if w.failure != "" {
			return
		}
		b.whole.reset()
		began := w.now
		do()
		m := b.whole
		b.out.Parts = append(b.out.Parts, Part{what, w.now - began, m.frames, m.bytes, m.idle, m.peak})
		b.told(what)
	}
	part("the sites found the system", b.found)
	part("the groups form", b.form)
	b.measure(part)
	part("a third dies", b.third)
	part("they come back", b.comeBack)
	part("everything happens at once", func() { b.churn(o.Span - w.now - 5*effect.Second) })
	part("rest", func() { b.out.Result = w.finish() })
	if b.out.Failure == "" {
		b.out.Failure = w.failure
	}
	b.out.Sites, b.out.Groups, b.out.Memberships = o.Sites, o.Groups, total(b.sizes)
	return b.out
}

func total(list []int) (n int) {
	for _, x := range list {
		n += x
	}
	return n
}

// plan says who is to be in which group: of the k-th group, members are one in
// k^(2/3) of the sites, but at least three.
func (b *big) plan() {
	n := len(b.w.hosts)
	for k := range b.w.Groups {
		size := max(min(3, n), int(float64(n)/math.Pow(float64(k+1), 2.0/3)))
		b.sizes = append(b.sizes, size)
		b.hosts = append(b.hosts, b.shuffled()[:size])
		for _, h := range b.hosts[k] {
			b.homes[h] = append(b.homes[h], groupName(k))
		}
	}
}

func (b *big) shuffled() []int {
	list := make([]int, len(b.w.hosts))
	for i := range list {
		list[i] = i
	}
	for i := len(list) - 1; i > 0; i-- {
		j := b.w.dice.N(i + 1)
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// seeds are some addresses where a site asks to be let in.
func (b *big) seeds() (list []string) {
	for range 5 {
		list = append(list, Pick(b.w.dice, b.w.hosts).addr)
	}
	return list
}

// found starts all sites at once.
func (b *big) found() {
	w := b.w
	for _, h := range w.hosts {
		w.expect = append(w.expect, h.addr)
	}
	for _, h := range w.hosts {
		w.in(w.between(0, 50_000), func() { h.start(false) })
	}
	b.until(func() bool { return b.agreed(len(w.hosts)) }, 5*effect.Second)
}

// agreed reports whether n sites run, all in one view and equally far.
func (b *big) agreed(n int) bool {
	var first *core.Site
	for _, h := range b.w.hosts {
		if !h.site.running() {
			continue
		}
		c := h.site.core
		switch {
		case c.View() == nil || len(c.View().Members) != n:
			return false
		case first == nil:
			first = c
		case c.Index() != first.Index():
			return false
		}
	}
	return first != nil
}

// until runs until it is so, and quiet, or as long as that.
func (b *big) until(so func() bool, limit effect.Time) {
	w := b.w
	for end := w.now + limit; w.now < end && w.failure == ""; {
		w.runUntil(w.now + 50*effect.Millisecond)
		if w.now-b.whole.last >= quietFor && so() {
			return
		}
	}
}

// quietFor is how long nothing but idle talk makes an event over.
const quietFor = 100 * effect.Millisecond

// form lets all programs join their groups.
func (b *big) form() {
	b.open = true
	for _, h := range b.w.hosts {
		b.begin(h.site.programs[0])
	}
	b.until(b.formed, 20*effect.Second)
}

// begin lets a program join what it is to be in, once its site is in.
func (b *big) begin(p *program) {
	w := b.w
	if !b.open {
		return
	}
	if p.s.core == nil || p.s.core.View() == nil {
		w.in(100*effect.Millisecond, func() {
			if p.s.running() {
				b.begin(p)
			}
		})
		return
	}
	for _, name := range b.homes[p.s.host.index] {
		if p.named(name) == nil {
			w.join(p, name, false, core.Patience{})
		}
	}
}

// formed reports whether every running program is in all its groups, with their
// states.
func (b *big) formed() bool {
	for _, h := range b.w.hosts {
		if !h.site.running() {
			continue
		}
		for _, m := range h.site.programs[0].groups {
			if m.left {
				continue
			}
			if v := m.view.View; v == nil || !v.Members[v.Rank(m.p.proc)].Ready {
				return false
			}
		}
	}
	return true
}

// cost measures an event: all that is written until it is over.
func (b *big) cost(e Event, size int, do func(), over func() bool) {
	w := b.w
	b.meter.reset()
	began := w.now
	do()
	b.until(over, 15*effect.Second)
	m := b.meter
	b.out.Costs = append(b.out.Costs, Cost{e, size, m.frames, m.messages(), m.bytes, m.kinds, m.idle, w.now - began, m.last - began})
	b.told(fmt.Sprintf("%s in %d: %d frames, %d messages, %d bytes in %d ms", e.What, size, m.frames, m.messages(), m.bytes, (m.last-began)/effect.Millisecond))
	if !over() && w.failure == "" {
		w.failure = fmt.Sprintf("big: %s in %d did not come to an end", e.What, size)
	}
}

func always() bool { return true }

// probes are the numbers of the groups to measure in: of few members and many.
func (b *big) probes() (list []int) {
	for _, want := range []int{3, 10, 30, 100, 300} {
		best := 0
		for k, size := range b.sizes {
			if abs(size-want) < abs(b.sizes[best]-want) {
				best = k
			}
		}
		if !slices.Contains(list, best) {
			list = append(list, best)
		}
	}
	return list
}

func abs(n int) int { return max(n, -n) }
