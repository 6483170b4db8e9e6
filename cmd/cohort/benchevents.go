package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/bench/events"
)

// eventsOptions are the flags of bench events.
type eventsOptions struct {
	rounds  int
	only    string
	json    bool
	network networkFlag
}

const eventsHelp = `Start members as processes on this machine, three unless said otherwise, with the defaults
of the library, and measure what happens to groups beside casts. The measurements:
  kill, stop            SIGKILL, and SIGSTOP, to a member: from the signal until the last
                        survivor has handled the view without it; of the oldest member, which
                        coordinates, and of the youngest
  kill-many, stop-many  the same with 1000 groups, until the last of them
  stop-apart            as stop, but the members take no notice of being on one machine, where they
                        promise each other not to vote without each other for a second
  pause                 SIGSTOP for 300 ms while all cast as fast as they can: who is excluded
  join                  cohort.Start in a running system, Node.Join of a group that is not there
  join-load             Node.Join of a group with a small state, to which all cast as fast as
                        they can, and how long their casts took before and meanwhile
  transfer              Node.Join of a group with a state of 100 MB; beside it one TCP connection
                        with the same bytes, between the same two processes, right after
  transfer-load         the same two while all cast 1000/s, and how long their casts took
  idle                  1000 groups that do nothing: what sites send and use
  read                  Group.Read by one goroutine, while all cast 1000/s; frames for them while
                        nobody casts

With --network each member is in a network namespace of its own, as on a machine of its own, and
a relay passes on what they send: "cohort bench --help" tells more. Then there are no goals, which
are for the loopback.

Each is done for several rounds. A row tells the median of the rounds, but for what is counted,
and whether that reached the goal. It is no failure to miss a goal: the exit code is 0 when all
was measured, 1 when something failed or was interrupted, and 2 for wrong usage.

With --json the last line is one object:
  rows        a list, of each figure: name, what, unit; value, which is the median, or the sum of
              what is counted; min, p90, max, rounds; goal, which value is not to exceed, or with
              at_least to reach; reached. goal and reached are null where there is no goal
  network     that was between members, and congestion, TCP's control there
  seconds     that all of it took
  processors  of this machine, and load in the minute before, and load_after
The names of the rows:
  kill_oldest_ms, kill_youngest_ms, stop_..., stop_apart_..., kill_many_..., stop_many_...
  pause_excluded           members that were, in all rounds
  start_ms, join_empty_ms
  join_load_ms             with _cast_p99_before_ms, from the call to the delivery at the sender;
                           _cast_max_ms, the largest of those under way meanwhile; _cast_delay_ms,
                           the one less the other
  transfer_ms              with transfer_mb_per_s, transfer_raw_mb_per_s (TCP), transfer_raw_ratio,
                           transfer_donor_peak_mb, transfer_joiner_peak_mb
  transfer_load_ms         with the same, and the three of join_load
  idle_none_frames_per_s   that a site sends without groups, on average; idle_none_bytes_per_s,
                           idle_none_cpu_percent, idle_none_rss_mb
  idle_frames_per_s        that a site sends more with the groups; idle_bytes_per_s
  idle_cpu_percent         of one core, that the busiest site needs more; idle_rss_mb at the largest
  read_per_s               of one member while it alone reads; read_all_per_s of each when all do
  read_frames              sent for a million reads, beyond those of the same time without reads`

func newBenchEventsCommand() *cobra.Command {
	var o eventsOptions
	cmd := &cobra.Command{
		Use:   "events",
		Short: "measure failures, joins, state transfer, idle groups and reads",
		Long:  eventsHelp,
		Example: `  cohort bench events
  cohort bench events --only kill,stop --rounds 20
  cohort bench events --network 1ms,0.1%,1gbit
  cohort bench events --json | tail -1`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var only []string
			if cmd.Flags().Changed("only") {
				only = strings.Split(o.only, ",")
			}
			if err := events.Check(only); err != nil {
				return usagef("--only: %v", err)
			}
			if err := o.network.check(cmd); err != nil {
				return err
			}
			return benchEvents(cmd, o, only)
		},
	}
	f := cmd.Flags()
	f.Var(newNumber(&o.rounds, 0, 0).upTo(1000), "rounds", "of each measurement; 0 for as many as fit into a minute in all")
	f.StringVar(&o.only, "only", "", "measurements to make, a `LIST` with commas")
	f.BoolVar(&o.json, "json", false, "print the result as one JSON object; the story goes to the standard error")
	o.network.add(cmd)
	cmd.AddCommand(newWorkerCommand("be a member of a bench", events.Work))
	return cmd
}

func benchEvents(cmd *cobra.Command, o eventsOptions, only []string) error {
	out := cmd.OutOrStdout()
	if o.json {
		out = cmd.ErrOrStderr()
	}
	network, err := o.network.get()
	if err != nil {
		return err
	}
	began := time.Now()
	b := events.Bench{
		Worker: []string{"bench", "events", "worker"}, Only: only, Rounds: o.rounds, Scale: events.Full, Network: network,
		Tell: func(what string) { fmt.Fprintf(out, "%6.2f s  %s\n", time.Since(began).Seconds(), what) },
		Row:  func(r events.Row) { fmt.Fprintln(out, r) },
	}
	r, err := b.Run(cmd.Context())
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
	}
	if network != nil {
		fmt.Fprintf(out, "Over a network of %s in %.0f s; the load of this machine was %.1f before and %.1f after, on %d processors.\n",
			r.Network, r.Seconds, r.Load, r.LoadAfter, r.Processors)
		return nil
	}
	goals := slices.DeleteFunc(slices.Clone(r.Rows), func(r events.Row) bool { return r.Goal == nil })
	missed := slices.DeleteFunc(slices.Clone(goals), func(r events.Row) bool { return *r.Reached })
	fmt.Fprintf(out, "%d of %d goals reached in %.0f s; the load of this machine was %.1f before and %.1f after, on %d processors.\n",
		len(goals)-len(missed), len(goals), r.Seconds, r.Load, r.LoadAfter, r.Processors)
	return nil
}
