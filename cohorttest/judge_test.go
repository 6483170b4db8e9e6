package cohorttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/trace"
)

// The judges are asked after every world; what they find is Cohort's fault and
// outweighs what the program's check says.
func TestJudgesSpeakFirst(t *testing.T) {
	x := &outcome{seed: 3, failure: &Failure{What: "odd books"}, records: []trace.Record{
		{Site: 9, Fact: fact.Start{Name: "n1"}},
		{Site: 9, Fact: fact.Halt{Why: "left"}},
		{Site: 9, Fact: fact.Stall{}},
	}}
	x.judge()
	if !x.failure.Cohort || !strings.Contains(x.failure.What, "broke a promise") || !strings.Contains(x.failure.String(), "report it") {
		t.Errorf("a site that goes on after its end is taken for %+v", x.failure)
	}
}

func TestTraceIsKept(t *testing.T) {
	defer func(before string) { *flagTrace = before }(*flagTrace)
	*flagTrace = filepath.Join(t.TempDir(), "run.jsonl")
	x := &outcome{seed: 3, records: []trace.Record{{Time: 5, Site: 9, Fact: fact.Start{Name: "n1"}}}}
	x.keep(t)
	run, err := trace.Read(*flagTrace)
	if err != nil || run.Clock != trace.Simulated || len(run.Records) != 1 {
		text, _ := os.ReadFile(*flagTrace)
		t.Errorf("the trace has %+v, %v:\n%s", run, err, text)
	}
}
