// Command cmd counts what a message costs, and keeps the history of it. People
// run it as scripts/cost.
//
//	cost show                  counts, beside the last line of the history
//	cost check                 the same; fails when a count has grown
//	cost record [flag]... WHY  counts and adds a line to the history
//
// Its status is 0 if all is well, 1 if a count has grown or could not be made, 2 if
// it was called wrongly.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/cost"
)

// counts is the argument that makes this program the one that is counted.
const counts = "count"

// mark is what the counting tool looks for: see cost.Marker.
//
//go:noinline
func mark() {}

func main() {
	if len(os.Args) == 2 && os.Args[1] == counts {
		exit(cost.All(os.Stdout, mark))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	var r cost.Record
	var benches []string
	flags := flag.NewFlagSet("cost "+command, flag.ExitOnError)
	history := flags.String("history", "docs/bench/history.jsonl", "`file` with a line for each recorded commit")
	flags.StringVar(&r.Date, "date", "", "`day` of the commit, for record")
	flags.StringVar(&r.Commit, "commit", "", "`name` of the commit, for record")
	flags.Func("bench", "`file` that cohort bench --json wrote, for record; may be given again", func(file string) error {
		benches = append(benches, file)
		return nil
	})
	if len(os.Args) > 2 {
		_ = flags.Parse(os.Args[2:]) // it ends the program on an error
	}
	switch {
	case (command == "show" || command == "check") && flags.NArg() == 0:
		exit(check(ctx, *history, command == "check"))
	case command == "record" && flags.NArg() == 1 && flags.Arg(0) != "" && r.Date != "" && r.Commit != "":
		r.Why = flags.Arg(0)
		exit(record(ctx, *history, benches, r))
	}
	fmt.Fprintln(os.Stderr, `usage: scripts/cost show | check | record [--bench] "why"`)
	os.Exit(2)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// measure fills in what is counted and with what. The error may be cost.ErrNoTool.
func measure(ctx context.Context, r *cost.Record) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r.Go, r.Arch = runtime.Version(), runtime.GOARCH
	r.Costs, err = cost.Count(ctx, self, counts)
	return err
}

func check(ctx context.Context, file string, fails bool) error {
	history, err := cost.OpenHistory(file)
	if err != nil {
		return err
	}
	var last, now cost.Record
	if len(history) > 0 {
		last = history[len(history)-1]
	}
	if err := measure(ctx, &now); errors.Is(err, cost.ErrNoTool) && now.Costs != nil {
		fmt.Fprintln(os.Stderr, cost.ErrNoTool)
	} else if err != nil {
		return err
	}
	fmt.Printf("beside %s of %s (%s)\n%s", last.Commit, last.Date, last.Why, cost.Compare(last.Costs, now.Costs))
	if last.Arch != "" && last.Arch != now.Arch {
		fmt.Printf("instructions are not compared: the history has those of %s\n", last.Arch)
	}
	if last.Go != "" && last.Go != now.Go {
		fmt.Printf("the history has counts of %s; this is %s, and its compiler counts as well\n", last.Go, now.Go)
	}
	if !fails {
		return nil
	}
	return cost.Check(history, now)
}

// record adds a line. It wants instructions: without them the next check would be
// blind to them.
func record(ctx context.Context, file string, benches []string, r cost.Record) error {
	if err := measure(ctx, &r); err != nil {
		return err
	}
	for _, b := range benches {
		if err := addBench(&r, b); err != nil {
			return err
		}
	}
	return r.Append(file)
}

func addBench(r *cost.Record, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var b bench.Result
	if err := json.Unmarshal(text, &b); err != nil {
		return fmt.Errorf("cost: %s is no result of cohort bench --json: %w", file, err)
	}
	r.AddBench(&b)
	return nil
}
