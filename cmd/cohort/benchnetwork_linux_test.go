package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/bench/events"
	"github.com/cohortkit/cohort/internal/netem"
)

// networks skips what takes long, or needs a network that is not to be had.
func networks(t *testing.T) {
	t.Helper()
	tortures(t)
	if err := netem.Check(); errors.Is(err, netem.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
}

func TestBenchOverANetwork(t *testing.T) {
	networks(t)
	o := runs(t, "", "bench", "--network", "0.5ms,0.1%,1gbit", "--congestion", "reno", "--latency", "--elsewhere", "--seconds", "0.3", "--json")
	o.wants(t, exitDone)
	var r bench.Result
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Network != "500µs,0.1%,1gbit" || r.Passage.Congestion != "reno" || r.P50 < 1000 || r.RawP50[0] < 1000 {
		t.Errorf("%s", o.stdout)
	}
	runs(t, "", "bench", "--network", "0.5ms", "--latency", "--seconds", "0.2").
		wants(t, exitDone, "over a network of 500µs,0%; TCP with ", "MB/s sent by Cohort: 0.000% lost")
}

// What happens to groups takes round trips, and there are no goals for that.
func TestBenchEventsOverANetwork(t *testing.T) {
	networks(t)
	o := runs(t, "", "bench", "events", "--network", "2ms,0%,1gbit", "--congestion", "reno", "--only", "kill,stop-apart,join", "--rounds", "2", "--json")
	o.wants(t, exitDone)
	var r events.Result
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if r.Network != "2ms,0%,1gbit" || r.Congestion != "reno" || len(r.Rows) != 6 {
		t.Errorf("%s", o.stdout)
	}
	for _, row := range r.Rows {
		if row.Rounds != 2 || row.Min < 4 || row.Goal != nil || row.Reached != nil {
			t.Errorf("%+v", row)
		}
	}
}

// Who may make no network is told what is missing, and nothing is measured.
func TestBenchOverANetworkNeedsRoot(t *testing.T) {
	cmd := program(t, "bench", "--network", "1ms")
	// A user that this namespace of users does not know has no power at all.
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
	said, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Skip("no namespace of users: ", err)
	}
	text := string(said)
	if cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(text, "this needs root") || strings.Contains(text, "measuring") {
		t.Errorf("%v: %s", err, text)
	}
}

func TestAKilledBenchOverANetworkLeavesNobody(t *testing.T) {
	networks(t)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGKILL} {
		b := begins(t, "bench", "--network", "1ms,0.1%,1gbit", "--seconds", "600")
		b.says("measuring plain TCP")
		var pids []int
		tick := time.NewTicker(10 * time.Millisecond)
		for end := time.Now().Add(30 * time.Second); len(pids) < 3 && time.Now().Before(end); <-tick.C {
			pids = children(t, b.cmd.Process.Pid)
		}
		tick.Stop()
		if len(pids) < 3 {
			t.Fatalf("it has started %v", pids)
		}
		if err := b.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if code := b.ends(); signal == os.Interrupt && code != exitFailed {
			t.Errorf("exit code %d", code)
		}
		for _, pid := range pids { // and with them their namespaces, which have no other users
			vanishes(t, pid)
		}
	}
}
