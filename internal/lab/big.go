package lab

import (
	"runtime/debug"
	"strings"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/sim"
)

// BigSummary is what came of a large world.
type BigSummary struct {
	sim.BigResult
	Facts    int // that were judged
	Checks   int // by all judges
	Failures []Failure
	Excess   []string // what cost more than it may
}

// Big runs a large world and has all judges look at it.
func Big(o sim.BigOptions) BigSummary {
	o.Keep, o.Stack = true, debug.Stack
	s := BigSummary{BigResult: sim.Big(o)}
	records := s.Records
	s.Facts, s.Records, s.Excess = len(records), nil, s.BigResult.Excess()
	if s.Failure != "" {
		property, _, _ := strings.Cut(s.Failure, ":")
		s.Failures = append(s.Failures, Failure{Seed: o.Seed, Property: property, Text: s.Failure + "\n" + s.Result.Sites})
	}
	report := check.Run(records, check.Options{GlobalClock: true, Limit: 1})
	for _, c := range report.Judged {
		s.Checks += c.Checks
	}
	for _, v := range report.Violations {
		s.Failures = append(s.Failures, Failure{Seed: o.Seed, Property: v.Property, Text: v.Text})
	}
	return s
}
