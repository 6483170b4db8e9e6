package cohorttest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/trace"
)

// Run runs a program in one world for each seed, and fails the test with the
// first Failure. For each world setup is called first: what it makes is shared
// by all sites of that world, and by no others.
func Run[P any](t *testing.T, o Options, setup func() Program[P]) {
	t.Helper()
	if f := Find(t, o, setup); f != nil {
		t.Fatal(f)
	}
}

// Find is Run, but returns the Failure, and nil if there is none. The test fails
// only if it cannot be run at all.
func Find[P any](t *testing.T, o Options, setup func() Program[P]) *Failure {
	t.Helper()
	o.complete()
	o.flags()
	lost := 0
	var last *outcome
	for seed := o.First; seed < o.First+uint64(o.Seeds); seed++ {
		last = simulate(t, o, seed, func() program { return setup().erased() })
		if last.lost != "" {
			lost++
		}
		if last.failure != nil {
			break
		}
	}
	if lost > 0 {
		t.Logf("%d of %d worlds lost a group's state or their majority, and were not checked", lost, o.Seeds)
	}
	last.keep(t)
	return last.failure
}

// outcome is what became of a world.
type outcome struct {
	seed    uint64
	failure *Failure
	lost    string
	log     []string
	records []trace.Record
}

// keep writes the trace and the log, if they are asked for.
func (x *outcome) keep(t *testing.T) {
	t.Helper()
	if *flagSeed > 0 {
		t.Logf("seed %d:\n%s", x.seed, strings.Join(x.log, "\n"))
	}
	if *flagTrace == "" {
		return
	}
	f, err := os.Create(*flagTrace)
	if err == nil {
		if err = writeTrace(f, x.seed, x.records); err == nil {
			err = f.Close()
		}
	}
	if err != nil {
		t.Errorf("cohorttest: cannot write the trace: %v", err)
	}
}

// simulate runs one world.
func simulate(t *testing.T, o Options, seed uint64, setup func() program) (x *outcome) {
	t.Helper()
	var deeds atomic.Uint64
	defer watch(&deeds)()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(o, seed, setup(), &deeds)
		w.mu.Lock()
		w.live()
		w.end()
		w.mu.Unlock()
		x = &outcome{seed: seed, failure: w.failure, lost: w.lost, log: w.log, records: w.sim.Records()}
	})
	x.judge()
	if x.failure != nil {
		x.failure.Log, x.failure.records, x.failure.test = x.log, x.records, t.Name()
	}
	return x
}

// judge asks the judges. What they find comes before what the program's check
// did, which may have followed from it.
func (x *outcome) judge() {
	if x.failure != nil && x.failure.Cohort {
		return
	}
	report := check.Run(x.records, check.Options{GlobalClock: true, Limit: 3})
	if report.OK() {
		return
	}
	var all []string
	for _, v := range report.Violations {
		all = append(all, v.String())
	}
	x.failure = &Failure{Seed: x.seed, Cohort: true, What: "Cohort broke a promise of docs/PROTOCOL.md: " + strings.Join(all, "\n")}
}

// live is the life of a world: all machines are switched on, then rounds of
// faults and rest.
func (w *world) live() {
	for i, m := range w.machines {
		delay := effect.Time(0)
		if i > 0 {
			delay = w.sim.Dice().Between(1, 50) * effect.Millisecond
		}
		w.sim.In(delay, func() { w.Boot(m.index) })
	}
	up := w.rested(0)
	w.runUntil(effect.Time(w.opt.Rest), up)
	if w.failure == nil && !up() {
		w.fail(false, "%v after the beginning not all programs are up: %s", w.opt.Rest, w.restless())
		return
	}
	for range w.opt.Rounds {
		w.calm = 0
		w.act(true)
		w.sim.Disturb()
		w.runUntil(w.sim.Now()+effect.Time(w.opt.Time), never)
		w.act(false)
		w.sim.Heal()
		w.rest()
		if w.failure != nil || w.lost != "" {
			return
		}
		w.check()
	}
}

func never() bool { return false }

// rested is true when all programs are up, no client acts, and all sites have
// agreed for a while in which, in the end, no program did anything.
func (w *world) rested(agreed effect.Time) func() bool {
	quiet := agreed / 40
	since := effect.Never
	return func() bool {
		for _, m := range w.machines {
			if p := m.proc; p == nil || !p.up || p.busy > 0 {
				since = effect.Never
				return false
			}
		}
		now := w.sim.Now()
		if !w.sim.Agreed() {
			since = effect.Never
			return false
		}
		if since == effect.Never {
			since = now
		}
		return now-since >= agreed && now-max(w.moved, w.posted) >= quiet
	}
}

// rest lets the world come to rest after its faults.
func (w *world) rest() {
	rested := w.rested(2 * effect.Second)
	end := w.sim.Now() + effect.Time(w.opt.Rest)
	up := w.rested(0)
	w.runUntil(end, func() bool { return w.lost != "" || up() })
	w.calm = len(w.sim.Records())
	w.runUntil(end, func() bool { return w.lost != "" || rested() })
	switch {
	case w.failure != nil || w.lost != "":
	case w.sim.Lost():
		w.lost = "a majority of the system failed"
		w.line("", w.lost)
	case !rested():
		w.fail(false, "%v after the last fault the world is not at rest: %s", w.opt.Rest, w.restless())
	}
}

// restless says who is not at rest.
func (w *world) restless() string {
	var list []string
	for _, m := range w.machines {
		switch p := m.proc; {
		case p == nil || !p.up:
			list = append(list, fmt.Sprintf("Start of n%d has not returned", m.index+1))
		case p.busy > 0:
			list = append(list, fmt.Sprintf("%d calls of Act of n%d have not returned", p.busy, m.index+1))
		}
	}
	if list == nil {
		return "programs go on doing something, without as much as 50 ms between"
	}
	return strings.Join(list, "; ")
}

// check asks the program's own check.
func (w *world) check() {
	all := make([]any, len(w.machines))
	for i, m := range w.machines {
		all[i] = m.proc.value
	}
	w.mu.Unlock()
	err := w.prog.check(all)
	w.mu.Lock()
	if err != nil {
		w.fail(false, "%v", err)
	}
}

// end kills all, and leaves goroutines that sleep the time to wake and end.
func (w *world) end() {
	if w.calm > 0 && w.lost == "" {
		w.sim.Quiet(w.calm)
	}
	for _, m := range w.machines {
		if m.proc != nil {
			m.proc.kill()
		}
	}
	w.settle()
	w.mu.Unlock()
	time.Sleep(time.Hour)
	w.mu.Lock()
}

// watch stops the tests when a world stands still in real time: then a goroutine
// of a program neither goes on nor waits for anything that the world can see.
func watch(deeds *atomic.Uint64) (stop func()) {
	const patience = 30 * time.Second
	over := make(chan struct{})
	go func() {
		last := uint64(0)
		for {
			select {
			case <-over:
				return
			case <-time.After(patience):
			}
			now := deeds.Load()
			if now == last {
				buf := make([]byte, 1<<20)
				panic(fmt.Sprintf("cohorttest: the world has stood still for %v: a program computes for ever, waits for something "+
					"outside the world, holds a lock while it waits in a call and another goroutine wants the lock, or has a goroutine that "+
					"goes on after the context of its Start has ended\n%s",
					patience, buf[:runtime.Stack(buf, true)]))
			}
			last = now
		}
	}()
	return func() { close(over) }
}
