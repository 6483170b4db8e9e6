package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Tally is what all sites wrote for one step of a story, without what they would
// have said anyway or that nobody waits for: heartbeats, bonds, acknowledgements.
type Tally struct {
	Frames   int            // with at least one of the messages
	Messages map[string]int // by kind
}

// countFor is how long a step is given to come to its end, and how long all is
// given to come to rest before it.
const countFor = 2 * effect.Second

// Count plays the lines of opening as a story does, without a judge, then those of
// step, and counts what is written from there on until all is at rest. In a story
// nothing is left to chance, so the numbers are exact.
func Count(opening, step string) (Tally, error) {
	s := newStory()
	s.silent = true
	play := func(text string) {
		for line := range strings.Lines(text) {
			s.line++
			if line = strings.TrimSpace(line); line != "" {
				s.do(line)
			}
		}
		if s.w != nil {
			s.run(countFor)
		}
	}
	play(opening)
	if s.w == nil {
		return Tally{}, fmt.Errorf("sim: no site to count: %w", errors.Join(s.errs...))
	}
	t := &tally{}
	s.w.tally = t
	play(step)
	if s.w.failure != "" {
		s.errs = append(s.errs, errors.New(s.w.failure))
	}
	return t.result(), errors.Join(s.errs...)
}

// tally counts the messages of a step.
type tally struct {
	frames int
	kinds  [msg.KindEnd]int
}

// aside reports whether a message is none of a step's.
func aside(m msg.Message) bool {
	return m.Kind() == msg.KindHeartbeat || m.Kind() == msg.KindBond || m.Kind() == msg.KindAck
}

// wrote counts a frame. The nil tally counts nothing.
func (t *tally) wrote(f *msg.Frame) {
	if t == nil || !slices.ContainsFunc(f.Msgs, func(m msg.Message) bool { return !aside(m) }) {
		return
	}
	t.frames++
	for _, m := range f.Msgs {
		if !aside(m) {
			t.kinds[m.Kind()]++
		}
	}
}

// result names what was counted.
func (t *tally) result() Tally {
	r := Tally{Frames: t.frames, Messages: map[string]int{}}
	for name, k := range kinds { // order does not matter: each has its place
		if n := t.kinds[k]; n > 0 {
			r.Messages[name] = n
		}
	}
	return r
}
