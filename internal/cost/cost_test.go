package cost

import (
	"errors"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// asCounted makes the test's program the one that is counted.
const asCounted = "COHORT_COST_COUNTED"

func TestMain(m *testing.M) {
	if os.Getenv(asCounted) == "" {
		os.Exit(m.Run())
	}
	if err := All(os.Stdout, func() {}); err != nil {
		os.Exit(1)
	}
}

// Frames and their bytes are as good as the same in every run, on however many
// processors; allocations are too when nothing else runs, which tests cannot promise.
func TestCountsAreTheSameAgain(t *testing.T) {
	for _, s := range []Shape{
		{Layer: Core, Order: msg.Causal, Size: 1 << 10},
		{Layer: Public, Order: msg.Total, Safe: true, Size: 64},
		{Layer: Public, Order: msg.Total, Size: 64, Alone: true},
	} {
		t.Run(s.String(), func(t *testing.T) {
			marks := 0
			var c [2]Counts
			for i := range c {
				var err error
				if c[i], err = Measure(s, func() { marks++ }); err != nil {
					t.Fatal(err)
				}
			}
			if marks != 4 {
				t.Errorf("marked %d times, want twice for each of two runs", marks)
			}
			if !near(c[0].Frames, c[1].Frames) || !near(c[0].Wire, c[1].Wire) {
				t.Errorf("counted %+v, then %+v", c[0], c[1])
			}
			if least := float64(2 * s.Size); c[0].Wire < least {
				t.Errorf("%v bytes on the wire for a message that goes to two others, want %v at least", c[0].Wire, least)
			}
			if c[0].Allocs == 0 || c[0].Frames == 0 {
				t.Errorf("nothing was counted: %+v", c[0])
			}
		})
	}
}

func near(a, b float64) bool { return max(a, b) <= 1.01*min(a, b) }

// Without the tool all is counted but instructions.
func TestCountWithoutTheTool(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asCounted, "1")
	t.Setenv("PATH", "")
	all, err := Count(t.Context(), self)
	if !errors.Is(err, ErrNoTool) {
		t.Errorf("the error is %v, want %v", err, ErrNoTool)
	}
	for _, s := range Shapes() {
		if c := all[s.String()]; c.Allocs == 0 || c.Wire == 0 || c.Instr != 0 {
			t.Errorf("%v: %+v; want all but instructions", s, c)
		}
	}
}

func TestCountTellsWhatFailed(t *testing.T) {
	t.Setenv("PATH", "")
	if _, err := Count(t.Context(), "/nowhere/cost"); err == nil || !strings.Contains(err.Error(), "/nowhere/cost") {
		t.Errorf("the error is %v, and does not name the command", err)
	}
}

const (
	totals = "public total 64"
	safes  = "public total safe 64"
)

// recorded is a line of a history.
func recorded(why string, costs map[string]Counts) Record {
	return Record{Date: "2026-11-21", Commit: "a1b2c3d", Why: why, Arch: "amd64", Costs: costs}
}

func TestCheck(t *testing.T) {
	was := map[string]Counts{totals: {Allocs: 1.2, Instr: 2000}, safes: {Allocs: 2.3, Instr: 2300}}
	with := func(shape string, c Counts) map[string]Counts {
		m := maps.Clone(was)
		m[shape] = c
		return m
	}
	first := recorded("the first", was)
	more := with(totals, Counts{Allocs: 2.2, Instr: 2000})
	other := recorded("", with(totals, Counts{Allocs: 1.2, Instr: 9000}))
	other.Arch = "arm64"
	for _, c := range []struct {
		name    string
		history []Record
		now     Record
		want    []string // parts of the error; none for none
	}{
		{"the same", []Record{first}, recorded("", was), nil},
		{"less", []Record{first}, recorded("", with(totals, Counts{Allocs: 0.2, Instr: 1000})), nil},
		{"a tenth more", []Record{first}, recorded("", with(totals, Counts{Allocs: 1.31, Instr: 2199})), nil},
		{"an allocation more", []Record{first}, recorded("", more), []string{totals + ": allocations per message from 1.2 to 2.2 (+83 %)", "a1b2c3d", `scripts/cost record "why"`}},
		{"instructions", []Record{first}, recorded("", with(safes, Counts{Allocs: 2.3, Instr: 2600})), []string{safes + ": instructions per message from 2300 to 2600 (+13 %)"}},
		{"both", []Record{first}, recorded("", with(safes, Counts{Allocs: 3, Instr: 2600})), []string{"allocations per message from 2.3 to 3", "instructions per message from 2300"}},
		{"instructions not counted", []Record{first}, recorded("", with(totals, Counts{Allocs: 1.2})), nil},
		{"instructions of another processor", []Record{first}, other, nil},
		{"a new shape", []Record{first}, recorded("", with("public fifo 64", Counts{Allocs: 1})), []string{"public fifo 64", "from 0 to 1"}},
		{"a shape less", []Record{first}, recorded("", map[string]Counts{totals: was[totals]}), []string{safes, "not counted any more"}},
		{"recorded with why", []Record{first, recorded("casts are traced", more)}, recorded("", more), nil},
		{"recorded without", []Record{first, recorded("", more)}, recorded("", more), []string{"from 1.2 to 2.2"}},
		{"recorded without, and nothing grew", []Record{first, recorded("", was)}, recorded("", was), nil},
		{"no history", nil, recorded("", was), []string{"has no line"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Check(c.history, c.now)
			if c.want == nil && err != nil {
				t.Fatalf("it is refused: %v", err)
			}
			if c.want != nil && err == nil {
				t.Fatal("it passes")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q:\n%v", part, err)
				}
			}
		})
	}
}

func TestHistoryIsReadAsItWasWritten(t *testing.T) {
	file := t.TempDir() + "/history.jsonl"
	if all, err := OpenHistory(file); err != nil || len(all) > 0 {
		t.Errorf("a history that is not there has %d lines, error %v", len(all), err)
	}
	one := recorded("the first", map[string]Counts{totals: {Allocs: 1.2, Bytes: 240, Frames: 0.1, Wire: 134, Instr: 2000}})
	two := recorded("the second", map[string]Counts{totals: {Allocs: 1}})
	two.AddBench(&bench.Result{Order: "total", Safe: true, Size: 1024, RawRatio: 0.4, CPU: 0.3, RawCPU: 0.1, RawNoise: 1.1, Load: 5})
	for _, r := range []Record{one, two} {
		if err := r.Append(file); err != nil {
			t.Fatal(err)
		}
	}
	all, err := OpenHistory(file)
	if err != nil || len(all) != 2 {
		t.Fatalf("read %d lines, error %v", len(all), err)
	}
	if all[0].Why != one.Why || all[0].Costs[totals] != one.Costs[totals] || all[0].Bench != nil {
		t.Errorf("read %+v, wrote %+v", all[0], one)
	}
	if b, want := all[1].Bench["total safe 1024"], (Bench{Raw: 0.4, CPU: 3, Noise: 1.1, Load: 5}); b != want {
		t.Errorf("the bench reads %+v, want %+v", b, want)
	}
}

func TestHistoryThatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"{}":               "line 1 of the history lacks",
		"{":                "line 1 of the history",
		`{"datum":"2026"}`: "datum",
	} {
		if _, err := ReadHistory(strings.NewReader(text + "\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want one with %q", text, err, want)
		}
	}
}

// The history of the repository can be read, and has all that is counted.
func TestHistoryOfTheRepository(t *testing.T) {
	all, err := OpenHistory("../../docs/bench/history.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal(errNoHistory)
	}
	last := all[len(all)-1]
	for _, s := range Shapes() {
		if c := last.Costs[s.String()]; c.Allocs == 0 || c.Instr == 0 {
			t.Errorf("the last line has %+v for %v", c, s)
		}
	}
}
