package spacetime

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Idle periods.
const (
	breakWidth = 34.0 // pixels of a compressed period
	maxBreaks  = 6
	minShare   = 0.25 // of the time left, from which a gap is long
	minRatio   = 10   // to the mean of the other gaps
)

// A scale maps time to pixels, piece by piece.
type scale struct {
	pieces []piece
	rate   float64 // pixels for a nanosecond outside idle pieces
}

type piece struct {
	t0, t1 int64
	x0, x1 float64
	idle   bool // compressed
}

// newScale maps the window to x0..x1. Unless linear, long periods without
// any of the events are compressed.
func newScale(w span, events []int64, x0, x1 float64, linear bool) *scale {
	var idle []span
	if !linear {
		idle = idlePeriods(w, events)
	}
	busy := w.to - w.from
	for _, g := range idle {
		busy -= g.to - g.from
	}
	s := &scale{rate: (x1 - x0 - breakWidth*float64(len(idle))) / float64(busy)}
	t, x := w.from, x0
	add := func(to int64, width float64, idle bool) {
		if to > t {
			s.pieces = append(s.pieces, piece{t, to, x, x + width, idle})
			t, x = to, x+width
		}
	}
	for _, g := range idle {
		add(g.from, float64(g.from-t)*s.rate, false)
		add(g.to, breakWidth, true)
	}
	add(w.to, float64(w.to-t)*s.rate, false)
	return s
}

// idlePeriods chooses the gaps between events that are worth compressing, and
// leaves some time before and after each.
func idlePeriods(w span, events []int64) []span {
	times := []int64{w.from, w.to}
	for _, t := range events {
		if w.holds(t) {
			times = append(times, t)
		}
	}
	slices.Sort(times)
	var gaps []span
	for i, t := range times[1:] {
		if t > times[i] {
			gaps = append(gaps, span{times[i], t})
		}
	}
	sort.SliceStable(gaps, func(i, j int) bool { return gaps[i].to-gaps[i].from > gaps[j].to-gaps[j].from })
	left := w.to - w.from
	var idle []span
	for i, g := range gaps {
		size := g.to - g.from
		others := len(gaps) - i - 1
		if len(idle) == maxBreaks || others == 0 || float64(size) < minShare*float64(left) ||
			float64(size) < minRatio*float64(left-size)/float64(others) {
			break
		}
		idle = append(idle, g)
		left -= size
	}
	for i := range idle {
		pad := min((idle[i].to-idle[i].from)/10, left/40)
		idle[i].from += pad
		idle[i].to -= pad
	}
	sort.Slice(idle, func(i, j int) bool { return idle[i].from < idle[j].from })
	return idle
}

// x is the place of time t; beyond the window the scale goes on evenly.
func (s *scale) x(t int64) float64 {
	first, last := s.pieces[0], s.pieces[len(s.pieces)-1]
	if t < first.t0 {
		return first.x0 - float64(first.t0-t)*s.rate
	}
	if t > last.t1 {
		return last.x1 + float64(t-last.t1)*s.rate
	}
	i := sort.Search(len(s.pieces), func(i int) bool { return t <= s.pieces[i].t1 })
	p := s.pieces[i]
	return p.x0 + float64(t-p.t0)/float64(p.t1-p.t0)*(p.x1-p.x0)
}

// left and right are the ends of the window, width what lies between.
func (s *scale) left() float64  { return s.pieces[0].x0 }
func (s *scale) right() float64 { return s.pieces[len(s.pieces)-1].x1 }
func (s *scale) width() float64 { return s.right() - s.left() }

// broken tells whether some time is compressed.
func (s *scale) broken() bool {
	return slices.ContainsFunc(s.pieces, func(p piece) bool { return p.idle })
}

// A unit of time.
type unit struct {
	name string
	size int64 // nanoseconds
}

// unitFor is the largest unit in which step needs at most one decimal.
func unitFor(step int64) unit {
	units := []unit{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}}
	for _, u := range units {
		if step >= u.size/10 {
			return u
		}
	}
	return unit{"ns", 1}
}

// niceStep is the least of 1, 2, 5, 10, 20, ... that is not below d.
func niceStep(d float64) int64 {
	step := int64(1)
	for {
		for _, m := range []int64{1, 2, 5} {
			if float64(step*m) >= d {
				return step * m
			}
		}
		if step > math.MaxInt64/100 {
			return step
		}
		step *= 10
	}
}

// A tick of the axis, at time t after the origin.
type tick struct {
	x    float64
	text string
}

// ticks are the marks of the axis, about gap pixels apart and never nearer
// than their texts allow, and the unit they are in. Time counts from origin.
func (s *scale) ticks(origin int64, gap float64) ([]tick, unit) {
	step := niceStep(gap / s.rate)
	u := unitFor(step)
	var out []tick
	for _, p := range s.pieces {
		if p.idle {
			continue
		}
		here := step
		for !multipleIn(p.t0-origin, p.t1-origin, here) && here > 1 {
			here = stepBelow(here)
		}
		single := here != step // the roundest time of a short piece is enough
		for t := roundUp(p.t0-origin, here); t <= p.t1-origin; t += here {
			tk := tick{s.x(t + origin), u.format(t, min(step, here))}
			if n := len(out); n == 0 || tk.x-out[n-1].x > (textWidth(tk.text, axisSize)+textWidth(out[n-1].text, axisSize))/2+10 {
				out = append(out, tk)
			}
			if single {
				break
			}
		}
	}
	return out, u
}

// stepBelow is the next smaller step of 1, 2, 5, 10, ...
func stepBelow(step int64) int64 {
	lead := step
	for lead >= 10 {
		lead /= 10
	}
	if lead == 5 {
		return step / 5 * 2
	}
	return step / 2
}

func roundUp(t, step int64) int64 {
	r := t % step
	if r < 0 {
		r += step
	}
	if r == 0 {
		return t
	}
	return t + step - r
}

func multipleIn(t0, t1, step int64) bool { return roundUp(t0, step) <= t1 }

// format writes time t in the unit, with the decimals that step needs.
func (u unit) format(t, step int64) string {
	decimals := 0
	for d := u.size; d > 1 && step%d != 0; d /= 10 {
		decimals++
	}
	sign := ""
	if t < 0 {
		sign, t = "-", -t
	}
	text := sign + strconv.FormatInt(t/u.size, 10)
	if decimals == 0 {
		return text
	}
	rest := strconv.FormatInt(t%u.size+u.size, 10)[1:]
	return text + "." + rest[:decimals]
}

// duration writes a span of time with two or three digits and its unit.
func duration(d int64) string {
	for _, u := range []unit{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		if d >= u.size {
			v := float64(d) / float64(u.size)
			prec := 1
			if v >= 100 {
				prec = 0
			}
			return strings.TrimSuffix(strconv.FormatFloat(v, 'f', prec, 64), ".0") + " " + u.name
		}
	}
	return strconv.FormatInt(d, 10) + " ns"
}
