package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// children are the processes that one has started.
func children(t *testing.T, parent int) (list []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		pid, rest, _ := strings.Cut(string(text), " ")
		fields := strings.Fields(rest[strings.LastIndex(rest, ")")+1:]) // a name may have spaces
		if fields[1] != fmt.Sprint(parent) {
			continue
		}
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

func TestAnInterruptedBenchOfEventsLeavesNobody(t *testing.T) {
	tortures(t)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGKILL} {
		b := begins(t, "bench", "events", "--only", "stop", "--rounds", "1000")
		b.says("a member of one group is stopped")
		parent := b.cmd.Process.Pid
		var pids []int
		tick := time.NewTicker(10 * time.Millisecond)
		for end := time.Now().Add(30 * time.Second); len(pids) < 3 && time.Now().Before(end); <-tick.C {
			pids = children(t, parent)
		}
		tick.Stop()
		if len(pids) < 3 {
			t.Fatalf("it has started %v", pids)
		}
		if err := b.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if signal != syscall.SIGKILL {
			b.says("interrupted")
			if code := b.ends(); code != exitFailed {
				t.Errorf("%v: exit code %d", signal, code)
			}
		}
		for _, pid := range pids {
			vanishes(t, pid)
		}
	}
}
