package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == asWorker {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestSmoke puts each system under each of its loads for a moment.
func TestSmoke(t *testing.T) {
	for _, p := range peers() {
		absent := p.lack()
		for _, l := range loads() {
			if !p.bears(l) {
				continue
			}
			t.Run(p.name+"/"+l.name, func(t *testing.T) {
				if absent != nil {
					t.Skip(absent)
				}
				b := bench.Bench{Worker: []string{asWorker}, Measure: 300 * time.Millisecond}
				s := l.Shape
				s.Order = p.order
				r, err := b.Run(t.Context(), p.name, s)
				if err != nil {
					t.Fatal(err)
				}
				if r.Settled == 0 || r.Net <= 0 {
					t.Errorf("%+v", r)
				}
			})
		}
	}
}

// TestReport compares two systems and reads what is written.
func TestReport(t *testing.T) {
	two, err := choose("^(raw|cohort)$")
	if err != nil {
		t.Fatal(err)
	}
	c := comparison{rounds: 2, measure: 50 * time.Millisecond, peers: two, commit: "67cd3cf", tell: func(string) {}}
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.figure(bench.Cohort, one64, bench.Total).Failed = []string{"one|\nanother"}
	dir := t.TempDir()
	if err := c.write(dir); err != nil {
		t.Fatal(err)
	}
	if text := c.table(); !strings.Contains(text, " at 67cd3cf: 2 rounds of 0.05 s each,") || !strings.Contains(text, "own processes included") {
		t.Errorf("the page does not say how it was measured:\n%s", text)
	}
	for name, want := range map[string]string{
		"README.md": "*failed 1 times: one/; another*", "results.json": `"commit": "67cd3cf"`,
		"throughput.svg": "<svg", "flood.svg": "<svg", "flood.png": "PNG", "latency.svg": "<svg", "throughput.png": "PNG", "latency.png": "PNG",
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s has no %q: %v", name, want, err)
		}
	}
	for _, f := range c.figures {
		if len(f.Net) != 2 || len(f.Ratio) != 2 || f.Checked == 0 {
			t.Errorf("%+v", f)
		}
	}
}

// A system that the machine cannot run is left out, and that is said.
func TestLeftOut(t *testing.T) {
	var told []string
	p := peer{name: "missing", order: bench.Total, loads: []string{latency}, needs: func() error { return errors.New("no such package") }}
	c := comparison{rounds: 1, measure: time.Millisecond, peers: []peer{p}, tell: func(text string) { told = append(told, text) }}
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = "missing is left out: no such package"
	if !slices.Equal(told, []string{want}) || !strings.Contains(c.table(), "\n- "+want+"\n") || len(c.figures) > 0 {
		t.Errorf("told %q, wrote %s", told, c.table())
	}
}

func TestChoose(t *testing.T) {
	for pattern, want := range map[string]int{"": len(peers()), "^raw$": 1, "^cohort": 3, "^cohort, safe$|UDP": 2} {
		if list, err := choose(pattern); err != nil || len(list) != want {
			t.Errorf("%q: %d systems of %d, %v", pattern, len(list), want, err)
		}
	}
	for _, pattern := range []string{"(", "rwa"} {
		if _, err := choose(pattern); err == nil {
			t.Errorf("%q is no mistake", pattern)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want spread
	}{
		{nil, spread{}}, {[]float64{3}, spread{3, 3, 3}}, {[]float64{9, 1, 2}, spread{2, 1, 9}}, {[]float64{4, 1, 2, 9}, spread{3, 1, 9}},
	} {
		if got := spreadOf(c.list); got != c.want {
			t.Errorf("%v: %v, want %v", c.list, got, c.want)
		}
	}
}
