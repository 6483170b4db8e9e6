package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/paper"
)

func TestPaper(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	o := runs(t, "", "bench", "paper", "--seconds", "1", "--json", "--out", dir)
	o.wants(t, exitDone, "figure 2: throughput", "figure 3: one Total call")
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	written, err := os.ReadFile(filepath.Join(dir, "paper.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{lines[len(lines)-1], string(written)} {
		var r paper.Result
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Throughput) != 4 || len(r.Latency) != 36 || r.Breakdown.Casts == 0 || len(r.Table) == 0 || r.Isis.RemoteTotal != 70 {
			t.Errorf("%+v", r)
		}
	}
}
