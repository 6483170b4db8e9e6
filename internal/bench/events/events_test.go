package events

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/crew"
)

// The first argument makes a run of the test program a worker, or one that fails.
const (
	asWorker  = "as-a-worker"
	asQuitter = "as-a-quitter"
)

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == asWorker:
		if err := Work(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
	case len(os.Args) > 1 && os.Args[1] == asQuitter:
		fmt.Fprintln(os.Stderr, "no time for this")
		os.Exit(1)
	default:
		os.Exit(m.Run())
	}
}

// newBench is one of small things.
func newBench(t *testing.T, only ...string) *Bench {
	return &Bench{
		Worker: []string{asWorker}, Only: only, Rounds: 2,
		Scale: Scale{Groups: 7, State: 3_000_001, Span: 100 * time.Millisecond, Pause: 20 * time.Millisecond},
		Tell:  func(what string) { t.Log(what) }, Row: func(r Row) { t.Log(r) },
	}
}

// Each measurement measures what it says, however long that takes here.
func TestMeasurements(t *testing.T) {
	delays := func(name string) []string {
		return []string{name + "_cast_p99_before_ms", name + "_cast_max_ms", name + "_cast_delay_ms"}
	}
	transfer := func(name string) []string {
		return []string{
			name + "_ms", name + "_mb_per_s", name + "_raw_mb_per_s", name + "_raw_ratio", name + "_donor_peak_mb", name + "_joiner_peak_mb",
		}
	}
	want := map[string][]string{
		"kill": {"kill_oldest_ms", "kill_youngest_ms"}, "kill-many": {"kill_many_oldest_ms", "kill_many_youngest_ms"},
		"stop": {"stop_oldest_ms", "stop_youngest_ms"}, "stop-many": {"stop_many_oldest_ms", "stop_many_youngest_ms"},
		"stop-apart": {"stop_apart_oldest_ms", "stop_apart_youngest_ms"},
		"pause":      {"pause_excluded"}, "join": {"start_ms", "join_empty_ms"}, "join-load": append([]string{"join_load_ms"}, delays("join_load")...),
		"transfer": transfer("transfer"), "transfer-load": append(transfer("transfer_load"), delays("transfer_load")...),
		"idle": {
			"idle_none_frames_per_s", "idle_none_bytes_per_s", "idle_none_cpu_percent", "idle_none_rss_mb",
			"idle_frames_per_s", "idle_bytes_per_s", "idle_cpu_percent", "idle_rss_mb",
		},
		"read": {"read_per_s", "read_all_per_s", "read_frames"},
	}
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && strings.HasPrefix(name, "stop") {
				t.Skip("only time can tell that a process is stopped: it takes seconds")
			}
			if stops := strings.HasPrefix(name, "stop") || name == "pause"; stops && runtime.GOOS != "linux" {
				t.Skip("processes can be stopped on Linux only")
			}
			res, err := newBench(t, name).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, r := range res.Rows {
				names = append(names, r.Name)
				if r.What == "" || r.Rounds != 2 || r.Min > r.Max || r.P90 > r.Max || r.P90 < r.Min {
					t.Errorf("%+v", r)
				}
				// No cast need end in times as short as these.
				if strings.HasSuffix(r.Name, "_ms") && !strings.Contains(r.Name, "_cast_") && r.Min <= 0 {
					t.Errorf("%+v took no time", r)
				}
			}
			if !slices.Equal(names, want[name]) {
				t.Errorf("rows are %v, want %v", names, want[name])
			}
		})
	}
}

// Whoever fails, or has to go, is told of and takes the others along.
func TestFailuresOfTheBench(t *testing.T) {
	for _, name := range []string{"kill", "stop"} { // one system, and several
		b := newBench(t, name)
		b.Worker = []string{asQuitter}
		if _, err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), name+": m0") {
			t.Errorf("%s: %v", name, err)
		}
		interrupted, interrupt := context.WithCancel(t.Context())
		interrupt()
		if _, err := newBench(t, name).Run(interrupted); !errors.Is(err, crew.ErrInterrupted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := newBench(t, "nap").Run(t.Context()); err == nil || !strings.Contains(err.Error(), `"nap" is no measurement`) {
		t.Error(err)
	}
}

// A fault that a worker tells ends the measurement with its words.
func TestFaultsAreTold(t *testing.T) {
	b := newBench(t)
	err := b.within(t.Context(), func(s *system) error {
		if err := s.form(1, order{}); err != nil {
			return err
		}
		_, err := s.ask(order{Do: doFetch, Addr: "127.0.0.1:1"}, s.members[1])
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "m1: fetch: ") {
		t.Error(err)
	}
}

func TestRounds(t *testing.T) {
	count := func(r *rounds) (n int) {
		for r.next() {
			n++
		}
		return n
	}
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, c := range []struct {
		most int
		end  time.Time
		want int
	}{{7, time.Time{}, 7}, {7, future, 7}, {7, past, 2}, {1, past, 1}} {
		if n := count(&rounds{most: c.most, end: c.end}); n != c.want {
			t.Errorf("%d rounds until %v: %d", c.most, c.end, n)
		}
	}
}
