package cohorttest

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/node"
	"github.com/cohortkit/cohort/internal/sim"
)

// world is one run. Its loop does the simulator's deeds, and between them lets
// goroutines of the programs go on, one at a time, each until it waits again:
// synctest.Wait says when. So the seed decides all, as long as programs take
// chance and time from the world.
type world struct {
	opt  Options
	seed uint64
	prog program

	mu       sync.Mutex // held by the loop, but while programs go on
	sim      *sim.Driven
	machines []*machine
	waiting  []*parked // whose turn is on the agenda
	idle     []*parked // who would act if it were time
	acting   bool
	founded  bool
	woken    bool        // a deed woke goroutines that have not parked yet
	moved    effect.Time // when a program last went on
	posted   effect.Time // and when one last wanted something of the core: by its own timers it may at any time
	lost     string      // why nothing can be demanded of the run, or empty
	calm     int         // how many records there were when all was well, 0 before
	views    viewLog
	log      []string
	failure  *Failure

	base  context.Context
	began time.Time
	bell  chan struct{} // holds one when there is mail
	deeds *atomic.Uint64
}

// lag is how far the programs' clock may be behind while none of them goes on:
// to move it costs time.
const lag = effect.Millisecond

func newWorld(o Options, seed uint64, prog program, deeds *atomic.Uint64) *world {
	w := &world{
		opt: o, seed: seed, prog: prog, views: newViewLog(), base: context.Background(),
		began: time.Now(), bell: make(chan struct{}, 1), deeds: deeds,
	}
	w.sim = sim.Drive(sim.Options{Seed: seed, Sites: o.Sites, Faults: o.Faults.profile(), Stack: debug.Stack}, w)
	for i := range o.Sites {
		w.machines = append(w.machines, &machine{index: i})
	}
	return w
}

func (w *world) context(p *process) context.Context { return node.OnHost(w.base, p) }

// ring tells the loop that there is mail.
func (w *world) ring() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// runUntil lets things happen up to a time, or until enough says so.
func (w *world) runUntil(end effect.Time, enough func() bool) {
	for w.failure == nil && w.sim.Now() < end && !enough() {
		next := min(w.sim.Next(), end)
		if at := w.clock(next); at < next {
			w.sim.Do(at)
			w.settle()
			continue
		}
		w.sim.Do(next)
		w.deeds.Add(1)
		if w.woken {
			w.settle()
		}
		if f := w.sim.Failure(); f != "" {
			w.fail(true, "%s", f)
		}
	}
}

// clock moves the programs' clock up to a time, and returns it; or to an earlier
// time at which one of their own timers woke a goroutine that wants something.
func (w *world) clock(to effect.Time) effect.Time {
	ahead := to - effect.Time(time.Since(w.began))
	if ahead < lag {
		return to
	}
	select {
	case <-w.bell: // it rang for what was settled
	default:
	}
	w.mu.Unlock()
	timer := time.NewTimer(time.Duration(ahead))
	select {
	case <-timer.C:
	case <-w.bell:
		timer.Stop()
	}
	synctest.Wait()
	w.mu.Lock()
	w.woken = true
	return min(to, max(w.sim.Now(), effect.Time(time.Since(w.began))))
}

// catchUp moves the programs' clock up to now. Goroutines that their own timers
// wake meanwhile are heard later.
func (w *world) catchUp() {
	if behind := w.sim.Now() - effect.Time(time.Since(w.began)); behind > 0 {
		w.mu.Unlock()
		time.Sleep(time.Duration(behind))
		synctest.Wait()
		w.mu.Lock()
	}
}

// settle lets goroutines that woke go on until all wait, and does what they want
// of the world, until they want no more.
func (w *world) settle() {
	for more := true; more; {
		w.mu.Unlock()
		synctest.Wait()
		w.mu.Lock()
		w.woken = false
		w.collect()
		more = w.woken
	}
}

// collect reads the mail of all processes, machine by machine.
func (w *world) collect() {
	for _, m := range w.machines {
		p := m.proc
		if p == nil {
			continue
		}
		letters, waiting := p.take()
		for _, letter := range letters {
			letter()
		}
		for _, k := range waiting {
			w.queue(k)
		}
	}
}

// queue puts the turn of a goroutine on the agenda.
func (w *world) queue(k *parked) {
	delay := k.delay
	if delay < 0 {
		delay = w.sim.Dice().Between(0, (20+k.p.slow)*effect.Microsecond)
	}
	w.waiting = append(w.waiting, k)
	w.sim.In(delay, func() { w.turn(k) })
}

// turn lets a goroutine go on until it waits again. Now and then the process
// dies of it, with what it has just told the world.
func (w *world) turn(k *parked) {
	p := k.p
	switch {
	case p.m.proc != p:
		return
	case w.sim.Paused(p.m.index):
		w.sim.In(5*effect.Millisecond, func() { w.turn(k) })
		return
	case w.moved == w.sim.Now(): // each turn has an instant of its own, and so have timers set in it
		w.sim.In(1, func() { w.turn(k) })
		return
	case k.idle && !w.acting:
		w.idle = append(w.idle, k)
		return
	case k.idle:
		p.busy++
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(o *parked) bool { return o == k })
	w.moved = w.sim.Now()
	w.catchUp()
	close(k.turn)
	w.settle()
	if p.m.proc == p && w.opt.Faults&Crashes != 0 && w.sim.Dice().N(1500) == 0 {
		w.sim.Crash(p.m.index)
	}
}

// act lets clients act, or not.
func (w *world) act(on bool) {
	w.acting = on
	if on {
		for _, k := range w.idle {
			w.sim.In(k.delay, func() { w.turn(k) })
		}
		w.idle = nil
	}
}

// forget drops the goroutines of a process, and returns them.
func (w *world) forget(p *process) (all []*parked) {
	mine := func(k *parked) bool { return k.p == p }
	for _, k := range w.waiting {
		if mine(k) {
			all = append(all, k)
		}
	}
	w.waiting = slices.DeleteFunc(w.waiting, mine)
	w.idle = slices.DeleteFunc(w.idle, mine)
	return all
}

// notStarted ends a process whose Start failed, and tries again later.
func (w *world) notStarted(p *process, err error) {
	if p.m.proc != p {
		return
	}
	w.line(p.site.Name(), fmt.Sprintf("does not start: %v", err))
	if p.inst != nil {
		p.inst.stop()
	}
	p.kill()
	w.sim.In(w.sim.Dice().Between(50, 500)*effect.Millisecond, func() { w.Boot(p.m.index) })
}

// Boot starts the program at a machine that is on again.
func (w *world) Boot(i int) {
	if m := w.machines[i]; m.proc == nil {
		w.line(fmt.Sprintf("n%d", i+1), "starts")
		w.boot(m)
	}
}

// Killed ends the process at a machine.
func (w *world) Killed(i int) {
	if p := w.machines[i].proc; p != nil {
		p.kill()
	}
}

// Terms passes on what readers may rely on.
func (w *world) Terms(i int, out *core.Output) {
	if p := w.machines[i].proc; p != nil && p.inst != nil && p.inst.cfg.OnTerms != nil {
		p.inst.cfg.OnTerms(out)
		w.woken = true // who waits to read may go on
	}
}

// Items passes on what the core has for the program.
func (w *world) Items(i int, items []core.Item) {
	p := w.machines[i].proc
	if p == nil || p.inst == nil {
		return
	}
	for _, item := range items {
		w.membership(p, item)
	}
	p.inst.items(items)
}

// Ended tells the program that its site has halted.
func (w *world) Ended(i int) {
	if p := w.machines[i].proc; p != nil && p.inst != nil {
		p.inst.end()
	}
}

// Told writes down what goes wrong.
func (w *world) Told(what string) { w.line("", what) }
