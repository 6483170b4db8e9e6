package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/twenty/load"
)

// loadOptions are the flags of twenty load.
type loadOptions struct {
	seeds []string
	trace string
	load.Config
}

// newLoadCommand is the client process of demo and bench.
func newLoadCommand() *cobra.Command {
	var o loadOptions
	cmd := &cobra.Command{
		Use:    "load",
		Short:  "keep the service busy until the standard input ends; report as JSON lines",
		Args:   noArgs,
		Hidden: true,
		RunE:   func(cmd *cobra.Command, _ []string) error { return runLoad(cmd, o) },
	}
	addSeeds(cmd, &o.seeds)
	f := cmd.Flags()
	f.IntVar(&o.Askers, "askers", 64, "workers that ask questions")
	f.IntVar(&o.Updaters, "updaters", 16, "workers that make updates")
	f.Uint64Var(&o.Seed, "seed", 1987, "of the questions and updates")
	f.StringVar(&o.trace, "trace", "", "write what happens here to this file")
	return cmd
}

func runLoad(cmd *cobra.Command, o loadOptions) (err error) {
	trace, err := openTrace(o.trace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, trace.Close()) }()
	ctx, stop := untilTold(cmd.Context(), true, cmd.InOrStdin())
	defer stop()
	c, err := dialService(ctx, o.seeds, trace.writer())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.leave()) }()
	report := newReporter(cmd.OutOrStdout())
	l, err := load.Start(ctx, c.Client, o.Config)
	if err != nil {
		return fmt.Errorf("starting the load: %w", err)
	}
	report.report(event{Event: eventStarted, Addr: c.node.Addr(), Address: c.node.Address()})
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			t := l.Totals()
			report.report(event{Event: eventTotals, Totals: &t})
		case <-ctx.Done():
		}
	}
	t := l.Stop()
	report.report(event{Event: eventDone, Totals: &t})
	return nil
}
