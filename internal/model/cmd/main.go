// Command cmd checks the models of the design, also within large bounds, and
// prints what it has visited. It fails if a design does not hold or a rule that
// was left out is not missed, and with 2 if there is no such model.
//
//	go run ./internal/model/cmd [-model name] [-large=false] [-trace] [-limit n]
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/cohortkit/cohort/internal/model"
	"github.com/cohortkit/cohort/internal/model/catalog"
)

func main() {
	only := flag.String("model", "", "check the cases of this `model` alone")
	large := flag.Bool("large", true, "check the large bounds as well")
	trace := flag.Bool("trace", false, "print the traces to what goes wrong when a rule is left out")
	limit := flag.Int("limit", 60_000_000, "visit at most this `number` of states")
	flag.Parse()
	wrong, known := 0, *only == ""
	for _, c := range catalog.Cases() {
		if *only != "" && c.Model != *only {
			continue
		}
		known = true
		if (*large || !c.Large) && !run(c, *limit, *trace) {
			wrong++
		}
	}
	if !known {
		fmt.Fprintf(os.Stderr, "no model is called %q\n", *only)
		os.Exit(2)
	}
	if wrong > 0 {
		fmt.Printf("%d cases are not as they should be\n", wrong)
		os.Exit(1)
	}
}

// run checks one case, prints its line, and reports whether it came out as it
// should.
func run(c model.Case, limit int, trace bool) bool {
	start := time.Now()
	r := c.Run(limit)
	took := time.Since(start).Round(100 * time.Millisecond)
	verdict, good := "holds", r.Failure == nil && r.Whole && len(r.Missed) == 0
	what := c.Bounds
	switch {
	case c.Broken != "":
		good = r.Failure != nil
		what = "BROKEN: " + c.Broken
		verdict = "not found"
		if good {
			verdict = fmt.Sprintf("found in %d steps", len(r.Failure.Trace)-1)
		}
	case r.Failure != nil:
		verdict = "FAILS"
	case !r.Whole:
		verdict = "NOT ALL VISITED"
	case len(r.Missed) > 0:
		verdict = fmt.Sprintf("NEVER SEEN: %q", r.Missed)
	}
	fmt.Printf("%-7s %-104s %9d states %10d steps  depth %3d %7v  %s\n", c.Model, what, r.States, r.Steps, r.Depth, took, verdict)
	if r.Failure != nil && (trace || !good) {
		fmt.Print(r.Failure)
	}
	return good
}
