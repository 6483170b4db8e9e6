package node

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core/effect"
)

// An alarm calls in time, is moved only to be sooner, and goes on when it has called.
func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		now := func() effect.Time { return effect.Time(time.Since(began)) }
		calls := make(chan effect.Time, 10)
		a := newAlarm(func() { calls <- now() }, false)
		defer a.stop()
		until := func(at effect.Time) {
			time.Sleep(time.Duration(at - now()))
			synctest.Wait()
		}
		a.set(now(), 100)
		a.set(now(), 200) // the call at 100 will do
		until(50)
		a.set(now(), 80)
		until(79)
		if len(calls) > 0 || a.called(now()) {
			t.Fatalf("called %d times too early", len(calls))
		}
		until(150)
		if !a.called(now()) {
			t.Error("it does not know that it has called")
		}
		a.set(now(), 200)
		until(250)
		a.set(now(), 240) // which has passed
		until(260)
		close(calls)
		if got, want := drained(calls), []effect.Time{80, 200, 250}; !slices.Equal(got, want) {
			t.Errorf("called at %v, want %v", got, want)
		}
	})
}

func drained(calls <-chan effect.Time) (list []effect.Time) {
	for at := range calls {
		list = append(list, at)
	}
	return list
}
