package lab

import (
	"context"
	"encoding/json"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/sim"
)

func chaos(t testing.TB) sim.Faults {
	t.Helper()
	f, err := sim.Profile("chaos")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// However many run at a time, a campaign says the same.
func TestCampaignIsDeterministic(t *testing.T) {
	o := Options{Seeds: 6, First: 100, Faults: chaos(t)}
	if testing.Short() { // as under the race detector, which makes a run ten times slower
		o.Seeds = 3
	}
	var all []Summary
	for _, procs := range []int{1, 2, 4} {
		was := runtime.GOMAXPROCS(procs)
		all = append(all, Campaign(t.Context(), o))
		runtime.GOMAXPROCS(was)
	}
	if all[0].Runs != o.Seeds || all[0].Events == 0 || all[0].GroupViews == 0 {
		t.Errorf("%d runs counted as %+v", o.Seeds, all[0])
	}
	for _, s := range all[1:] {
		if !reflect.DeepEqual(s, all[0]) {
			t.Errorf("two campaigns of the same seeds differ:\n%+v\n%+v", s, all[0])
		}
	}
}

// A campaign is the sum of its runs, told in order of their seeds.
func TestCampaignAddsUp(t *testing.T) {
	o := Options{Seeds: 4, Sites: 3, Groups: 1, Faults: chaos(t), Workers: 3}
	var told []int
	events := 0
	o.Progress = func(s *Summary) {
		told = append(told, s.Runs)
		events = s.Events
	}
	s := Campaign(t.Context(), o)
	if !slices.Equal(told, []int{1, 2, 3, 4}) || events != s.Events {
		t.Errorf("progress told %v runs and %d events, the summary %d", told, events, s.Events)
	}
	var sum sim.Stats
	for seed := range uint64(4) {
		sum.Add(sim.Run(sim.Options{Seed: seed, Sites: 3, Groups: 1, Faults: o.Faults}).Stats)
	}
	if sum != s.Stats {
		t.Errorf("the runs alone: %+v, the campaign: %+v", sum, s.Stats)
	}
}

func TestCampaignEndsEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := Campaign(ctx, Options{Seeds: 1 << 30, Sites: 2, Workers: 2, Progress: func(s *Summary) {
		if s.Runs == 3 {
			cancel()
		}
	}})
	if s.Runs != 3 {
		t.Errorf("%d runs after being cancelled at the third", s.Runs)
	}
}

// The command's machine-readable output has these names.
func TestSummaryNames(t *testing.T) {
	b, err := json.Marshal(Summary{})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(`runs violations events site_views group_views takeovers exclusions partitions
		stalls flush_restarts transfers casts_fifo casts_causal casts_total casts_barrier safe calls crashes pauses breaks`) {
		if _, ok := got[name]; !ok {
			t.Errorf("no %q in %s", name, b)
		}
	}
}

// What goes wrong is counted once for each promise and listed with the command
// that repeats it.
func TestSummaryAddsFailures(t *testing.T) {
	o := Options{Sites: 5, Groups: 2, Faults: chaos(t)}
	var s Summary
	s.add(outcome{failures: []Failure{{7, "panic", "core: lost", o.replay(7)}}})
	if s.Violations != 1 || len(s.Failures) != 1 {
		t.Errorf("a panic is counted as %+v", s)
	}
	want := "go run ./cmd/cohort sim --seeds 1 --first 7 --sites 5 --groups 2 --faults chaos"
	if got := s.Failures[0].Replay; got != want {
		t.Errorf("replay with %q, want %q", got, want)
	}
	for range 2 * maxFailures {
		s.add(outcome{failures: []Failure{{8, "wire", "", ""}}})
	}
	if s.Violations != 1+2*maxFailures || len(s.Failures) != 1+maxFailures {
		t.Errorf("%d violations, %d listed", s.Violations, len(s.Failures))
	}
}
