// Command bench compares Cohort with plain TCP and with other systems that move
// messages between processes, under the same loads, with every message checked.
//
//	go run . [-rounds 5] [-seconds 2] [-docs ../docs/bench]
//	go run . -only 'raw|cohort' [-rounds 5] [-seconds 2] [-docs directory]
//	go run . -paper paper.json [-docs ../docs/bench]
//	go run . -history ../docs/bench/history.jsonl
//
// In each round each load is put on one system after the other, each time with
// new processes. It writes a table, all figures as JSON, and plots; of some systems
// only, where -docs says. The last two forms measure nothing: they draw what "cohort
// bench paper --out" has written, and the history of Cohort's own costs
// (internal/cost), beside the file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/cohortkit/cohort/internal/bench"
)

// asWorker is the argument that makes this program a member's process.
const asWorker = "worker"

func main() {
	if len(os.Args) == 2 && os.Args[1] == asWorker {
		if err := bench.Work(systems(), os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		os.Exit(2)
	case o.paper != "":
		err = drawPaper(o.paper, o.docs)
	case o.history != "":
		err = plotHistory(o.history)
	default:
		err = compare(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// compare measures, and writes what came of it.
func compare(o *options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.docs != "" { // not after an hour
		if err := os.MkdirAll(o.docs, 0o777); err != nil {
			return err
		}
	}
	c := comparison{
		rounds: o.rounds, measure: o.measure, peers: o.peers, commit: bench.Commit(),
		tell: func(text string) { fmt.Fprintln(os.Stderr, text) },
	}
	if err := c.run(ctx); err != nil {
		return err
	}
	fmt.Print(c.table())
	if o.docs == "" {
		return nil
	}
	return c.write(o.docs)
}
