package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCastBench(t *testing.T) {
	o := runs(t, "", "bench", "--seconds", "1", "--size", "1024", "--safe", "--json")
	o.wants(t, exitDone, "measuring plain TCP", "measuring 3 members of Cohort")
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	var r map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"order": "total", "safe": true, "members": 3.0, "senders": "all", "size": 1024.0, "groups": 1.0, "window": 0.0, "batch": 1.0,
	} {
		if r[name] != want {
			t.Errorf("%s is %v, want %v", name, r[name], want)
		}
	}
	for _, name := range []string{"msgs_per_s", "mb_per_s", "p50_us", "p99_us", "last_p50_us", "last_p99_us", "raw_ratio", "raw_noise"} {
		if x, ok := r[name].(float64); !ok || x <= 0 {
			t.Errorf("%s is %v", name, r[name])
		}
	}
	for _, name := range []string{"cpu_s_per_million", "allocs_per_msg", "rss_mb", "load"} { // not told by every system
		if _, ok := r[name].(float64); !ok {
			t.Errorf("%s is %v", name, r[name])
		}
	}
}

// What takes more memory than any machine has is refused before anything starts.
func TestCastBenchIsBounded(t *testing.T) {
	for _, args := range [][]string{
		{"--batch", "4096", "--size", "16777216"},
		{"--groups", "1000", "--size", "2097152"},
		{"--window", "65536", "--size", "16777216"},
	} {
		o := runs(t, "", append([]string{"bench"}, args...)...)
		o.wants(t, exitUsage, "1024 are the most", "see cohort bench --help")
	}
}

func TestCastBenchLatency(t *testing.T) {
	dir := t.TempDir()
	runs(t, "", "bench", "--latency", "--seconds", "0.5", "--members", "2", "--profile", dir).
		wants(t, exitDone, "total, 2 members, one casting, 64 bytes", "round trip to all others")
	for _, name := range []string{"cohort-0.pprof", "cohort-1.pprof"} {
		if s, err := os.Stat(filepath.Join(dir, name)); err != nil || s.Size() == 0 {
			t.Errorf("the profile %s: %v", name, err)
		}
	}
}
