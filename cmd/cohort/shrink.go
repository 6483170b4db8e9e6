package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/shrink"
	"github.com/cohortkit/cohort/internal/sim"
	"github.com/cohortkit/cohort/internal/spacetime"
	"github.com/cohortkit/cohort/internal/trace"
)

type shrinkFlags struct {
	seed                          seed
	given                         bool // the seed was
	sites, groups, tries, workers int

	faults, property, out, svg string
}

func newShrinkCommand() *cobra.Command {
	var flags shrinkFlags
	cmd := &cobra.Command{
		Use:   "shrink --seed SEED -o STORY",
		Short: "reduce a failing run of the simulator to a short story",
		Long: `Shrink takes a run that sim found to break a promise and leaves out of it what it
can: sites, groups, casts, faults, chance; and makes its times round, as long as the
same promise is broken. What is left is a story: commands that people can read and
edit, with what happened after each. Sim plays it again, and it goes the same way.

The seed, faults, sites and groups are those with which sim found it.

It exits with 0 if there is a story, and with 1 if nothing is wrong with the run.
Interrupted, it writes the shortest story it has found.`,
		Example: `  cohort shrink --seed 7 --faults chaos -o story.txt --draw run.svg
  cohort sim --replay story.txt`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.given = cmd.Flags().Changed("seed")
			return runShrink(cmd, &flags)
		},
	}
	f := cmd.Flags()
	f.Var(&flags.seed, "seed", "the `SEED` of the run")
	f.Var(newNumber(&flags.sites, 5, 1).upTo(64), "sites", "`N` sites in the run")
	f.Var(newNumber(&flags.groups, 3, 1).upTo(1000), "groups", "`N` groups in the run")
	f.Var(newChoice(&flags.faults, "chaos", "calm", "crash", "partition", "slow", "chaos"), "faults", "what goes wrong: `KIND` is calm, crash, partition, slow or chaos")
	f.StringVar(&flags.property, "property", "", "the `ID` of the promise that has to stay broken; the first by default")
	f.StringVarP(&flags.out, "out", "o", "", "write the story to `FILE`, - is standard output")
	f.StringVar(&flags.svg, "draw", "", "draw the story's time-space diagram to `FILE`")
	f.Var(newNumber(&flags.tries, 4000, 1), "tries", "try at most `N` runs")
	f.Var(newNumber(&flags.workers, 0, 0).upTo(mostWorkers), "workers", "try `N` runs at a time; 0 is one for each processor")
	return cmd
}

func runShrink(cmd *cobra.Command, flags *shrinkFlags) error {
	switch {
	case !flags.given:
		return usagef("say which run: --seed, as sim told it")
	case flags.out == "":
		return usagef("say where to write the story: -o story.txt, or -o - for standard output")
	}
	if err := flags.check(); err != nil {
		return err
	}
	faults, err := sim.Profile(flags.faults)
	if err != nil {
		return err
	}
	begun := time.Now()
	r, err := shrink.Shrink(cmd.Context(), shrink.Options{
		Run:      sim.Options{Seed: uint64(flags.seed), Sites: flags.sites, Groups: flags.groups, Faults: faults},
		Property: flags.property, Tries: flags.tries, Workers: flags.workers,
		Progress: func(what string, left shrink.Size, tries int) {
			fmt.Fprintf(cmd.ErrOrStderr(), "after %s: %v; %s\n", counted(tries, "run"), left, what)
		},
	})
	if errors.Is(err, shrink.ErrSound) {
		what := "any promise"
		if flags.property != "" {
			what = title(flags.property)
		}
		return fmt.Errorf("seed %s of %s does not break %s: there is nothing to shrink", &flags.seed, flags.faults, what)
	}
	if err != nil {
		return err
	}
	if err := keepText(cmd.OutOrStdout(), flags.out, []byte(r.Story)); err != nil {
		return err
	}
	if flags.svg != "" {
		if err := drawStory(flags.svg, title(r.Property), r.Records); err != nil {
			return err
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s is still broken: %s\nbefore: %v\nafter:  %v, in %v\n",
		title(r.Property), r.Text, r.Before, r.After, time.Since(begun).Round(time.Second))
	return nil
}

// check finds out what would be found otherwise when all is shrunk.
func (f *shrinkFlags) check() error {
	if err := besides(f.out, f.svg); err != nil {
		return err
	}
	var known []string
	for _, p := range check.Properties() {
		known = append(known, p.ID)
	}
	known = append(known, sim.Own...)
	if f.property != "" && !slices.Contains(known, f.property) {
		return usagef("--property: there is no promise %q; there are %s", f.property, strings.Join(known, ", "))
	}
	if f.svg != "" {
		if err := writable(f.svg); err != nil {
			return err
		}
	}
	return writable(f.out)
}

// drawStory draws a run as trace does, or all of it if it is short.
func drawStory(path, title string, records []trace.Record) error {
	var svg bytes.Buffer
	opt := spacetime.Options{Title: title, Width: spacetime.DefaultWidth}
	opt.From, opt.To, _ = spacetime.Focus(records, "")
	if err := spacetime.Draw(&svg, records, opt); err != nil {
		return err
	}
	return os.WriteFile(path, svg.Bytes(), 0o644)
}

// replay plays a story and tells how it went.
func replay(cmd *cobra.Command, flags simFlags) error {
	text, err := os.ReadFile(flags.replay)
	if err != nil {
		return err
	}
	told, records, wrong := sim.RunStory(string(text))
	if flags.trace != "" {
		out, err := createTrace(flags.trace, "story "+flags.replay)
		if err != nil {
			return err
		}
		out.keep(0, records)
		if err := out.close(); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(cmd.OutOrStdout(), told); err != nil {
		return err
	}
	if wrong != nil {
		return errReported // the story says it
	}
	return nil
}
