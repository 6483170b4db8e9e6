package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/crew"
	"github.com/cohortkit/cohort/internal/twenty/load"
)

// benchOptions are the flags of twenty bench.
type benchOptions struct {
	seconds int
	workers int
	json    bool
}

// benchMembers is how many processes serve in a bench: as many machines as in
// 1987.
const benchMembers = 4

// benchResult is what twenty bench --json prints.
type benchResult struct {
	QueriesPerS float64 `json:"queries_per_s"`
	UpdatesPerS float64 `json:"updates_per_s"`
	Queries     uint64  `json:"queries"`
	Updates     uint64  `json:"updates"`
	Wrong       uint64  `json:"wrong"`
	Lost        uint64  `json:"lost"`
	Members     int     `json:"members"`
	Seconds     int     `json:"seconds"`
}

func newBenchCommand() *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure questions alone, then updates alone",
		Long: `Start four members and a client as processes on this machine, and measure how many
questions, and then how many updates, they do in a second. Every answer is checked. In
1987 it was 30 questions or 5 updates, on four machines.`,
		Example: `  cohort twenty bench
  cohort twenty bench --seconds 10 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.seconds < 1 || o.seconds > 60 {
				return usagef("--seconds is 1 to 60")
			}
			if o.workers < 1 || o.workers > 10_000 {
				return usagef("--workers is 1 to 10000")
			}
			return benchTwenty(cmd, o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.seconds, "seconds", 5, "how long to measure each")
	f.IntVar(&o.workers, "workers", 256, "of the client")
	f.BoolVar(&o.json, "json", false, "print the result as one JSON object")
	return cmd
}

func benchTwenty(cmd *cobra.Command, o benchOptions) error {
	c, err := crew.New[event](cmd.Context())
	if err != nil {
		return err
	}
	defer c.Close()
	out := cmd.OutOrStdout()
	if o.json {
		out = cmd.ErrOrStderr()
	}
	s := &stage{
		Crew: c, o: demoOptions{members: benchMembers, data: "cars"},
		out: out, began: time.Now(), views: map[uint64]bool{},
	}
	if err := s.gather(); err != nil {
		return err
	}
	queries, err := s.measure("questions", o.seconds, o.workers, 0)
	if err != nil {
		return err
	}
	updates, err := s.measure("updates", o.seconds, 0, o.workers)
	if err != nil {
		return err
	}
	if err := s.end(); err != nil {
		return err
	}
	r := benchResult{
		Queries: queries.Queries, Updates: updates.Updates,
		QueriesPerS: round(float64(queries.Queries) / queries.Duration.Seconds()),
		UpdatesPerS: round(float64(updates.Updates) / updates.Duration.Seconds()),
		Wrong:       queries.Wrong + updates.Wrong, Lost: queries.Lost + updates.Lost,
		Members: benchMembers, Seconds: o.seconds,
	}
	if o.json {
		err = json.NewEncoder(cmd.OutOrStdout()).Encode(r)
	} else {
		fmt.Fprintf(out, "\n%s questions/s alone, %s updates/s alone; 1987: 30 or 5\n",
			thousands(int(r.QueriesPerS)), thousands(int(r.UpdatesPerS)))
	}
	if err != nil {
		return err
	}
	return verdict(out, r.Wrong, r.Lost, append(queries.Faults, updates.Faults...))
}

// measure runs a client for a time.
func (s *stage) measure(what string, seconds, askers, updaters int) (load.Totals, error) {
	s.say("measuring %s for %d s with %d workers", what, seconds, askers+updaters)
	s.totals, s.progress, s.final = load.Totals{}, load.Totals{}, false
	s.o.askers, s.o.updaters = askers, updaters
	if err := s.load(); err != nil {
		return load.Totals{}, err
	}
	if err := s.During(time.Duration(seconds)*time.Second, s.take); err != nil {
		return load.Totals{}, err
	}
	err := s.hush()
	return s.totals, err
}
