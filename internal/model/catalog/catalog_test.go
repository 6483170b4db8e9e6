package catalog

import (
	"testing"

	"github.com/cohortkit/cohort/internal/model"
)

// limit is more states than any small case has.
const limit = 4_000_000

// TestDesigns demands that every model holds within its small bounds, and that
// these include the hard cases.
func TestDesigns(t *testing.T) {
	each(t, func(c model.Case) bool { return c.Broken == "" }, func(t *testing.T, r model.Result) {
		if r.Failure != nil {
			t.Fatalf("after %d states: %v", r.States, r.Failure)
		}
		if !r.Whole {
			t.Fatalf("not all states were visited, only %d", r.States)
		}
		for _, name := range r.Missed {
			t.Errorf("never seen: %s", name)
		}
	})
}

// TestBrokenRules demands that every rule that can be left out is needed: the
// checker has to find out.
func TestBrokenRules(t *testing.T) {
	each(t, func(c model.Case) bool { return c.Broken != "" }, func(t *testing.T, r model.Result) {
		if r.Failure == nil {
			t.Fatalf("nothing is wrong in %d states", r.States)
		}
		t.Logf("after %d states: %v", r.States, r.Failure)
	})
}

func each(t *testing.T, which func(model.Case) bool, judge func(*testing.T, model.Result)) {
	t.Helper()
	for _, c := range Cases() {
		if c.Large || !which(c) {
			continue
		}
		name := c.Model + "/" + c.Bounds
		if c.Broken != "" {
			name = c.Model + "/" + c.Broken
		}
		t.Run(name, func(t *testing.T) { judge(t, c.Run(limit)) })
	}
}
