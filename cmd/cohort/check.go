package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/trace"
)

type checkFlags struct {
	verbose bool
	json    bool
	limit   int
}

func newCheckCommand() *cobra.Command {
	var flags checkFlags
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "judge the traces of one run",
		Long: `Check reads all traces of one run and says which promises of virtual synchrony
the run breaks, and which facts show it. A run has one file if it was simulated;
of real processes each wrote one, and all of them should be given: what a process
that is not there did cannot be judged.

It exits with 0 if no promise was broken, and with 1 if one was or if the files
cannot be judged.`,
		Example: `  cohort check run.jsonl
  cohort check --verbose red.jsonl green.jsonl blue.jsonl
  cohort check --json *.jsonl | tail -1`,
		Args: files,
		RunE: func(cmd *cobra.Command, args []string) error { return runCheck(cmd, args, flags) },
	}
	f := cmd.Flags()
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "tell of each promise how often it was judged")
	f.BoolVar(&flags.json, "json", false, "print objects: one for each violation, and last one for the run")
	f.Var(newNumber(&flags.limit, 3, 1), "limit", "list at most `N` violations of each promise")
	return cmd
}

func runCheck(cmd *cobra.Command, paths []string, flags checkFlags) error {
	run, err := readRun(paths)
	if err != nil {
		return err
	}
	report := check.Run(run.Records, check.Options{GlobalClock: run.Clock == trace.Simulated, Limit: flags.limit})
	j := &judgement{Report: report, run: run, files: len(paths), promises: map[string]check.Property{}}
	for _, p := range check.Properties() {
		j.promises[p.ID] = p
	}
	if flags.json {
		err = j.writeJSON(cmd.OutOrStdout())
	} else {
		noteTorn(cmd.ErrOrStderr(), run)
		j.write(cmd.OutOrStdout(), flags.verbose)
	}
	if err == nil && !report.OK() {
		err = errReported
	}
	return err
}

// judgement is a report with all that is needed to tell of it.
type judgement struct {
	*check.Report
	run      *trace.Run
	files    int
	promises map[string]check.Property // by ID
}

// shown is how many facts of one violation people are shown.
const shown = 12

// write tells of the violations, of all promises if verbose, and of the run.
func (j *judgement) write(w io.Writer, verbose bool) {
	for _, v := range j.Violations {
		p := j.promises[v.Property]
		fmt.Fprintf(w, "%s %s is broken\n  promised: %s\n  but:      %s\n", p.ID, p.Name, p.Promise, v.Text)
		for _, e := range j.facts(v.Events[:min(len(v.Events), shown)]) {
			fmt.Fprintf(w, "    %s:%d: %s\n", e.File, e.Line, e.Fact)
		}
		if more := len(v.Events) - shown; more > 0 {
			fmt.Fprintf(w, "    and %s\n", counted(more, "fact"))
		}
		fmt.Fprintln(w)
	}
	if verbose {
		j.writeJudged(w)
	}
	fmt.Fprintln(w, j.sentence())
}

// writeJudged tells of each promise what was made of it.
func (j *judgement) writeJudged(w io.Writer) {
	for _, c := range j.Judged {
		result := "kept"
		switch {
		case c.Violations > 0:
			result = "BROKEN " + counted(c.Violations, "time")
		case c.Checks == 0:
			result = "nothing to judge"
		}
		fmt.Fprintf(w, "%-4s %-28s %11s  %s\n", c.Property, j.promises[c.Property].Name, thousands(c.Checks), result)
	}
	fmt.Fprintln(w)
}

// total is how often promises were judged, and how often they were broken.
func (j *judgement) total() (checks, violations, broken int) {
	for _, c := range j.Judged {
		checks += c.Checks
		violations += c.Violations
		if c.Violations > 0 {
			broken++
		}
	}
	return checks, violations, broken
}

// sentence sums up.
func (j *judgement) sentence() string {
	checks, violations, broken := j.total()
	what := fmt.Sprintf("%s of %s in %s, %s clock: ", counted(len(j.run.Records), "fact"),
		counted(sitesOf(j.run.Records), "site"), counted(j.files, "file"), j.run.Clock)
	if violations == 0 {
		return what + counted(checks, "check") + ", no promise is broken"
	}
	text := what + counted(broken, "promise") + " broken, " + counted(violations, "time") + " in all"
	if violations > len(j.Violations) {
		text += fmt.Sprintf(" (%d listed; --limit lists more)", len(j.Violations))
	}
	return text
}

// placed is a fact with the place where it was read.
type placed struct {
	File string          `json:"file"`
	Line int             `json:"line"`
	Fact json.RawMessage `json:"fact"`
}

func (j *judgement) facts(records []int) []placed {
	out := make([]placed, len(records))
	for i, r := range records {
		file, line := j.run.Place(r)
		text, err := trace.Append(nil, j.run.Records[r])
		if err != nil { // it was read, so it can be written
			panic(err)
		}
		out[i] = placed{file, line, text}
	}
	return out
}

// writeJSON writes a line for each violation, and one for the run.
func (j *judgement) writeJSON(w io.Writer) error {
	type violation struct {
		Property string   `json:"property"`
		Name     string   `json:"name"`
		Promise  string   `json:"promise"`
		Text     string   `json:"text"`
		Events   []placed `json:"events"`
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, v := range j.Violations {
		p := j.promises[v.Property]
		if err := out.Encode(violation{p.ID, p.Name, p.Promise, v.Text, j.facts(v.Events)}); err != nil {
			return err
		}
	}
	checks, violations, _ := j.total()
	return out.Encode(struct {
		Files      int           `json:"files"`
		Run        string        `json:"run"`
		Clock      trace.Clock   `json:"clock"`
		Sites      int           `json:"sites"`
		Facts      int           `json:"facts"`
		Checks     int           `json:"checks"`
		Violations int           `json:"violations"`
		Judged     []check.Count `json:"judged"`
		Torn       []string      `json:"torn"`
	}{
		j.files, j.run.Name, j.run.Clock, sitesOf(j.run.Records), len(j.run.Records),
		checks, violations, j.Judged, append([]string{}, j.run.Torn...),
	})
}
