package cohorttest_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/cohorttest"
)

// A counter is run in twenty worlds; whoever holds another sum than the others
// fails the test. TestCountersAgree runs this very program.
func ExampleRun() {
	type counter struct {
		group *cohort.Group
		sum   struct{ N int64 }
	}
	const add = cohort.Entry(1)

	setup := func() cohorttest.Program[*counter] {
		return cohorttest.Program[*counter]{
			Start: func(ctx context.Context, s *cohorttest.Site) (*counter, error) {
				node, err := cohort.Start(ctx, s.Config())
				if err != nil {
					return nil, err
				}
				c := &counter{}
				c.group, err = node.Join(ctx, "counter", cohort.GroupConfig{
					State: cohort.JSON(&c.sum),
					Handlers: map[cohort.Entry]cohort.Handler{
						add: func(r *cohort.Request) { c.sum.N += r.Int("n"); _ = r.Reply(cohort.Message{"now": c.sum.N}) },
					},
				})
				return c, err
			},
			Act: func(ctx context.Context, s *cohorttest.Site, c *counter) {
				ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
				defer cancel()
				n := s.Rand().Int64N(100)
				_, err := c.group.Call(ctx, cohort.Total, add, cohort.Message{"n": n}, 1)
				s.Logf("add %d: %v", n, err)
			},
			Check: func(all []*counter) error {
				for i, c := range all {
					if c.sum != all[0].sum {
						return fmt.Errorf("n1 holds %d, n%d %d", all[0].sum.N, i+1, c.sum.N)
					}
				}
				return nil
			},
		}
	}
	test := func(t *testing.T) { // TestCounters, in a file of tests
		cohorttest.Run(t, cohorttest.Options{Faults: cohorttest.All}, setup)
	}
	_ = test
}

// A test can demand that a fault is found, and keep the trace.
func ExampleFind() {
	test := func(t *testing.T) { // TestNaiveIsFound, in a file of tests
		f := cohorttest.Find(t, cohorttest.Options{Faults: cohorttest.Crashes}, counters)
		if f == nil {
			t.Fatal("nothing was found")
		}
		file, err := os.Create("run.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.WriteTrace(file); err != nil {
			t.Fatal(err)
		}
	}
	_ = test
}

func ExampleFaults() {
	fmt.Println(cohorttest.Crashes | cohorttest.Partitions)
	// Output: crashes+partitions
}
