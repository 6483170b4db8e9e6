package metamorph

import (
	"testing"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/sim"
)

// plain is the run that all others are compared with.
func plain(t *testing.T) *History {
	t.Helper()
	v := &Variant{Name: "plain"}
	return played(t, Simulate(v.machines(), sim.Options{Seed: 1}), v)
}

func played(t *testing.T, w World, v *Variant) *History {
	t.Helper()
	h, err := Play(w, v)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// What must not matter does not: in the simulator.
func TestVariations(t *testing.T) {
	want := plain(t)
	for _, x := range []struct {
		Variant
		o sim.Options
	}{
		{Variant{Name: "another order of arrival"}, sim.Options{Seed: 2}},
		{Variant{Name: "and another"}, sim.Options{Seed: 3}},
		{Variant{Name: "slow links"}, sim.Options{Seed: 4, Faults: sim.Faults{Slow: true}}},
		{Variant{Name: "casts handed over together", Batch: 50}, sim.Options{Seed: 5}},
		{Variant{Name: "a window of a few casts", Window: 300}, sim.Options{Seed: 6}},
		{Variant{Name: "a window of a few batches", Window: 1000, Batch: 4}, sim.Options{Seed: 7}},
		{Variant{Name: "large casts, in parts", Pad: 600 << 10}, sim.Options{Seed: 8}},
		{Variant{Name: "casts that just fill a frame", Pad: 256<<10 - 12, Batch: 3}, sim.Options{Seed: 9}},
		{Variant{Name: "processes that share sites", Place: []int{0, 0, 1, 1, 2, 3}}, sim.Options{Seed: 10}},
		{Variant{Name: "one site for all that live", Place: []int{0, 0, 0, 0, 1, 2}}, sim.Options{Seed: 11}},
		{Variant{Name: "idle sites", Idle: 9}, sim.Options{Seed: 12}},
		{Variant{Name: "no trace"}, sim.Options{Seed: 1, Tune: func(c *core.Config) { c.Tracing = false }}},
		{Variant{Name: "acknowledgements at once"}, sim.Options{Seed: 13, Tune: func(c *core.Config) { c.Lazy = 0 }}},
		{Variant{Name: "late acknowledgements"}, sim.Options{Seed: 14, Tune: func(c *core.Config) { c.Lazy = 300 * effect.Millisecond }}},
		{Variant{Name: "no leases"}, sim.Options{Seed: 15, Tune: func(c *core.Config) { c.Lease.Grant = 0 }}},
	} {
		t.Run(x.Name, func(t *testing.T) {
			w := Simulate(x.machines(), x.o)
			if d := want.Differs(played(t, w, &x.Variant)); d != "" {
				t.Errorf("differs from the plain run:\n%s", d)
			}
			for _, v := range check.Run(w.Driven().Records(), check.Options{GlobalClock: true, Limit: 1}).Violations {
				t.Error(v)
			}
		})
	}
}
