package sim

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

// loan is a body that its site has to give back, and that is overwritten when it
// does: whoever reads or sends it after that spoils the run.
type loan struct {
	w        *World
	body     []byte
	kept     bool
	returned bool
}

// scribble is what returned bodies are overwritten with: no cast has a length that
// begins so.
const scribble = 0xee

func (l *loan) Keep() { l.kept = true }

func (l *loan) Return() {
	if l.returned {
		l.w.failure = "lent: a body is given back twice"
	}
	l.returned = true
	if l.kept {
		return
	}
	l.w.stats.Loans++
	for i := range l.body {
		l.body[i] = scribble
	}
}

// lend makes a cast's body one that has to be given back.
func (w *World) lend(ev core.Cast) core.Cast {
	ev.Loan = &loan{w: w, body: ev.Body}
	return ev
}

// lendState is lend for a piece of state.
func (w *World) lendState(ev core.StateBlock) core.StateBlock {
	ev.Bytes = slices.Clone(ev.Bytes)
	ev.Loan = &loan{w: w, body: ev.Bytes}
	return ev
}

// spent reports whether a run's body is no longer there.
func spent(r *msg.Run) bool {
	l, ok := r.Loan.(*loan)
	return ok && l.returned && !l.kept
}

// checkLent demands that what a site writes is there.
func (w *World) checkLent(from *site, f *msg.Frame) {
	for _, m := range f.Msgs {
		var run *msg.Run
		switch m := m.(type) {
		case *msg.Data:
			run = m.Run
		case *msg.Part:
			run = m.Run
		}
		if run != nil && spent(run) {
			w.failure = fmt.Sprintf("lent: %v sends cast %d of its stream or another's, which it has given back", from.id, run.First)
		}
	}
}

// decode makes a frame of bytes that others may receive too. What may be given
// back is lent.
func (w *World) decode(b []byte) (*msg.Frame, error) {
	f, err := wire.DecodeFrame(b)
	if err != nil || f.Lane == msg.LaneControl {
		return f, err
	}
	for _, m := range f.Msgs {
		switch m := m.(type) {
		case *msg.Data:
			if len(m.Run.Body) > 0 {
				m.Run.Body = slices.Clone(m.Run.Body)
				m.Run.Loan = &loan{w: w, body: m.Run.Body}
			}
		case *msg.XferBlock:
			m.Bytes = slices.Clone(m.Bytes)
			m.Loan = &loan{w: w, body: m.Bytes}
		}
	}
	return f, nil
}
