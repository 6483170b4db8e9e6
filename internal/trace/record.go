// Package trace reads and writes runs: facts with their time and site, one JSON
// object a line. The format is described in docs/trace.md.
//
// A Writer and a Reader handle one file; Read brings all files of one run
// together. The encoder is written by hand because a run has millions of facts;
// a test holds it to what encoding/json would write.
package trace

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Version is the version of the format that this package writes and reads.
const Version = 1

// MaxLine is the longest line in bytes, without its end.
const MaxLine = 1 << 20

// Record is one line of a trace.
type Record struct {
	Time int64 // nanoseconds; one clock in the simulator, wall clock otherwise
	Site id.Site
	Fact fact.Fact
}

// Clock says what the times of a trace mean.
type Clock string

// The two clocks.
const (
	Simulated Clock = "simulated" // one clock for all sites, starting at 0
	Wall      Clock = "wall"      // each machine's own, nanoseconds since 1970
)

// Header is the first line of a trace.
type Header struct {
	Clock Clock
	Site  id.Site // the only site in this file; 0 if there may be several
	Run   string  // names the run; files of one run carry the same name
}
