package crew

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A process apart has a network namespace that nobody else is in.
func TestAProcessApart(t *testing.T) {
	c, err := New[said](t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ours, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{ours: true}
	for range 2 {
		p, err := c.StartAt(Place{Apart: true}, "child", asChild)
		if errors.Is(err, os.ErrPermission) {
			t.Skip("a network namespace: ", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		its, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", p.Pid()))
		if err != nil || known[its] {
			t.Errorf("it is in %s, %v; others are in %v", its, err, known)
		}
		known[its] = true
	}
}

// A process on one processor stays there, and its parent stays where it was.
func TestAProcessOnOneProcessor(t *testing.T) {
	c, err := New[said](t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	allowed := func(pid int) (set unix.CPUSet) {
		t.Helper()
		if err := unix.SchedGetaffinity(pid, &set); err != nil {
			t.Fatal(err)
		}
		return set
	}
	ours, on := allowed(0), 0
	for !ours.IsSet(on) {
		on++
	}
	for range 2 { // the second is started by the same thread
		p, err := c.StartAt(Place{Processors: []int{on}}, "child", asChild)
		if err != nil {
			t.Fatal(err)
		}
		if its := allowed(p.Pid()); its.Count() != 1 || !its.IsSet(on) {
			t.Errorf("it may run on %d processors, on that which was asked for: %v", its.Count(), its.IsSet(on))
		}
	}
	free, err := c.Start("child", asChild)
	if err != nil {
		t.Fatal(err)
	}
	if its := allowed(free.Pid()); its != ours {
		t.Error("the next process that is started anywhere may not run everywhere")
	}
	if _, err := c.StartAt(Place{Processors: []int{on, 1023}}, "child", asChild); err == nil {
		t.Error("a process runs on a processor that there is not")
	}
}
