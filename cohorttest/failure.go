package cohorttest

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/cohortkit/cohort/internal/trace"
)

// Failure is a world in which something was wrong.
type Failure struct {
	// Seed makes the same world again.
	Seed uint64
	// What was wrong, in words.
	What string
	// Cohort says whose fault it is: that of Cohort, which then broke one of its
	// promises, or else that of the program.
	Cohort bool
	// Log is what happened: lines of the program, and of who was in and what
	// went wrong. The same seed gives the same log.
	Log []string

	records []trace.Record
	test    string
}

// tail is how many lines of its log the text of a Failure has.
const tail = 40

// String tells the failure, the end of its log and how to see it again.
func (f *Failure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %s\n", f.Seed, f.What)
	if f.Cohort {
		b.WriteString("This is a fault of Cohort, not of the program: please report it with the trace.\n")
	}
	log := f.Log
	if len(log) > tail {
		fmt.Fprintf(&b, "\nThe last %d of %d lines:\n", tail, len(log))
		log = log[len(log)-tail:]
	} else {
		b.WriteString("\nWhat happened:\n")
	}
	for _, line := range log {
		b.WriteString(line + "\n")
	}
	name := strings.ReplaceAll(regexp.QuoteMeta(f.test), "/", "$/^")
	fmt.Fprintf(&b, "\nAgain, with all lines and a trace for \"cohort check\" and \"cohort trace\":\n"+
		"  go test -run '^%s$' -cohort.seed=%d -cohort.trace=run.jsonl\n", name, f.Seed)
	return b.String()
}

// WriteTrace writes what the sites did, in the format of docs/trace.md.
func (f *Failure) WriteTrace(to io.Writer) error { return writeTrace(to, f.Seed, f.records) }

func writeTrace(to io.Writer, seed uint64, records []trace.Record) error {
	w := trace.NewWriter(to, trace.Header{Clock: trace.Simulated, Run: fmt.Sprintf("seed %d", seed)})
	for _, r := range records {
		w.Write(r)
	}
	return w.Close()
}

// fail ends the run; only the first failure counts.
func (w *world) fail(cohort bool, format string, args ...any) {
	if w.failure == nil {
		w.failure = &Failure{Seed: w.seed, What: fmt.Sprintf(format, args...), Cohort: cohort}
		w.line("", w.failure.What)
	}
}
