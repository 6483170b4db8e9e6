package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestBenchEvents(t *testing.T) {
	o := runs(t, "", "bench", "events", "--only", "kill,join", "--rounds", "2", "--json")
	o.wants(t, exitDone, "a member of one group is killed", "Node.Join of a group that nobody is in", "2 rounds: min")
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	var r struct {
		Rows []struct {
			Name    string
			Rounds  int
			Value   float64
			Goal    *float64
			Reached *bool
		}
		Seconds    float64
		Processors int
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		t.Fatal(err)
	}
	if r.Seconds <= 0 || r.Processors < 1 || len(r.Rows) != 4 {
		t.Fatalf("%+v", r)
	}
	for i, want := range []struct {
		name string
		goal float64
	}{{"kill_oldest_ms", 10}, {"kill_youngest_ms", 10}, {"start_ms", 0}, {"join_empty_ms", 5}} {
		row := r.Rows[i]
		if row.Name != want.name || row.Rounds != 2 || row.Value <= 0 || (row.Goal != nil) != (want.goal > 0) || (row.Reached != nil) != (row.Goal != nil) {
			t.Errorf("row %d is %+v, want %+v", i, row, want)
		}
		if row.Goal != nil && *row.Goal != want.goal {
			t.Errorf("the goal of %s is %v", row.Name, *row.Goal)
		}
	}
}

func TestBenchEventsTellsAPerson(t *testing.T) {
	o := runs(t, "", "bench", "events", "--only", "join", "--rounds", "1")
	o.wants(t, exitDone, "cohort.Start of a node", "goal at most 5: ", "of 1 goals reached in", "the load of this machine was")
	if o.stderr != "" {
		t.Error(o.stderr)
	}
}

// The help names every row.
func TestBenchEventsHelp(t *testing.T) {
	o := runs(t, "", "bench", "events", "--help")
	o.wants(t, exitDone, "kill-many", "join_load_ms", "transfer_raw_ratio", "idle_cpu_percent", "read_frames", "at_least")
}
