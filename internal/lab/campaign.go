// Package lab runs the simulator over many seeds on all processors and has the
// judges look at every run. It also proves that they see something: bugs are
// planted in the core, one at a time, and hunted down (testdata/bugs).
package lab

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/sim"
	"github.com/cohortkit/cohort/internal/trace"
)

// Options say which runs a campaign has. The zero value of a field has a default.
type Options struct {
	Seeds   int    // how many; default 100
	First   uint64 // the first seed
	Sites   int    // 0: as the simulator thinks fit
	Groups  int
	Faults  sim.Faults
	Workers int // runs at a time; default GOMAXPROCS
	// Progress, when set, is called after each run, in order of the seeds and
	// from the goroutine that called Campaign.
	Progress func(*Summary)
	// Records, when set, is given the trace of each run, from many goroutines
	// and in any order.
	Records func(seed uint64, records []trace.Record)
}

// Failure is a run in which something was wrong, and the command that repeats it.
type Failure struct {
	Seed     uint64 `json:"seed"`
	Property string `json:"property"` // its ID, or "panic", "state", "stream" or "wire"
	Text     string `json:"text"`
	Replay   string `json:"replay"`
}

// Summary is what came of a campaign.
type Summary struct {
	Runs       int `json:"runs"`
	Violations int `json:"violations"` // of promises, listed or not; 1 for a panic
	Lost       int `json:"lost"`       // runs whose system lost its majority for good
	sim.Stats
	// Judged is how often each promise was checked, over all runs.
	Judged []check.Count `json:"judged"`
	// Failures has, of each property, the first ones: one for a run.
	Failures []Failure `json:"failures,omitempty"`
}

// maxFailures is how many failures of one property are listed.
const maxFailures = 20

// Campaign runs and judges all seeds. It blocks until they are done, or until
// ctx ends; then it returns what was done so far.
func Campaign(ctx context.Context, o Options) Summary {
	if o.Seeds == 0 {
		o.Seeds = 100
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	var s Summary
	for r := range inOrder(ctx, o.Workers, o.Seeds, func(i int) outcome { return o.run(o.First + uint64(i)) }) {
		s.add(r)
		if o.Progress != nil {
			o.Progress(&s)
		}
	}
	return s
}

// outcome is what is kept of one run.
type outcome struct {
	stats    sim.Stats
	lost     bool
	judged   []check.Count
	failures []Failure
}

func (o Options) run(seed uint64) outcome {
	r := sim.Run(sim.Options{
		Seed: seed, Sites: o.Sites, Groups: o.Groups, Faults: o.Faults, Keep: true, Stack: debug.Stack,
	})
	if o.Records != nil {
		o.Records(seed, r.Records)
	}
	report := check.Run(r.Records, check.Options{GlobalClock: true, Limit: 1})
	out := outcome{stats: r.Stats, lost: r.Lost, judged: report.Judged}
	fail := func(property, text string) {
		out.failures = append(out.failures, Failure{seed, property, text, o.replay(seed)})
	}
	if r.Failure != "" {
		property, _, _ := strings.Cut(r.Failure, ":")
		fail(property, r.Failure+"\n"+r.Sites)
	}
	for _, v := range report.Violations {
		fail(v.Property, v.Text)
	}
	return out
}

// replay is the command that repeats one run.
func (o Options) replay(seed uint64) string {
	cmd := fmt.Sprintf("go run ./cmd/cohort sim --seeds 1 --first %d", seed)
	if o.Sites != 0 {
		cmd += fmt.Sprintf(" --sites %d", o.Sites)
	}
	if o.Groups != 0 {
		cmd += fmt.Sprintf(" --groups %d", o.Groups)
	}
	if o.Faults.Name != "" {
		cmd += " --faults " + o.Faults.Name
	}
	return cmd
}

func (s *Summary) add(r outcome) {
	s.Runs++
	s.Add(r.stats)
	if r.lost {
		s.Lost++
	}
	if s.Judged == nil {
		s.Judged = make([]check.Count, len(r.judged))
	}
	judged := 0
	for i, c := range r.judged {
		s.Judged[i].Property = c.Property
		s.Judged[i].Checks += c.Checks
		s.Judged[i].Violations += c.Violations
		s.Violations += c.Violations
		if c.Violations > 0 {
			judged++
		}
	}
	s.Violations += len(r.failures) - judged // a panic, say
	for _, f := range r.failures {
		listed := 0
		for _, g := range s.Failures {
			if g.Property == f.Property {
				listed++
			}
		}
		if listed < maxFailures {
			s.Failures = append(s.Failures, f)
		}
	}
}
