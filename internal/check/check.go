// Package check judges runs: it reads the facts of a trace and says which of
// the promises of virtual synchrony they break.
//
// A judge knows nothing of the program that wrote the trace. It gets the run
// with an index over it (type run) and looks at one property. To add one, write
// a function and a line in the table of properties.go.
//
// Order between sites is used only where Options.GlobalClock allows it; all
// else rests on the order of facts at each site and on who sent what. Runs of
// casts are never taken apart: sets of casts are lists of spans.
package check

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/trace"
)

// Options say how a run may be read.
type Options struct {
	// GlobalClock: the order of the records is the order in which things
	// happened, as in a simulated run. Without it U2, U3 and some parts of
	// others are not judged, and a site whose trace ends without Halt or Crash
	// may have been killed before it wrote its last facts.
	GlobalClock bool
	// Limit is how many violations of one property are listed; 0 means 20.
	Limit int
}

const defaultLimit = 20

// Violation is one broken promise.
type Violation struct {
	Property string // its ID
	Text     string // one sentence
	Events   []int  // indices of the records it rests on, ascending
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (records %v)", v.Property, v.Text, v.Events)
}

// Count says how much was judged for a property. A judge with no checks has
// seen nothing it could judge.
type Count struct {
	Property   string `json:"property"`
	Checks     int    `json:"checks"`
	Violations int    `json:"violations"` // listed or not
}

// Report is what the judges found, ordered as Properties.
type Report struct {
	Violations []Violation
	Judged     []Count
}

// OK tells whether no promise was broken.
func (r *Report) OK() bool { return len(r.Violations) == 0 }

// Run judges a run. Equal arguments give equal reports. It never fails: what is
// wrong with the trace itself is a violation of W1, and a record that makes no
// sense is kept from the other judges.
func Run(records []trace.Record, opt Options) *Report {
	limit := opt.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	r := index(records, opt)
	report := &Report{}
	for _, p := range properties {
		v := &verdict{property: p.ID, limit: limit}
		p.judge(r, v)
		v.sort()
		report.Violations = append(report.Violations, v.found...)
		report.Judged = append(report.Judged, Count{p.ID, v.checks, v.broken})
	}
	return report
}

// verdict collects what one judge says.
type verdict struct {
	property string
	limit    int
	checks   int
	broken   int
	found    []Violation
}

// holds counts a check and returns its result.
func (v *verdict) holds(ok bool) bool {
	v.checks++
	return ok
}

// fail reports a broken promise; the check was counted before.
func (v *verdict) fail(events []int, format string, args ...any) {
	v.broken++
	if len(v.found) >= v.limit {
		return
	}
	events = slices.Clone(events)
	slices.Sort(events)
	v.found = append(v.found, Violation{v.property, fmt.Sprintf(format, args...), slices.Compact(events)})
}

func (v *verdict) sort() {
	slices.SortStableFunc(v.found, func(a, b Violation) int { return slices.Compare(a.Events, b.Events) })
}
