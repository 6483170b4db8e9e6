package main

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Members that are pinned to one processor have a Go runtime for one.
func TestCastBenchPin(t *testing.T) {
	var ours unix.CPUSet
	if err := unix.SchedGetaffinity(0, &ours); err != nil {
		t.Fatal(err)
	}
	on := 0
	for !ours.IsSet(on) {
		on++
	}
	o := runs(t, "", "bench", "--latency", "--seconds", "0.3", "--json", "--pin", fmt.Sprint(on))
	o.wants(t, exitDone, "measuring 3 members of Cohort")
	for _, want := range []string{fmt.Sprintf(`"pin":[%d]`, on), `"gomaxprocs":1`} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("no %s in %s", want, o.stdout)
		}
	}
	runs(t, "", "bench", "--seconds", "0.2", "--pin", fmt.Sprint(on)).wants(t, exitDone, "each member stayed on one processor")
	runs(t, "", "bench", "--pin", "1023").wants(t, exitFailed, "this process may use the processors [")
}
