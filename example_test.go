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
	defer func() { _ = first.Close() }()
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
	defer func() { _ = second.Close() }()
	if g, err = serve(second); err != nil { // it joins late, with the state
		log.Fatal(err)
	}
	replies, err = g.Call(ctx, cohort.Total, add, cohort.Message{"n": 1}, 1)
	fmt.Println(len(replies), replies[0].Int("now"), err)
	// Output:
	// 1 41 <nil>
	// 1 42 <nil>
}

// A typed handler and a typed call: no field names.
func ExampleHandle() {
	type span struct{ From, To int }
	const sum = cohort.Entry(1)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	node, err := cohort.Start(ctx, cohort.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = node.Close() }()
	g, err := node.Join(ctx, "sums", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
		sum: cohort.Handle(func(_ *cohort.Request, s span) (int, error) {
			n := 0
			for i := s.From; i <= s.To; i++ {
				n += i
			}
			return n, nil
		}),
	}})
	if err != nil {
		log.Fatal(err)
	}
	answers, err := cohort.Call[int](ctx, g, cohort.Causal, sum, span{1, 100}, 1)
	fmt.Println(answers[node.Address()], err)
	// Output: 5050 <nil>
}

// A process outside the group asks it through a client. Members that decline
// are not waited for.
func ExampleNode_Client() {
	const who = cohort.Entry(1)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var nodes []*cohort.Node
	for range 3 {
		cfg := cohort.Config{}
		if len(nodes) > 0 {
			cfg.Seeds = []string{nodes[0].Addr()}
		}
		n, err := cohort.Start(ctx, cfg)
		if err != nil {
			log.Fatal(err)
		}
		defer func() { _ = n.Close() }()
		nodes = append(nodes, n)
	}
	for _, n := range nodes[:2] {
		if _, err := n.Join(ctx, "elders", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
			who: func(r *cohort.Request) {
				if r.Rank() == 0 {
					_ = r.Reply(cohort.Message{"answer": "the oldest"})
				}
			},
		}}); err != nil {
			log.Fatal(err)
		}
	}
	view, err := nodes[2].Lookup(ctx, "elders")
	if err != nil {
		log.Fatal(err)
	}
	replies, err := nodes[2].Client(view.Group).Call(ctx, cohort.Causal, who, cohort.Message{}, cohort.All)
	fmt.Println(len(replies), replies[0].Text("answer"), err)
	// Output: 1 the oldest <nil>
}

// A node says what waits there and why: here, a handler that blocks.
func ExampleNode_Why() {
	const work = cohort.Entry(1)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	node, err := cohort.Start(ctx, cohort.Config{Name: "red"})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = node.Close() }()
	begun, goOn := make(chan struct{}), make(chan struct{})
	g, err := node.Join(ctx, "jobs", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
		work: func(*cohort.Request) { close(begun); <-goOn },
	}})
	if err != nil {
		log.Fatal(err)
	}
	if err := g.Cast(ctx, cohort.Total, work, cohort.Message{}); err != nil {
		log.Fatal(err)
	}
	<-begun
	for _, m := range node.Why() {
		if f := m.Read(); f.Text("what") == "handling" {
			fmt.Println(f.Text("group"), f.Text("advice"))
		}
	}
	close(goOn)
	// Output: jobs look for a handler that blocks; one that has to wait should call Defer and return
}

// A message describes itself: named fields with types, and messages in messages.
func ExampleMessage() {
	m := cohort.Message{
		"name": "emulsion",
		"step": 4,
		"next": cohort.Message{"site": "oven"},
	}
	f := m.Read()
	fmt.Println(f.Names(), f.Text("name"), f.Int("step"), f.Nested("next")["site"])
	f.Int("name")
	fmt.Println(f.Err())
	// Output:
	// [name next step] emulsion 4 oven
	// cohort: field "name": want integer, have string
}

// Many small casts at once, and a handler that is called once for those that come
// together.
func ExampleRequest_Next() {
	const tick, report = cohort.Entry(1), cohort.Entry(2)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	node, err := cohort.Start(ctx, cohort.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = node.Close() }()
	var casts, bytes int64
	g, err := node.Join(ctx, "ticks", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
		tick: func(r *cohort.Request) {
			for ok := true; ok; ok = r.Next() {
				casts, bytes = casts+1, bytes+int64(len(r.Borrow()))
			}
		},
		report: func(r *cohort.Request) { _ = r.Reply(cohort.Message{"casts": casts, "bytes": bytes}) },
	}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := g.CastEach(ctx, cohort.FIFO, tick, [][]byte{[]byte("BA 181¼"), []byte("GE 98"), []byte("T 142½")}); err != nil {
		log.Fatal(err)
	}
	replies, err := g.Call(ctx, cohort.FIFO, report, cohort.Message{}, cohort.All)
	fmt.Println(replies[0].Int("casts"), replies[0].Int("bytes"), err)
	// Output: 3 20 <nil>
}
