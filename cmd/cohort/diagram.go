package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/spacetime"
	"github.com/cohortkit/cohort/internal/trace"
)

type traceFlags struct {
	out      string
	from, to moment
	all      bool
	options  spacetime.Options
}

func newTraceCommand() *cobra.Command {
	var flags traceFlags
	cmd := &cobra.Command{
		Use:   "trace FILE... -o OUT.svg",
		Short: "draw the time-space diagram of a run",
		Long: `Trace draws a run: a line for each process, time from left to right, arrows for
casts from where they were sent to where they were delivered, bands for the views
of groups, crosses for crashes. Look at the SVG with any browser.

Of a run that is too long for one drawing it draws the time around the first
crash, and says so; --from and --to choose another time, --all is everything.`,
		Example: `  cohort trace run.jsonl -o run.svg
  cohort trace run.jsonl -o - --group stock --from 1.2s --to 1.3s > part.svg
  cohort trace red.jsonl green.jsonl blue.jsonl -o run.svg --calls --title "Blue dies"`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error { return runTrace(cmd, args, &flags) },
	}
	f := cmd.Flags()
	f.StringVarP(&flags.out, "out", "o", "", "write the drawing to `FILE`, - is standard output")
	f.StringVarP(&flags.options.Group, "group", "g", "", "draw only the group of this `NAME` or address, and its processes")
	f.Var(&flags.from, "from", "begin at this `TIME` of the run, as 1.25s")
	f.Var(&flags.to, "to", "end at this `TIME` of the run")
	f.BoolVar(&flags.all, "all", false, "draw the whole run, however long")
	f.StringVar(&flags.options.Title, "title", "", "write `TEXT` above the diagram")
	f.Var(newNumber(&flags.options.Width, spacetime.DefaultWidth, spacetime.MinWidth).upTo(20_000), "width", "`PIXELS` of width")
	f.Var(newNumber(&flags.options.MaxCasts, 0, 0), "casts", "draw at most `N` casts; 0 draws as many as can be told apart")
	f.BoolVar(&flags.options.Calls, "calls", false, "draw calls and their replies too")
	return cmd
}

func runTrace(cmd *cobra.Command, paths []string, flags *traceFlags) error {
	if flags.out == "" {
		return usagef("say where to write the drawing: -o run.svg, or -o - for standard output")
	}
	if flags.from.given && flags.to.given && flags.from.after >= flags.to.after {
		return usagef("--from %v is not before --to %v", flags.from.after, flags.to.after)
	}
	if flags.all && (flags.from.given || flags.to.given) {
		return usagef("--all is the whole run: leave it out, or --from and --to")
	}
	if err := besides(flags.out, paths...); err != nil {
		return err
	}
	run, err := readRun(paths)
	if err != nil {
		return err
	}
	noteTorn(cmd.ErrOrStderr(), run)
	opt, what := flags.window(run)
	var svg bytes.Buffer
	if err := spacetime.Draw(&svg, run.Records, opt); err != nil {
		return drawError(err, run)
	}
	if what != "" {
		zero, last := extent(run)
		fmt.Fprintf(cmd.ErrOrStderr(), "drew %v to %v of %v: %s; --from, --to and --all draw other parts\n",
			since(zero, opt.From), since(zero, opt.To), since(zero, last), what)
	}
	return keepText(cmd.OutOrStdout(), flags.out, svg.Bytes())
}

// window is the options with the time to be drawn, and what happens then if
// nobody asked for that time.
func (f *traceFlags) window(run *trace.Run) (opt spacetime.Options, what string) {
	opt = f.options
	zero, _ := extent(run)
	if f.from.given {
		opt.From = zero + f.from.after.Nanoseconds()
	}
	if f.to.given {
		opt.To = zero + f.to.after.Nanoseconds()
	}
	if !f.all && !f.from.given && !f.to.given {
		opt.From, opt.To, what = spacetime.Focus(run.Records, opt.Group)
	}
	return opt, what
}

// since is the time from zero to t, for people.
func since(zero, t int64) time.Duration { return time.Duration(t - zero).Round(10 * time.Microsecond) }

// extent is the time from which --from and --to count, and that of the last
// fact. A simulated run begins at 0, another one with its first fact.
func extent(run *trace.Run) (zero, last int64) {
	first := run.Records[0].Time
	last = first
	for _, r := range run.Records {
		first, last = min(first, r.Time), max(last, r.Time)
	}
	if run.Clock == trace.Simulated {
		first = 0
	}
	return first, last
}

// drawError adds to an error of the drawing what its user has to know.
func drawError(err error, run *trace.Run) error {
	if errors.Is(err, spacetime.ErrEmpty) {
		zero, last := extent(run)
		return fmt.Errorf("no facts in that time: the run ends at %v", since(zero, last))
	}
	return err
}
