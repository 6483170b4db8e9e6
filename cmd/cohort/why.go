package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/explain"
	"github.com/cohortkit/cohort/internal/trace"
)

type whyFlags struct {
	node              string
	at                moment
	site, group, cast string
	least             time.Duration
	limit             int
	json              bool
}

func newWhyCommand() *cobra.Command {
	var flags whyFlags
	cmd := &cobra.Command{
		Use:   "why FILE... | why --node ADDR",
		Short: "explain why something waited, and why a site was excluded",
		Long: `Why reads all traces of one run and explains it: which sites were removed, why, on
whose word; which stalled, and whom they missed; which casts, views, calls and
state transfers waited longest, and for whom. What it says it has from the facts
of the traces, and shows them. What a process that is not there did it cannot know.

With --node it asks a node that runs what waits there now: one that was started
with Config.Status (cohort twenty serve has --status).

It exits with 0 when it has explained, also when nothing waited, and with 1 if it
cannot read the files, reach the node or find what it is asked about.`,
		Example: `  cohort why run.jsonl
  cohort why red.jsonl green.jsonl blue.jsonl --site blue
  cohort why run.jsonl --at 1.25s --group stock
  cohort why run.jsonl --cast red:17
  cohort why --node 127.0.0.1:7400
  cohort why --node /run/stock/status --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case flags.node == "":
				return files(cmd, args)
			case len(args) > 0:
				return usagef("name files or a --node, not both")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.node != "" {
				return askNode(cmd, flags)
			}
			return runWhy(cmd, args, flags)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.node, "node", "", "ask the node whose status is at `ADDR`, or at the path of a socket")
	f.Var(&flags.at, "at", "only what waited at this `TIME` of the run, as 1.25s")
	f.StringVarP(&flags.site, "site", "s", "", "only what concerns the site of this `NAME` or number")
	f.StringVarP(&flags.group, "group", "g", "", "only what concerns the group of this `NAME` or address")
	f.StringVar(&flags.cast, "cast", "", "what became of one cast at each member: `SENDER:NUMBER`, as red:17 or 31.2:17")
	f.DurationVar(&flags.least, "least", 0, "only what waited for so long at least, as 10ms")
	f.Var(newNumber(&flags.limit, 3, 1), "limit", "list at most `N` of each kind that waited: views, casts, states, calls")
	f.BoolVar(&flags.json, "json", false, "print objects, one for each finding")
	return cmd
}

func runWhy(cmd *cobra.Command, paths []string, flags whyFlags) error {
	sender, number, err := castName(flags.cast)
	if err != nil {
		return err
	}
	records, err := readRun(paths)
	if err != nil {
		return err
	}
	run := explain.New(records.Records)
	zero, last := extent(records)
	q := explain.Query{Least: flags.least.Nanoseconds(), During: flags.at.given, At: zero + flags.at.after.Nanoseconds(), Cast: number}
	if flags.at.given && q.At > last {
		return fmt.Errorf("no facts at that time: the run ends at %v", since(zero, last))
	}
	if err := about(run, &q, sender, flags); err != nil {
		return err
	}
	found := run.Why(q)
	if sender != "" && len(found) == 0 {
		return fmt.Errorf("no trace says that cast %d of %s was held by anybody", number, sender)
	}
	list, left := found, 0
	if sender == "" { // of a cast all is told
		list, left = limited(found, flags.limit)
	}
	if flags.json {
		return writeFindings(cmd.OutOrStdout(), list, zero)
	}
	noteTorn(cmd.ErrOrStderr(), records)
	tellFindings(cmd.OutOrStdout(), records, list, left, zero)
	return nil
}

// castName takes a --cast apart.
func castName(text string) (sender string, number uint64, err error) {
	if text == "" {
		return "", 0, nil
	}
	at := strings.LastIndexByte(text, ':')
	if at < 1 {
		return "", 0, usagef("--cast is SENDER:NUMBER, as red:17 or 31.2:17, and %q is not", text)
	}
	number, err = strconv.ParseUint(text[at+1:], 10, 64)
	if err != nil || number == 0 {
		return "", 0, usagef("--cast is SENDER:NUMBER, and %q is no number of a cast", text[at+1:])
	}
	return text[:at], number, nil
}

// about finds what the flags name in the run.
func about(run *explain.Run, q *explain.Query, sender string, flags whyFlags) error {
	if flags.site != "" {
		if q.Sites = run.Named(flags.site); q.Sites == nil {
			return fmt.Errorf("the run has no site %s; its sites are %s", flags.site, strings.Join(run.Sites(), ", "))
		}
	}
	if flags.group != "" {
		group, ok := run.Group(flags.group)
		if q.Group = group; !ok {
			return fmt.Errorf("the run has no group %s; its groups are %s", flags.group, strings.Join(run.Groups(), ", "))
		}
	}
	if sender != "" {
		if q.Senders = run.Processes(sender); q.Senders == nil {
			return fmt.Errorf("the run has no process %s; its sites are %s", sender, strings.Join(run.Sites(), ", "))
		}
	}
	return nil
}

// limited cuts the list of what waited; sites come first and all stay.
func limited(found []explain.Finding, limit int) (list []explain.Finding, left int) {
	waits := map[string]int{}
	for _, f := range found {
		if f.Loss == nil && f.Wait.What != "node" {
			what := string(f.Wait.What)
			if waits[what]++; waits[what] > limit {
				left++
				continue
			}
		}
		list = append(list, f)
	}
	return list, left
}

// tellFindings writes for people: what waited or happened, from when on, and the
// facts that show it.
func tellFindings(w io.Writer, run *trace.Run, list []explain.Finding, left int, zero int64) {
	for i := range list {
		f := &list[i]
		fmt.Fprintf(w, "%v  %v\n", since(zero, f.At), f)
		for _, s := range f.Steps {
			fmt.Fprintf(w, "    %v  %v %s\n", since(zero, s.At), s.Site, s.Text)
		}
		if advice := f.Advice(); advice != "" {
			fmt.Fprintf(w, "    what to do: %s\n", advice)
		}
		fmt.Fprintln(w)
	}
	_, last := extent(run)
	what := fmt.Sprintf("%s of %s in %v", counted(len(run.Records), "fact"), counted(sitesOf(run.Records), "site"), since(zero, last))
	switch {
	case len(list) == 0:
		fmt.Fprintf(w, "%s: nothing waited, and no site was removed or stalled\n", what)
	case left > 0:
		fmt.Fprintf(w, "%s; %s more waited less; --limit lists more\n", what, thousands(left))
	default:
		fmt.Fprintln(w, what)
	}
}

// writeFindings writes a line of JSON for each finding. Times are nanoseconds
// since the beginning of the run.
func writeFindings(w io.Writer, list []explain.Finding, zero int64) error {
	type step struct {
		At   int64  `json:"at"`
		Site string `json:"site"`
		Text string `json:"text"`
	}
	type finding struct {
		What   string     `json:"what"`
		At     int64      `json:"at"`
		For    int64      `json:"ns"`
		Open   bool       `json:"open"`
		Group  string     `json:"group,omitempty"`
		Member id.Address `json:"member"`
		Text   string     `json:"text"`
		Why    []string   `json:"why"`
		Who    []string   `json:"who"`
		Advice string     `json:"advice,omitempty"`
		Steps  []step     `json:"steps"`
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for i := range list {
		f := &list[i]
		x := finding{What: "removed", At: f.At - zero, For: f.For, Open: f.Open, Text: f.String(), Advice: f.Advice(), Why: []string{}, Who: []string{}, Steps: []step{}}
		if f.Loss != nil {
			x.Member, x.Why = f.Loss.Site.Proc, append(x.Why, f.Loss.Evidence)
			for _, who := range f.Loss.Accusers {
				x.Who = append(x.Who, who.String())
			}
		} else {
			x.What, x.Group, x.Member = string(f.Wait.What), f.Wait.Name, f.Wait.Who.Proc
			for _, c := range f.Wait.Causes {
				x.Why = append(x.Why, string(c.Why))
			}
			for _, who := range f.Wait.Blame() {
				x.Who = append(x.Who, who.String())
			}
		}
		for _, s := range f.Steps {
			x.Steps = append(x.Steps, step{s.At - zero, s.Site.String(), s.Text})
		}
		if err := out.Encode(x); err != nil {
			return err
		}
	}
	return nil
}
