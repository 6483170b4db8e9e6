package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/paper"
)

// somePaper is what a run might have come to, of which one kind of call is missing.
func somePaper() *paper.Result {
	r := &paper.Result{
		Processors: 2, Loads: [2]float64{1, 7}, Commit: "67cd3cf and changes", Seconds: 0.34, Isis: paper.Then(), RawP50: [2]float64{15, 17}, Members: 3,
		Table:     []paper.Row{{Tool: "update", Isis: "1 ABCAST", Now: "a Total cast", Step: "Total cast", Frames: 4, Messages: map[string]int{"Data": 4}}},
		Breakdown: paper.Breakdown{Casts: 1234, RemoteCasts: 99, Call: 51, Delivered: 67},
	}
	for i, size := range paper.Sizes {
		r.Throughput = append(r.Throughput, paper.Throughput{Size: size, BytesPerS: float64(i+1) * 1e8, RawPerS: 4e8})
		r.Latency = append(r.Latency, paper.Latency{Order: bench.Total, Replies: bench.OwnReply, Members: 3, Size: size, P50: 40, P99: 400})
	}
	for _, name := range []string{"to the core", "cast", "order record", "to the program", "reply", "return"} {
		r.Breakdown.Steps = append(r.Breakdown.Steps, paper.Step{Name: name, P50: 8.5, P99: 100})
	}
	r.Breakdown.Remote = r.Breakdown.Steps[:4]
	return r
}

func TestDrawPaper(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "from.json")
	text, err := json.Marshal(somePaper())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "new")
	if err := drawPaper(file, out); err != nil {
		t.Fatal(err)
	}
	wants := map[string]string{"paper.json": `"raw_p50_us"`}
	for _, name := range []string{"throughput", "destinations", "sizes", "steps"} {
		wants["paper-"+name+".svg"], wants["paper-"+name+".png"] = "<svg", "PNG"
	}
	for name, want := range wants {
		if text, err := os.ReadFile(filepath.Join(out, name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s has no %q: %v", name, want, err)
		}
	}
	page, err := os.ReadFile(filepath.Join(out, "paper.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"at 67cd3cf and changes: each run once, for 0.34 s", "average was 1.0 before and 7.0 after, the bench's own processes included", "| 100 | 100 | 0 | 400 | 0.25 |", "40 (400)", "1234 casts", "plain TCP goes one way in about 8 us",
		"which by subtraction is 2 ms", "| update | 1 ABCAST | a Total cast | Total cast | 4 | 4 Data |", "](paper-steps.svg)",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

func TestNoPaper(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty.json": "{}", "torn.json": `{"table":`} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := drawPaper(file, dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if drawPaper(filepath.Join(dir, "none.json"), dir) == nil {
		t.Error("what is not there is drawn")
	}
}
