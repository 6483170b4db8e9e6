package node

import (
	"time"

	"github.com/cohortkit/cohort/internal/core/effect"
)

// alarm calls a function when its time has come, or sooner: who is called looks whether
// it is time, and sets it anew. It is moved only when it would be late. A goroutine that
// waits for a time as well as for events would set a timer for each wait, and for each
// the runtime wakes a thread that is to look after it.
type alarm struct {
	timer *time.Timer
	at    effect.Time
}

func newAlarm(call func()) *alarm {
	return &alarm{timer: time.AfterFunc(time.Hour, call), at: effect.Never}
}

// set makes sure that the call comes at that time or before.
func (a *alarm) set(now, at effect.Time) {
	if at < a.at || a.called(now) {
		a.timer.Reset(time.Duration(max(at-now, 0)))
		a.at = at
	}
}

// called reports whether the call has come, or is about to.
func (a *alarm) called(now effect.Time) bool { return a.at <= now }

func (a *alarm) stop() { a.timer.Stop() }
