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
	timer timer
	at    effect.Time
}

// timer calls a function some time after it was reset last.
type timer interface {
	Reset(d time.Duration)
	Stop()
}

// newAlarm makes an alarm by the kernel's timer where that is wanted and to be had, and
// by the runtime's otherwise.
func newAlarm(call func(), kernel bool) *alarm {
	if kernel {
		if t := newKernelTimer(call); t != nil {
			return &alarm{timer: t, at: effect.Never}
		}
	}
	return &alarm{timer: runtimeTimer{time.AfterFunc(time.Hour, call)}, at: effect.Never}
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

// runtimeTimer is package time's.
type runtimeTimer struct{ *time.Timer }

func (t runtimeTimer) Reset(d time.Duration) { t.Timer.Reset(d) }
func (t runtimeTimer) Stop()                 { t.Timer.Stop() }
