package node

import (
	"testing"
	"time"
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
