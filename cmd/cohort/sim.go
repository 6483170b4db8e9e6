package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/lab"
	"github.com/cohortkit/cohort/internal/sim"
	"github.com/cohortkit/cohort/internal/trace"
)

type simFlags struct {
	seeds, sites, groups, workers int

	first  seed
	faults string
	json   bool
	trace  string
	replay string
}

func newSimCommand() *cobra.Command {
	var flags simFlags
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "simulate many runs and judge them",
		Long: `Sim runs the protocol in a simulated world, once for each seed: programs join and
leave groups, cast and call in all orders, while sites crash and come back, links
break, the network falls apart and clocks jump. Each run is judged as by check.
The same seed gives the same run, byte for byte, on every machine.

The faults are calm (none), crash, partition, slow (members that do not keep up)
or chaos (crash and partition, and pauses).

It exits with 0 if all seeds were run and no promise was broken, and with 1 if one
was, or if it was interrupted; then it tells what was done so far.`,
		Example: `  cohort sim
  cohort sim --seeds 1000 --faults chaos --sites 5
  cohort sim --seeds 1 --first 7 --trace run.jsonl
  cohort sim --seeds 50 --faults crash --json | tail -1
  cohort sim --replay story.txt`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSim(cmd, flags) },
	}
	f := cmd.Flags()
	f.Var(newNumber(&flags.seeds, 100, 1), "seeds", "run `N` seeds")
	f.Var(&flags.first, "first", "the first `SEED`; the others follow it")
	f.Var(newNumber(&flags.sites, 5, 1).upTo(64), "sites", "`N` sites in each run")
	f.Var(newNumber(&flags.groups, 3, 1).upTo(1000), "groups", "`N` groups in each run")
	f.Var(newChoice(&flags.faults, "chaos", "calm", "crash", "partition", "slow", "chaos"), "faults", "what goes wrong: `KIND` is calm, crash, partition, slow or chaos")
	f.BoolVar(&flags.json, "json", false, "print objects: one for each violation, and last one for all runs")
	f.StringVar(&flags.trace, "trace", "", "write the trace of the run to `FILE`; for a single seed")
	f.StringVar(&flags.replay, "replay", "", "play the story in `FILE` instead, as shrink writes them")
	f.Var(newNumber(&flags.workers, 0, 0).upTo(mostWorkers), "workers", "run `N` seeds at a time; 0 is one for each processor")
	return cmd
}

// mostWorkers is more than there are processors; each worker holds a world.
const mostWorkers = 1024

// campaignGC lets garbage grow to so many percent of what is alive: a run makes
// 60 MB of it and keeps a tenth, so that memory buys a seventh of the time.
const campaignGC = 800

func runSim(cmd *cobra.Command, flags simFlags) error {
	if flags.replay != "" {
		for _, name := range []string{"seeds", "first", "sites", "groups", "faults", "json", "workers"} {
			if cmd.Flags().Changed(name) {
				return usagef("--replay plays a story, which says everything: leave out --%s", name)
			}
		}
		if err := besides(flags.trace, flags.replay); err != nil {
			return err
		}
		return replay(cmd, flags)
	}
	if flags.trace != "" && flags.seeds > 1 {
		return usagef("--trace writes one run: give --seeds 1 with it, and the seed as --first")
	}
	faults, err := sim.Profile(flags.faults)
	if err != nil {
		return err
	}
	o := lab.Options{
		Seeds: flags.seeds, First: uint64(flags.first), Sites: flags.sites, Groups: flags.groups,
		Faults: faults, Workers: flags.workers,
	}
	var out *simTrace
	if flags.trace != "" {
		if out, err = createTrace(flags.trace, flags.run()); err != nil {
			return err
		}
		o.Records = out.keep
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(campaignGC)
	}
	told := newTeller(cmd.OutOrStdout(), cmd.ErrOrStderr(), flags)
	o.Progress = told.progress
	summary := lab.Campaign(cmd.Context(), o)
	if out != nil {
		err = out.close()
	}
	if tellErr := told.end(&summary); err == nil {
		err = tellErr
	}
	if err == nil && (summary.Violations > 0 || summary.Runs < flags.seeds) {
		err = errReported
	}
	return err
}

// run names the only run.
func (f simFlags) run() string {
	return fmt.Sprintf("sim %s, %s, %s, seed %s", f.faults, counted(f.sites, "site"), counted(f.groups, "group"), &f.first)
}

// simTrace is the file of a simulated run's trace.
type simTrace struct {
	file *os.File
	out  *trace.Writer
}

func createTrace(path, run string) (*simTrace, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &simTrace{file, trace.NewWriter(file, trace.Header{Clock: trace.Simulated, Run: run})}, nil
}

func (t *simTrace) keep(_ uint64, records []trace.Record) {
	for _, r := range records {
		t.out.Write(r)
	}
}

// close ends the file and returns the first error in writing it.
func (t *simTrace) close() error {
	err := t.out.Close()
	if closeErr := t.file.Close(); err == nil {
		err = closeErr
	}
	return err
}
