// Command worlds searches tiny worlds through and through (package explore) and
// prints a line for each: how many states there are, how many ends a run can
// have, and what was wrong with one, if anything was.
//
// Its status is 0 if nothing was wrong, 1 if something was, 2 if it was called
// wrongly.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/cohortkit/cohort/internal/explore"
	"github.com/cohortkit/cohort/internal/trace"
)

func main() {
	names := flag.String("worlds", "all", "which worlds: all, quick, or names with commas")
	states := flag.Int("states", 0, "end each search after so many states; 0 for none")
	out := flag.String("trace", "", "write the first run in which something was wrong to this file")
	flag.Parse()
	worlds, err := choose(*names)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	status := 0
	fmt.Printf("%-14s %11s %11s %8s %8s %5s %9s\n", "world", "states", "moves", "ends", "sites", "depth", "time")
	for _, w := range worlds {
		found, err := search(ctx, &w, *states)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if len(found) == 0 {
			continue
		}
		if status == 0 && *out != "" {
			err = keep(*out, w.Name, found[0].Records)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		status = 1
	}
	stop()
	os.Exit(status)
}

func choose(names string) ([]explore.World, error) {
	switch names {
	case "all":
		return explore.Worlds(), nil
	case "quick":
		return explore.Quick(), nil
	}
	var chosen []explore.World
	for name := range strings.SplitSeq(names, ",") {
		w, ok := explore.Named(name)
		if !ok {
			return nil, fmt.Errorf("no world is called %q", name)
		}
		chosen = append(chosen, w)
	}
	return chosen, nil
}

func search(ctx context.Context, w *explore.World, states int) ([]explore.Failure, error) {
	begun := time.Now()
	r, err := explore.Explore(ctx, w, explore.Options{States: states})
	if err != nil {
		return nil, err
	}
	note := ""
	if !r.Complete && len(r.Failures) == 0 {
		note = "  not complete"
	}
	fmt.Printf("%-14s %11d %11d %8d %8d %5d %9v%s\n", w.Name, r.States, r.Moves, r.Runs, r.Sites, r.Depth, time.Since(begun).Round(10*time.Millisecond), note)
	for _, f := range r.Failures {
		fmt.Printf("%s: %s: %s\n", w.Name, f.Property, f.Text)
		for _, line := range f.Trail {
			fmt.Println("  " + line)
		}
	}
	return r.Failures, nil
}

// keep writes a run so that cohort check and cohort trace can read it.
func keep(path, world string, records []trace.Record) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	out := trace.NewWriter(file, trace.Header{Clock: trace.Simulated, Run: "world " + world})
	for _, r := range records {
		out.Write(r)
	}
	err = out.Close()
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}
