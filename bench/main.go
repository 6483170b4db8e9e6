// Command bench compares Cohort with plain TCP and with other systems that move
// messages between processes, under the same loads, with every message checked.
//
//	go run . [-rounds 5] [-seconds 2] [-only 'raw|cohort'] [-docs ../docs/bench]
//	go run . -paper paper.json [-docs ../docs/bench]
//	go run . -history ../docs/bench/history.jsonl
//
// In each round each load is put on one system after the other, each time with
// new processes. It writes a table, all figures as JSON, and plots. The other forms
// measure nothing: they draw what "cohort bench paper --out" has written, and the
// history of Cohort's own costs (internal/cost), beside the file.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

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
	rounds := flag.Int("rounds", 5, "how often each system is measured under each load")
	seconds := flag.Float64("seconds", 2, "how long each time, after a warm-up of up to a second")
	only := flag.String("only", "", "a regular `expression`: systems with such a name; by default all")
	docs := flag.String("docs", "../docs/bench", "`directory` for what is written; empty for none")
	paper := flag.String("paper", "", "`file` that cohort bench paper --out has written: draw it, and measure nothing")
	history := flag.String("history", "", "draw the history in this `file`, and measure nothing")
	flag.Parse()
	switch {
	case *paper != "":
		exit(drawPaper(*paper, *docs))
	case *history != "":
		exit(plotHistory(*history))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := comparison{
		rounds: *rounds, measure: time.Duration(*seconds * float64(time.Second)), peers: peers(), tell: func(text string) { fmt.Fprintln(os.Stderr, text) },
	}
	err := c.choose(*only)
	if err == nil {
		err = c.run(ctx)
	}
	if err == nil {
		fmt.Print(c.table())
		if *docs != "" {
			err = c.write(*docs)
		}
	}
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
