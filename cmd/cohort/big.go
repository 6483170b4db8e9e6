package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/lab"
	"github.com/cohortkit/cohort/internal/sim"
)

type bigFlags struct {
	sites, groups, seconds int

	seed seed
	json bool
}

func newBigCommand() *cobra.Command {
	var flags bigFlags
	cmd := &cobra.Command{
		Use:   "big",
		Short: "simulate one large world, and tell what each event costs",
		Long: `Big runs the protocol in one simulated world of many sites and groups. The sites
found the system together and the groups form: of the k-th, one site in k^(2/3) is a
member. Then each kind of event happens by itself: an idle second; casts, calls, joins and
leaves in groups of 3 to all sites; a site that leaves, dies, comes back; a third of the
machines that dies at one instant, and comes back. For the rest of the time all happens at
once.

It tells how many frames, messages and bytes all sites together wrote for each event, but
for idle talk: frames that hold a heartbeat and nothing else. All judges look at the run.

The full world takes seven minutes and 11 GB; cohort big --sites 60 --groups 150
--seconds 20 takes seconds. The same seed gives the same run on every machine.

It exits with 1 if a promise was broken or something cost more than it may.`,
		Example: `  cohort big --sites 60 --groups 150 --seconds 20
  cohort big
  cohort big --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBig(cmd, flags) },
	}
	f := cmd.Flags()
	f.Var(newNumber(&flags.sites, 300, 10).upTo(1000), "sites", "`N` sites")
	f.Var(newNumber(&flags.groups, 1000, 5).upTo(10_000), "groups", "`N` groups")
	f.Var(newNumber(&flags.seconds, 60, 1).upTo(3600), "seconds", "`N` seconds of simulated time, or what the events need")
	f.Var(&flags.seed, "seed", "the `SEED`")
	f.BoolVar(&flags.json, "json", false, "print one object")
	return cmd
}

func runBig(cmd *cobra.Command, flags bigFlags) error {
	began := time.Now()
	o := sim.BigOptions{Seed: uint64(flags.seed), Sites: flags.sites, Groups: flags.groups, Span: int64(time.Duration(flags.seconds) * time.Second)}
	if terminal(cmd.ErrOrStderr()) {
		o.Told = func(part string) {
			fmt.Fprintf(cmd.ErrOrStderr(), "%v: %s\n", time.Since(began).Round(time.Second), part)
		}
	}
	s := lab.Big(o)
	var err error
	if flags.json {
		err = json.NewEncoder(cmd.OutOrStdout()).Encode(s)
	} else {
		err = tellBig(cmd.OutOrStdout(), &s, time.Since(began))
	}
	if err == nil && len(s.Failures)+len(s.Excess) > 0 {
		err = errReported
	}
	return err
}

// tellBig tells people.
func tellBig(out io.Writer, s *lab.BigSummary, took time.Duration) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...string) { fmt.Fprintln(table, strings.Join(cells, "\t")+"\t") }
	row("event", "in", "frames", "messages", "bytes", "last after")
	for _, c := range s.Costs {
		where := counted(c.Size, "site")
		if c.Group {
			where = counted(c.Size, "member")
		}
		row(c.What, where, thousands(c.Frames), thousands(c.Messages), thousands(c.Bytes), millis(c.Until))
	}
	table.Flush() //nolint:errcheck // a builder takes everything
	fmt.Fprintln(&b)
	row("part of the run", "simulated", "frames", "bytes", "idle talk", "peak frames/s", "peak bytes/s")
	for _, p := range s.Parts {
		row(p.What, millis(p.Span), thousands(p.Frames), thousands(p.Bytes), thousands(p.Idle), thousands(p.Peak.Frames), thousands(p.Peak.Bytes))
	}
	table.Flush() //nolint:errcheck // a builder takes everything
	for _, x := range s.Excess {
		fmt.Fprintln(&b, "too much:", x)
	}
	for _, f := range s.Failures {
		fmt.Fprintf(&b, "%s: %s\n", title(f.Property), f.Text)
	}
	verdict := "no promise is broken"
	if len(s.Failures) > 0 {
		verdict = counted(len(s.Failures), "violation")
	}
	fmt.Fprintf(&b, "%s, %s with %s members in all; %s and %s in %v: %s\n", counted(s.Sites, "site"), counted(s.Groups, "group"),
		thousands(s.Memberships), counted(s.Facts, "fact"), counted(s.Checks, "check"), took.Round(time.Millisecond), verdict)
	_, err := io.WriteString(out, b.String())
	return err
}

func millis(t int64) string { return fmt.Sprintf("%d ms", t/int64(time.Millisecond)) }
