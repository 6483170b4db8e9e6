package sim

import "testing"

func TestSmoke(t *testing.T) {
	for _, f := range profiles {
		for seed := range uint64(5) {
			r := Run(Options{Seed: seed, Faults: f, Keep: true})
			t.Logf("%s %d: %d events, %d records, %+v", f.Name, seed, r.Events, len(r.Records), r.Stats)
			if r.Failure != "" {
				t.Errorf("%s seed %d: %s", f.Name, seed, r.Failure)
			}
		}
	}
}
