package cohort_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/cohortkit/cohort"
)

// TestGivenUpCall: of a call whose context ended nothing is kept, here or in the core.
func TestGivenUpCall(t *testing.T) {
	s := newSystem(t, 2)
	asked := make(chan struct{}, 1)
	a, b := s.join(s.nodes[0], newDiary()), newDiary()
	_, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{
		OnView: func(v cohort.View) { b.add(fmt.Sprintf("view of %d", len(v.Members))) },
		Handlers: map[cohort.Entry]cohort.Handler{mute: func(r *cohort.Request) {
			r.Defer() // and never answers
			asked <- struct{}{}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(s.ctx)
	go func() {
		<-asked
		giveUp()
	}()
	if _, err := a.Call(ctx, cohort.Total, mute, cohort.Message{}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up: %v", err)
	}
	if n := s.nodes[0].OpenCalls(); n != 0 {
		t.Errorf("%d calls are open", n)
	}
	if err := a.Flush(s.ctx); err != nil { // behind the call in the core
		t.Fatal(err)
	}
	for _, w := range s.nodes[0].Why() {
		if w.Read().Text("what") == "call" { // of the cast the other program may not be done yet
			t.Errorf("still waits: %v", w)
		}
	}
}
