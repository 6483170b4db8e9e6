// Command cohort shows, runs, simulates and judges the groups of package cohort.
//
//	cohort demo    a service of several processes loses one, and nobody notices
//	cohort twenty  the same service by hand, in several terminals
//	cohort bench   casts as fast as they go, beside plain TCP; what else happens to groups
//	cohort torture real processes, tormented, and judged like simulated ones
//	cohort sim     many runs of the protocol, each under one seed, all judged
//	cohort shrink  reduces one of them that fails to a short story
//	cohort big     one large world, and what each event in it costs
//	cohort check   judges the traces of a run
//	cohort trace   draws them
//	cohort why     explains why something waited, and why a site was excluded
//
// It exits with 0 when done and told, with 1 when something failed, was interrupted
// or broke a promise, and with 2 when it was called wrongly.
package main

import (
	"cmp"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main with its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &output{out: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	began := false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	ctx, stop := untilInterrupted(func() { os.Exit(exit(root, errInterrupted)) })
	defer stop()
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !began { // it was the flags or arguments
		err = usagef("%v", err)
	}
	if err == nil || errors.Is(err, errReported) { // nothing else was wrong that has to be told
		err = cmp.Or(out.lost(), err)
	}
	return exit(cmd, err)
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "cohort",
		Short: "groups of processes that agree on who is in them and on what they saw",
		Long: `cohort shows, runs, simulates and judges the groups of the library
github.com/cohortkit/cohort.

It exits with 0 when done and told, 1 when something failed, was interrupted or broke
a promise, and 2 when it was called wrongly.`,
		Example: `  cohort demo
  cohort twenty serve
  cohort bench
  cohort torture --local --seconds 60
  cohort sim --seeds 200 --faults chaos
  cohort sim --seeds 1 --first 7 --trace run.jsonl
  cohort check run.jsonl
  cohort trace run.jsonl -o run.svg
  cohort why run.jsonl`,
		Args: command,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		newDemoCommand(),
		newTwentyCommand(),
		newCastBenchCommand(),
		newTortureCommand(),
		newSimCommand(),
		newShrinkCommand(),
		newBigCommand(),
		newCheckCommand(),
		newTraceCommand(),
		newWhyCommand(),
		newVersionCommand(),
	)
	polish(root)
	return root
}
