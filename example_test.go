package cohort_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/cohortkit/cohort"
)

// Counter is a replicated counter: state, views, updates, queries, late
// joiners and failures in one page.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	const add, get = cohort.Entry(1), cohort.Entry(2)

	serve := func(n *cohort.Node) (*cohort.Group, error) {
		var c struct{ N int64 } // the replicated state
		return n.Join(ctx, "counter", cohort.GroupConfig{
			State: cohort.JSON(&c),
			Handlers: map[cohort.Entry]cohort.Handler{
				add: func(r *cohort.Request) { c.N += r.Int("n"); _ = r.Reply(cohort.Message{"now": c.N}) },
				get: func(r *cohort.Request) { _ = r.Reply(cohort.Message{"now": c.N}) },
			},
		})
	}

	first, err := cohort.Start(ctx, cohort.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer first.Close()
	g, err := serve(first)
	if err != nil {
		log.Fatal(err)
	}
	replies, err := g.Call(ctx, cohort.Total, add, cohort.Message{"n": 41}, cohort.All)
	fmt.Println(len(replies), replies[0].Int("now"), err)

	second, err := cohort.Start(ctx, cohort.Config{Seeds: []string{first.Addr()}})
	if err != nil {
		log.Fatal(err)
	}
	defer second.Close()
	if g, err = serve(second); err != nil { // it joins late, with the state
		log.Fatal(err)
	}
	replies, err = g.Call(ctx, cohort.Total, add, cohort.Message{"n": 1}, 1)
	fmt.Println(len(replies), replies[0].Int("now"), err)
	// Output:
	// 1 41 <nil>
	// 1 42 <nil>
}
