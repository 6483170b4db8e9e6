package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/crew"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

// demoOptions are the flags of demo.
type demoOptions struct {
	members  int
	seconds  int
	victim   int
	askers   int
	updaters int
	data     string
	trace    string
	json     bool
}

func newDemoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "kill a member of a busy service and count what goes wrong: nothing",
		Long: `Start the twenty-questions service of the 1987 Isis paper as separate processes on this
machine, three acting members and hot standbys, and a client process that asks it all the
time while it also updates the table, and checks every answer. In the middle an acting
member is killed with SIGKILL; a standby takes over; a new process joins and gets the
state. At the end: what it means.

With --json the story goes to the standard error, and the standard output is one object:
  queries, updates, refused   answers got; updates applied, and void because of another one
  wrong                       answers that differ from the client's own table at that version
  lost                        requests with neither an answer nor a retryable error in 10 s
  retries                     requests asked again after a retryable error
  kills, view_changes         members killed; changes of the group's members
  view_change_ms              from the SIGKILL until the last survivor had the new view
  outage_ms                   longest time in which the client got no right answer
  transfer_bytes              of state that the new member got
  members, seconds, queries_per_s, updates_per_s

The exit code is 1 if wrong or lost is not 0 or a process failed, and 2 for wrong usage.`,
		Example: `  cohort demo
  cohort demo --members 5 --seconds 20
  cohort demo --json | jq .view_change_ms
  cohort demo --seconds 3 --trace /tmp/run     then: cohort check /tmp/run-*.jsonl`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return demo(cmd, o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.members, "members", 4, "processes that serve; 3 of them act")
	f.IntVar(&o.seconds, "seconds", 10, "how long the client asks")
	f.IntVar(&o.victim, "victim", 0, "which acting member is killed: 0 is the oldest, which coordinates the others")
	f.IntVar(&o.askers, "askers", 96, "workers of the client that ask questions")
	f.IntVar(&o.updaters, "updaters", 8, "workers of the client that make updates")
	f.StringVar(&o.data, "data", "cars", "table: cars or paper")
	f.StringVar(&o.trace, "trace", "", "write a trace of each process: `DIR`/NAME.jsonl, or PREFIX-NAME.jsonl; fewer workers then")
	f.BoolVar(&o.json, "json", false, "print the result as one JSON object")
	return cmd
}

// check completes the options. The error is wrong usage.
func (o *demoOptions) check(cmd *cobra.Command) error {
	if _, err := dataset(o.data); err != nil {
		return err
	}
	switch {
	case o.members < 3 || o.members > 16:
		return usagef("--members is 3 to 16: two could not tell a crash from a broken network")
	case o.seconds < 2 || o.seconds > 600: // the client keeps every update, to judge by
		return usagef("--seconds is 2 to 600")
	case o.victim < 0 || o.victim >= service.DefaultActing:
		return usagef("--victim is 0 to %d", service.DefaultActing-1)
	case o.askers < 1 || o.askers > 10_000 || o.updaters < 0 || o.updaters > 10_000:
		return usagef("there must be workers, not too many: --askers is 1 to 10000, --updaters 0 to 10000")
	}
	if o.trace == "" {
		return nil
	}
	if !cmd.Flags().Changed("askers") {
		o.askers = 2
	}
	if !cmd.Flags().Changed("updaters") {
		o.updaters = 1
	}
	if at, err := os.Stat(o.trace); err == nil && at.IsDir() {
		o.trace = filepath.Join(o.trace, "") + string(filepath.Separator)
	} else {
		o.trace += "-"
	}
	return nil
}

func demo(cmd *cobra.Command, o demoOptions) error {
	story := cmd.OutOrStdout()
	if o.json {
		story = cmd.ErrOrStderr()
	}
	c, err := crew.New[event](cmd.Context())
	if err != nil {
		return err
	}
	defer c.Close()
	s := &stage{Crew: c, o: o, out: story, began: time.Now(), views: map[uint64]bool{}}
	if err := s.play(); err != nil {
		return err
	}
	r := s.result()
	if o.json {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(r); err != nil {
			return err
		}
	} else {
		s.summary(r)
	}
	return verdict(story, r.Wrong, r.Lost, s.totals.Faults)
}

// verdict is the error of a run with wrong answers or lost ones.
func verdict(out io.Writer, wrong, lost uint64, faults []string) error {
	if wrong == 0 && lost == 0 {
		return nil
	}
	fmt.Fprintf(out, "FAILED: %d wrong, %d lost\n", wrong, lost)
	for _, f := range faults {
		fmt.Fprintf(out, "  %s\n", f)
	}
	return errReported
}
