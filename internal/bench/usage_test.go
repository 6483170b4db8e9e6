package bench

import (
	"os"
	"testing"
)

// What a helper uses counts: this process, as its own helper, counts twice.
func TestHelperCounts(t *testing.T) {
	if processorTimeOf(os.Getpid()) == 0 && PeakMemory() == 0 {
		t.Skip("the system does not tell what other processes use")
	}
	const enough = 0.2 // seconds, to be well above the clock's ticks
	for ProcessorTime() < enough {
	}
	var alone, helped Mark
	alone.use(0)
	helped.use(os.Getpid())
	if ratio := helped.CPU / alone.CPU; ratio < 1.7 || ratio > 2.3 {
		t.Errorf("%v s alone, %v s with a helper that used the same", alone.CPU, helped.CPU)
	}
	if own, other := PeakMemory(), peakMemoryOf(os.Getpid()); other <= 0 || other < own {
		t.Errorf("peaks %v and %v", own, other)
	}
	if processorTimeOf(-1) != 0 || peakMemoryOf(-1) != 0 {
		t.Error("what is not there has used something")
	}
}
