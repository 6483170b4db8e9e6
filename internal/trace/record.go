// Package trace reads and writes runs: facts with their time and site, one JSON
// object a line. The format is described in docs/trace.md.
package trace

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Record is one line of a trace.
type Record struct {
	Time int64 // nanoseconds; one clock in the simulator, wall clock otherwise
	Site id.Site
	Fact fact.Fact
}
