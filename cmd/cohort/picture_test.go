package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/sim"
	"github.com/cohortkit/cohort/internal/spacetime"
	"github.com/cohortkit/cohort/internal/trace"
)

var updateFiles = flag.Bool("update", false, "draw docs/img/crash.svg anew")

const milli = 1_000_000

// crashStory is the run of the picture in the README: four sites of a group, of
// which one crashes in the middle and comes back.
func crashStory(w *sim.World) {
	const g = "stock"
	cast := func(at int64, host int, order fact.Order, safe bool) {
		w.At(at*milli/10, func() { w.Cast(host, g, order, safe) })
	}
	for i := range 3 {
		w.At(int64(100+20*i)*milli, func() { w.Join(i+1, g) })
	}
	cast(2030, 1, fact.FIFO, false)
	w.At(205*milli, func() { w.Join(4, g) })
	cast(2200, 3, fact.Causal, false)
	cast(2275, 4, fact.Total, false)
	cast(2305, 1, fact.Causal, false)
	cast(2340, 3, fact.Total, true)
	cast(2375, 4, fact.FIFO, false)
	cast(2405, 2, fact.Total, false)
	w.At(242*milli, func() { w.Crash(2) })
	w.At(246*milli, func() { w.Restart(2) })
	cast(2540, 4, fact.Causal, false)
	cast(2570, 1, fact.Total, false)
	w.At(262*milli, func() { w.Join(2, g) })
	cast(2625, 3, fact.FIFO, false)
	cast(2860, 2, fact.Total, false)
	cast(2900, 3, fact.Barrier, false)
	w.RunUntil(340 * milli)
}

// TestCrashPicture holds the picture in the README to a run of the core that
// ships and that all judges agree with. Drawn anew with -update.
func TestCrashPicture(t *testing.T) {
	run := sim.Run(sim.Options{Seed: 1, Sites: 4, Groups: 1, Delay: 700, Keep: true, Script: crashStory})
	if run.Failure != "" {
		t.Fatal(run.Failure)
	}
	for _, v := range check.Run(run.Records, check.Options{GlobalClock: true}).Violations {
		t.Error(v)
	}
	var svg bytes.Buffer
	records := slices.DeleteFunc(run.Records, func(r trace.Record) bool { return r.Site == 0 }) // no faults end
	err := spacetime.Draw(&svg, records, spacetime.Options{
		Title: "A member crashes and comes back", From: 200 * milli, To: 302 * milli, Width: 960,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FIFO cast", "causal cast", "total cast", "barrier cast", "safe cast", "crash", "state transfer"} {
		if !bytes.Contains(svg.Bytes(), []byte(">"+want+"<")) {
			t.Errorf("the picture shows no %s", want)
		}
	}
	path := filepath.Join("..", "..", "docs", "img", "crash.svg")
	if *updateFiles {
		if err := os.WriteFile(path, svg.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
