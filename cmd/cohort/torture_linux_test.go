package main

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tortures skips what takes long when that is not wanted.
func tortures(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes and takes seconds")
	}
}

// TestTortureNoticesAForgetfulMember has a member that leaves out one update.
func TestTortureNoticesAForgetfulMember(t *testing.T) {
	tortures(t)
	o := runs(t, "", "torture", "--local", "--seconds", "5", "--sites", "3", "--faults", "cut,loss", "--seed", "7",
		"--forget", "20", "--json", "--keep", t.TempDir())
	o.wants(t, exitFailed, "LOST update", "by m2", "the states of the members differ", "kept: cohort check")
	var r map[string]any
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil || strings.Count(o.stdout, "\n") != 1 {
		t.Fatalf("%v:\n%s", err, o.stdout)
	}
	for _, name := range []string{"ops", "violations", "lost", "max_outage_ms", "acknowledged", "facts", "checks", "rounds"} {
		if n, ok := r[name].(float64); !ok || n < 1 {
			t.Errorf("%s is %v", name, r[name])
		}
	}
	if n, ok := r["apart"].(float64); !ok || n > 1 {
		t.Errorf("apart is %v", r["apart"])
	}
	faults, _ := r["faults"].(map[string]any)
	if _, ok := faults["cut"]; !ok || len(faults) != 2 || r["duplicated"] != 0.0 || r["seed"] != 7.0 || r["sites"] != 3.0 {
		t.Errorf("%s", o.stdout)
	}
}

var child = regexp.MustCompile(`\(process (\d+)\)`)

// torments starts a run and returns one of its processes.
func torments(t *testing.T) (b *background, pid int) {
	t.Helper()
	tortures(t)
	b = begins(t, "torture", "--local", "--sites", "3", "--faults", "cut", "--verbose", "--keep", t.TempDir())
	pid, err := strconv.Atoi(child.FindStringSubmatch(b.says("m2 is in"))[1])
	if err != nil {
		t.Fatal(err)
	}
	return b, pid
}

// vanishes waits until there is no such process.
func vanishes(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-tick.C {
		if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
			return
		}
	}
	t.Errorf("process %d is still there", pid)
}

func TestAnInterruptedTortureLeavesNobody(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		b, pid := torments(t)
		if err := b.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		b.says(`{"ops":`)
		b.says("interrupted")
		if code := b.ends(); code != exitFailed {
			t.Errorf("exit code %d", code)
		}
		vanishes(t, pid)
	}
}

// TestAKilledTortureLeavesNobody: not even a process that is stopped then.
func TestAKilledTortureLeavesNobody(t *testing.T) {
	b, pid := torments(t)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	vanishes(t, pid)
}
