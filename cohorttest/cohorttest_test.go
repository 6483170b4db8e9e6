package cohorttest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/cohorttest"
)

const add = cohort.Entry(1)

// counter is a replicated sum.
type counter struct {
	node  *cohort.Node
	group *cohort.Group
	state struct{ N, Adds int64 }
}

func start(ctx context.Context, s *cohorttest.Site) (*counter, error) {
	node, err := cohort.Start(ctx, s.Config())
	if err != nil {
		return nil, err
	}
	c := &counter{node: node}
	c.group, err = node.Join(ctx, "counter", cohort.GroupConfig{
		State: cohort.JSON(&c.state),
		Handlers: map[cohort.Entry]cohort.Handler{add: func(r *cohort.Request) {
			c.state.N += r.Int("n")
			c.state.Adds++
			_ = r.Reply(cohort.Message{"now": c.state.N})
		}},
	})
	return c, err
}

func act(ctx context.Context, s *cohorttest.Site, c *counter) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	n := s.Rand().Int64N(100)
	replies, err := c.group.Call(ctx, cohort.Total, add, cohort.Message{"n": n}, 1)
	if err != nil {
		s.Logf("add %d: %v", n, err)
		return
	}
	s.Logf("add %d: %d", n, replies[0].Int("now"))
}

func equal(all []*counter) error {
	for _, c := range all {
		if c.state != all[0].state {
			return fmt.Errorf("%v holds %+v, %v %+v", all[0].node.Address(), all[0].state, c.node.Address(), c.state)
		}
	}
	return nil
}

func counters() cohorttest.Program[*counter] {
	return cohorttest.Program[*counter]{Start: start, Act: act, Check: equal}
}

func TestCountersAgree(t *testing.T) {
	cohorttest.Run(t, cohorttest.Options{Seeds: seeds(100), Faults: cohorttest.All}, counters)
}

// seeds is how many worlds to run, fewer in short tests.
func seeds(n int) int {
	if testing.Short() {
		return n / 5
	}
	return n
}
