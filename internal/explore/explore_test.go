package explore

import (
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core/msg"
)

func try(t *testing.T, w *World) {
	begun := time.Now()
	r, err := Explore(t.Context(), w, Options{States: 3000000, Progress: func(r Result) { t.Logf("%+v in %v", r, time.Since(begun)) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Failures {
		t.Errorf("%s: %s", f.Property, f.Text)
		for _, line := range f.Trail {
			t.Log("  " + line)
		}
	}
	r.Failures = nil
	t.Logf("%+v in %v", r, time.Since(begun))
}

func TestTry(t *testing.T) {
	c := func(o msg.Order, safe bool) Act { return Act{Do: Cast, Order: o, Safe: safe} }
	for name, w := range map[string]*World{
		"two":        {Sites: 3, Groups: [][]int{{1, 2, 3}}, Acts: [][]Act{{c(msg.FIFO, false)}, {c(msg.Causal, false)}, nil}, Faults: AnyCrash(3), Budget: 1},
		"total":      {Sites: 3, Groups: [][]int{{1, 2, 3}}, Acts: [][]Act{nil, {c(msg.Total, false)}, {c(msg.Total, false)}}},
		"totalcrash": {Sites: 3, Groups: [][]int{{1, 2, 3}}, Acts: [][]Act{nil, {c(msg.Total, false)}, {c(msg.Total, false)}}, Faults: AnyCrash(3), Budget: 1},
		"safe":       {Sites: 3, Groups: [][]int{{1, 2, 3}}, Acts: [][]Act{{c(msg.FIFO, true)}, nil, nil}, Faults: AnyCrash(3), Budget: 1},
		"wrong":      {Sites: 3, Groups: [][]int{{1, 2, 3}}, Acts: [][]Act{{c(msg.FIFO, true)}, nil, nil}, Faults: AnyWrong(3), Budget: 1},
		"timers":     {Sites: 3, Groups: [][]int{{1, 2, 3}}, Acts: [][]Act{{c(msg.FIFO, true)}, nil, nil}, Timers: 2},
	} {
		t.Run(name, func(t *testing.T) { try(t, w) })
	}
}
