package sim

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/check"
)

func TestSmoke(t *testing.T) {
	n, first := uint64(5), uint64(0)
	if s := os.Getenv("SEEDS"); s != "" {
		v, _ := strconv.Atoi(s)
		n = uint64(v)
	}
	if s := os.Getenv("FIRST"); s != "" {
		v, _ := strconv.Atoi(s)
		first = uint64(v)
	}
	for _, f := range profiles {
		if p := os.Getenv("FAULTS"); p != "" && p != f.Name {
			continue
		}
		for seed := first; seed < first+n; seed++ {
			t0 := time.Now()
			r := Run(Options{Seed: seed, Faults: f, Keep: true})
			t1 := time.Now()
			rep := check.Run(r.Records, check.Options{GlobalClock: true, Limit: 3})
			t2 := time.Now()
			t.Logf("%s %d: lost=%v %d events, %d records, run %v judge %v %+v", f.Name, seed, r.Lost, r.Events, len(r.Records), t1.Sub(t0), t2.Sub(t1), r.Stats)
			if r.Failure != "" {
				t.Errorf("%s seed %d: %s", f.Name, seed, r.Failure)
			}
			for _, v := range rep.Violations {
				t.Errorf("%s seed %d: %v", f.Name, seed, v)
				for _, e := range v.Events {
					t.Logf("     %d %+v %T%+v", e, r.Records[e].Time, r.Records[e].Fact, r.Records[e].Fact)
				}
			}
		}
	}
}
