package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/lab"
)

// teller tells of a campaign: of failures as they come, of its progress to who
// sits at a terminal, and of all at the end.
type teller struct {
	out, err io.Writer
	flags    simFlags
	screen   bool // err is a terminal
	begun    time.Time
	drawn    time.Time // when the progress was last drawn
	told     int       // failures that were told
	failed   int       // runs with failures
	broken   int       // violations so far
}

func newTeller(stdout, stderr io.Writer, flags simFlags) *teller {
	return &teller{out: stdout, err: stderr, flags: flags, screen: terminal(stderr), begun: time.Now()}
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// redraw is how often the progress is drawn.
const redraw = 100 * time.Millisecond

// progress is called after each run.
func (t *teller) progress(s *lab.Summary) {
	if s.Violations > t.broken {
		t.failed++
		t.broken = s.Violations
		t.clear()
		t.failures(s.Failures[t.told:])
		t.told = len(s.Failures)
	}
	if now := time.Now(); t.screen && now.Sub(t.drawn) >= redraw {
		t.drawn = now
		left := time.Duration(float64(now.Sub(t.begun)) / float64(s.Runs) * float64(t.flags.seeds-s.Runs))
		fmt.Fprintf(t.err, "\r%s of %s, %s failed, %v left \x1b[K",
			thousands(s.Runs), counted(t.flags.seeds, "run"), thousands(t.failed), left.Round(time.Second))
	}
}

// clear takes the progress from the screen.
func (t *teller) clear() {
	if t.screen {
		fmt.Fprint(t.err, "\r\x1b[K")
	}
}

// failures tells what went wrong in one run.
func (t *teller) failures(all []lab.Failure) {
	switch {
	case t.flags.json:
		for _, f := range all {
			_ = t.object(f) // who cannot be told this cannot be told the end, and that says so
		}
	case t.flags.seeds == 1:
		for _, f := range all {
			fmt.Fprintf(t.out, "seed %d: %s: %s\n", f.Seed, title(f.Property), f.Text)
		}
	case len(all) > 0:
		f, more := all[0], ""
		if len(all) > 1 {
			more = fmt.Sprintf(" (and %d more)", len(all)-1)
		}
		text, _, _ := strings.Cut(f.Text, "\n")
		fmt.Fprintf(t.out, "seed %d: %s: %s%s; replay: %s\n", f.Seed, title(f.Property), text, more, f.Replay)
	}
}

// title is a property with its name.
func title(property string) string {
	for _, p := range check.Properties() {
		if p.ID == property {
			return p.ID + " " + p.Name
		}
	}
	return property
}

// object prints one line of JSON.
func (t *teller) object(v any) error {
	out := json.NewEncoder(t.out)
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

// end tells of all runs.
func (t *teller) end(s *lab.Summary) error {
	t.clear()
	if t.flags.json {
		return t.object(s)
	}
	_, err := io.WriteString(t.out, t.summary(s))
	return err
}

// summary is for people.
func (t *teller) summary(s *lab.Summary) string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	row := func(what string, cells ...string) {
		fmt.Fprintf(table, "  %s\t%s\n", what, strings.Join(cells, "\t"))
	}
	n := thousands
	row("faults", counted(s.Crashes, "crash"), counted(s.Pauses, "pause"), counted(s.Partitions, "partition"), counted(s.Breaks, "broken link"))
	row("sites", counted(s.SiteViews, "view"), counted(s.Takeovers, "takeover"), counted(s.Exclusions, "exclusion"), counted(s.Heirs, "vote")+" inherited", counted(s.Stalls, "stall"))
	row("groups", counted(s.GroupViews, "view"), counted(s.Flushes, "flush"), n(s.FlushRestarts)+" restarted", counted(s.Transfers, "transfer"))
	row("casts", n(s.FIFO)+" FIFO", n(s.Causal)+" causal", n(s.Total)+" total", n(s.Barrier)+" barrier", n(s.Safe)+" safe", n(s.Lists)+" to lists")
	row("reads", n(s.Reads)+" linearizable", n(s.Refusals)+" refused while stalled")
	checks := 0
	for _, c := range s.Judged {
		checks += c.Checks
	}
	row("judged", counted(s.Calls, "call"), counted(s.Events, "event"), counted(checks, "check"))
	table.Flush() //nolint:errcheck // a builder takes everything
	if s.Lost > 0 {
		fmt.Fprintf(&b, "%s lost the majority for good: nothing had to come to an end there\n", counted(s.Lost, "run"))
	}
	if t.told > 0 && t.flags.seeds == 1 && t.flags.trace == "" {
		fmt.Fprintln(&b, "for the facts behind it: --trace run.jsonl, and then: cohort check run.jsonl")
	}
	fmt.Fprintln(&b, t.sentence(s))
	return b.String()
}

// sentence sums up.
func (t *teller) sentence(s *lab.Summary) string {
	text := fmt.Sprintf("%s of %s with %s and %s in %v: ", counted(s.Runs, "run"), t.flags.faults,
		counted(t.flags.sites, "site"), counted(t.flags.groups, "group"), time.Since(t.begun).Round(time.Millisecond))
	if s.Runs < t.flags.seeds {
		text = fmt.Sprintf("interrupted: %s runs to go; ", thousands(t.flags.seeds-s.Runs)) + text
	}
	if s.Violations == 0 {
		return text + "no promise is broken"
	}
	return text + fmt.Sprintf("%s failed, %s", thousands(t.failed), counted(s.Violations, "violation"))
}
