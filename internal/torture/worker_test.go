package torture

import (
	"path/filepath"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/trace"
)

// An attempt to start has a trace of its own: that of one that fails is not written on.
func TestATraceForEachAttempt(t *testing.T) {
	w := &worker{order: order{Trace: filepath.Join(t.TempDir(), "m1-1.jsonl")}}
	for attempt := 1; attempt <= 2; attempt++ {
		if err := w.newTrace(attempt); err != nil {
			t.Fatal(err)
		}
		out := trace.NewWriter(w.trace, trace.Header{Clock: trace.Wall})
		out.Write(trace.Record{Time: 5, Site: 101, Fact: fact.Stall{}})
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.trace.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(w.Trace), "*.jsonl"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	if _, err := trace.Read(files...); err != nil {
		t.Error(err)
	}
}
