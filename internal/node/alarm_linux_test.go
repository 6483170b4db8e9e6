package node

import (
	"os"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/transport"
)

// The kernel's timer calls once for each time it is set, not before that time has
// come, and not after it was stopped.
func TestKernelTimer(t *testing.T) {
	calls := make(chan time.Time, 10)
	timer := newKernelTimer(func() { calls <- time.Now() })
	if timer == nil {
		t.Fatal("there is none")
	}
	for _, d := range []time.Duration{0, time.Microsecond, 20 * time.Millisecond} {
		timer.Reset(time.Hour)
		set := time.Now()
		timer.Reset(d) // in place of the hour
		if took := (<-calls).Sub(set); took < d {
			t.Errorf("set to %v it called after %v", d, took)
		}
	}
	timer.Reset(time.Millisecond)
	timer.Stop()
	before := len(calls) // 1 if that was slow
	timer.Reset(0)
	if len(calls) != before || before > 1 {
		t.Errorf("%d calls when it was stopped, %d after that", before, len(calls))
	}
}

// A node over TCP has the kernel's timer, and gives it back.
func TestNodeOverTCPHasTheKernelsTimer(t *testing.T) {
	noLeaks(t)
	w := &world{t: t}
	defer w.close()
	before := kernelTimers(t)
	p := w.start(func(cfg *Config) { cfg.Transport = transport.TCP{} })
	if n := kernelTimers(t) - before; n != 1 {
		t.Errorf("while it runs there are %d timers of the kernel more, want 1", n)
	}
	p.Close()
	if n := kernelTimers(t) - before; n != 0 {
		t.Errorf("when it has ended there are %d timers of the kernel more", n)
	}
}

// kernelTimers counts those that this process has open.
func kernelTimers(t *testing.T) (n int) {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		// The file that lists them is closed by now.
		if is, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && is == "anon_inode:[timerfd]" {
			n++
		}
	}
	return n
}
