package sim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/core/effect"
)

// noise is what chance decides beside what is done: how long things take, mostly.
// Each kind of choice, of one site or between two, is a list of values with the
// times from which on they hold. A run that was recorded goes the same way again;
// one that was changed since still meets the same weather.
type noise map[choice]*series

// choice is one thing that is decided again and again. Hosts count from 0; with
// from -1 it is the same for all.
type choice struct {
	kind     string
	from, to int
}

// The kinds of choices. Where nothing else is said they are times, in microseconds.
const (
	delays   = "delay"    // how long a frame is under way
	wakes    = "wake"     // until a site handles what came in
	dials    = "dial"     // until a connection is tried, or tried again
	redials  = "redial"   // until a site sees that a connection broke
	waits    = "wait"     // until a frame that a cut held up is tried again
	lates    = "late"     // how long frames of a broken connection still arrive
	seeks    = "seek"     // until a new site looks for others
	handles  = "handle"   // how long a program takes for an item
	replies  = "reply"    // how long it takes to answer
	lets     = "find"     // whether a site that looks for another finds it: 0 or 1
	mannered = "manner"   // of answering: 0 normally, 1 null, 2 with a copy
	states   = "state-of" // the size of a state that is captured, in bytes
	perishes = "perish"   // until a site sees that one on its machine ended
	ponders  = "ponder"   // between what a reader sees and when it relies on it
)

var kindsOfNoise = []string{delays, wakes, dials, redials, waits, lates, seeks, handles, replies, lets, mannered, states, perishes, ponders}

// series are values over time: each holds from its time on, and several of one
// time are taken in turn.
type series struct {
	times  []effect.Time // ascending
	values []int64
	asked  effect.Time // when it was asked last
	turn   int         // how often at that time
}

func (n noise) note(c choice, at effect.Time, v int64) {
	s := n[c]
	if s == nil {
		s = &series{}
		n[c] = s
	}
	s.times = append(s.times, at)
	s.values = append(s.values, v)
}

// look is the value of a choice at a time, if anything is known of it by then.
func (n noise) look(c choice, now effect.Time) (v int64, ok bool) {
	s := n[c]
	if s == nil {
		if c.from >= 0 {
			return n.look(choice{c.kind, -1, -1}, now)
		}
		return 0, false
	}
	if now != s.asked {
		s.asked, s.turn = now, 0
	}
	i, found := slices.BinarySearch(s.times, now)
	if found {
		last := i
		for last+1 < len(s.times) && s.times[last+1] == now && last-i < s.turn {
			last++
		}
		s.turn++
		return s.values[last], true
	}
	if i == 0 {
		return 0, false
	}
	return s.values[i-1], true
}

// lines writes the noise as commands of a story.
func (n noise) lines() (all []string) {
	choices := slices.SortedFunc(maps.Keys(n), func(a, b choice) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), a.from-b.from, a.to-b.to)
	})
	var b strings.Builder
	for _, c := range choices {
		b.Reset()
		fmt.Fprintf(&b, "noise %s %s", c.kind, c.where())
		s := n[c]
		for i := range s.times {
			if i == 0 || s.values[i] != s.values[i-1] || !s.alone(i) {
				fmt.Fprintf(&b, " %s:%d", micros(s.times[i]), s.values[i])
			}
		}
		all = append(all, b.String())
	}
	return all
}

// micros writes a time in microseconds, with the rest as three decimals if any:
// what a clock that drifts wakes at is not whole.
func micros(t effect.Time) string {
	if rest := t % effect.Microsecond; rest != 0 {
		return fmt.Sprintf("%d.%03d", t/effect.Microsecond, rest)
	}
	return strconv.FormatInt(t/effect.Microsecond, 10)
}

// parseMicros is the inverse of micros.
func parseMicros(word string) (effect.Time, error) {
	whole, rest, ok := strings.Cut(word, ".")
	t, err := strconv.ParseInt(whole, 10, 48)
	if !ok || err != nil {
		return t * effect.Microsecond, err
	}
	part, err := strconv.ParseUint(rest, 10, 16)
	if err != nil || len(rest) != 3 {
		return 0, fmt.Errorf("%q: want three decimals", word)
	}
	return t*effect.Microsecond + effect.Time(part), nil
}

// alone reports whether a value, not the first, is the only one of its time.
func (s *series) alone(i int) bool {
	return s.times[i] != s.times[i-1] && (i+1 == len(s.times) || s.times[i+1] != s.times[i])
}

func (c choice) where() string {
	switch {
	case c.from < 0:
		return "*"
	case c.to < 0:
		return strconv.Itoa(c.from + 1)
	}
	return fmt.Sprintf("%d->%d", c.from+1, c.to+1)
}

// doNoise tells how some choices turn out: noise delay 1->2 0:80 12000:95.
func (s *Story) doNoise(args []string) error {
	if err := want(args, 3, "noise delay 1->2 0:80 12000:95"); err != nil {
		return err
	}
	c := choice{args[0], -1, -1}
	if !slices.Contains(kindsOfNoise, c.kind) {
		return fmt.Errorf("no noise is called %q", c.kind)
	}
	if args[1] != "*" {
		from, to, two := strings.Cut(args[1], "->")
		h, err := s.host(from)
		if err != nil {
			return err
		}
		c.from = h.index
		if two {
			if h, err = s.host(to); err != nil {
				return err
			}
			c.to = h.index
		}
	}
	list := &series{asked: -1}
	for _, word := range args[2:] {
		at, value, _ := strings.Cut(word, ":")
		t, err1 := parseMicros(at)
		v, err2 := strconv.ParseInt(value, 10, 64)
		if err := errors.Join(err1, err2); err != nil || (len(list.times) > 0 && t < list.times[len(list.times)-1]) {
			return fmt.Errorf("%q: want a time and a value, in order of time", word)
		}
		list.times, list.values = append(list.times, t), append(list.values, v)
	}
	s.noise[c] = list
	return nil
}

// choose throws a value from lo to hi, or, in a story, takes what it says, or else.
func (w *World) choose(kind string, from, to *host, lo, hi, otherwise int64) int64 {
	c := choice{kind, from.index, -1}
	if to != nil {
		c.to = to.index
	}
	if w.story != nil {
		if v, ok := w.story.noise.look(c, w.now); ok {
			return v
		}
		return otherwise
	}
	v := w.dice.Between(lo, hi)
	w.chosen(c, v)
	return v
}

// chosen records a choice.
func (w *World) chosen(c choice, v int64) {
	if w.recording != nil {
		w.recording.noise.note(c, w.now, v)
	}
}

// takes throws how long something of a site takes, or between two: in a story, if
// it does not say, the shortest time.
func (w *World) takes(kind string, from, to *host, lo, hi int64) effect.Time {
	return w.choose(kind, from, to, lo, hi, lo) * effect.Microsecond
}
