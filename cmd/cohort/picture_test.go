package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/sim"
	"github.com/cohortkit/cohort/internal/spacetime"
	"github.com/cohortkit/cohort/internal/trace"
)

var updateFiles = flag.Bool("update", false, "draw docs/img/crash.svg anew")

// TestCrashPicture draws the picture in the README, from a story that all judges
// agree with. With -update it is kept; that it is the same to the pixel is not
// demanded, as any change of the core would move an arrow.
func TestCrashPicture(t *testing.T) {
	story := filepath.Join("..", "..", "internal", "sim", "testdata", "stories", "picture.txt")
	text, err := os.ReadFile(story)
	if err != nil {
		t.Fatal(err)
	}
	_, records, err := sim.RunStory(string(text))
	if err != nil {
		t.Fatal(err)
	}
	records, from, to := pictured(records)
	var svg bytes.Buffer
	err = spacetime.Draw(&svg, records, spacetime.Options{
		Title: "A member crashes and comes back", From: from, To: to, Width: 960,
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

// pictured leaves out the end of the faults, which tells nothing here, moves the
// records so that the first cast is at 3 ms, and returns the time from 0 to the
// last view.
func pictured(records []trace.Record) (kept []trace.Record, from, to int64) {
	const ms = 1_000_000
	records = slices.DeleteFunc(records, func(r trace.Record) bool { return r.Site == 0 })
	first := slices.IndexFunc(records, func(r trace.Record) bool { _, ok := r.Fact.(fact.Send); return ok })
	zero := records[first].Time - 3*ms
	for i := range records {
		records[i].Time -= zero
		if _, ok := records[i].Fact.(fact.View); ok {
			to = records[i].Time
		}
	}
	return records, 1, to + ms
}
