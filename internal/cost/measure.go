package cost

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// Measure counts what a message of shape s costs, but for instructions. mark is
// called when the counting begins and when it ends: who counts instructions from
// outside takes those in between, by Messages. What it takes to start, and
// the first messages, do not count.
//
// The counts are steady if the process has one processor and no garbage
// collection (environment).
func Measure(s Shape, mark func()) (c Counts, err error) {
	w, p := &world{}, newProgram(s)
	defer w.close() // after the program, whose nodes would look for the system again
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.join(w); err != nil {
		return c, err
	}
	l := load{s, w, p}
	if err := l.run(s.turns() / 4); err != nil {
		return c, err
	}
	var before, after runtime.MemStats
	frames, wire, handled := w.frames, w.wire, p.handled()
	runtime.ReadMemStats(&before)
	mark()
	err = l.run(s.turns())
	mark()
	runtime.ReadMemStats(&after)
	if err != nil {
		return c, err
	}
	if got, want := p.handled()-handled, members*s.Messages(); got != want {
		return c, fmt.Errorf("cost: %d messages were handled in place of %d", got, want)
	}
	each := func(n float64) float64 { return rounded(n / float64(s.Messages())) }
	return Counts{
		Allocs: each(float64(after.Mallocs - before.Mallocs)), Bytes: each(float64(after.TotalAlloc - before.TotalAlloc)),
		Frames: each(float64(w.frames - frames)), Wire: each(float64(w.wire - wire)),
	}, nil
}

// Messages is how many messages Measure counts.
func (s Shape) Messages() int {
	if s.Alone {
		return s.turns()
	}
	return s.turns() * s.batch() * members
}

// load is a shape's messages on their way.
type load struct {
	Shape
	w *world
	p program
}

// run casts for so many turns, and returns when all is stable.
func (l *load) run(turns int) error {
	if l.Alone {
		return l.alone(turns)
	}
	var left [members]int
	for i := range left {
		left[i] = turns
	}
	bytes := l.batch() * l.weight()
	for range maxRounds {
		if left == [members]int{} {
			return l.w.rest()
		}
		for i, s := range l.w.sites {
			if left[i] > 0 && s.room(bytes) {
				left[i]--
				if err := l.cast(i, l.batch()); err != nil {
					return err
				}
			}
		}
		if err := l.w.round(); err != nil {
			return err
		}
	}
	return errStuck
}

// alone casts one after the other.
func (l *load) alone(n int) error {
	for range n {
		all := l.p.handled() + members
		if err := l.cast(members-1, 1); err != nil {
			return err
		}
		if err := l.w.until(func() bool { return l.p.handled() == all }); err != nil {
			return err
		}
	}
	return l.w.rest()
}

func (l *load) cast(i, n int) error {
	l.w.sites[i].sent += n * l.weight()
	return l.p.cast(i, n)
}

// weight is what a message counts in a window.
func (l *load) weight() int {
	size := l.Size
	if l.Layer != Core {
		size += 2 // its entry and format
	}
	return msg.Weight(1, msg.CastSize(size))
}

// rounded keeps four significant digits.
func rounded(x float64) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}
