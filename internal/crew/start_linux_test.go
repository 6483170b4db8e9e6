package crew

import (
	"errors"
	"fmt"
	"os"
	"testing"
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
		p, err := c.StartApart("child", asChild)
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
