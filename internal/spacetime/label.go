package spacetime

import (
	"iter"
	"math"
	"unicode/utf8"
)

// Sizes of text in pixels.
const (
	titleSize = 16.0
	rowSize   = 14.0
	labelSize = 11.0
	axisSize  = 11.0
)

// textWidth is an upper estimate of the width of s: fonts differ.
func textWidth(s string, size float64) float64 {
	em := 0.0
	for _, r := range s {
		switch {
		case r == ' ' || r == '.' || r == ',' || r == ':' || r == '/' || r == '(' || r == ')' || r == 'i' || r == 'l':
			em += 0.34
		case r == 'm' || r == 'w' || r == 'M' || r == 'W' || r == '@' || r == '%':
			em += 0.88
		case 'A' <= r && r <= 'Z':
			em += 0.72
		case r < 0x500:
			em += 0.57
		default:
			em += 1.05
		}
	}
	return em * size
}

// shorten cuts s so that it is not wider than width.
func shorten(s string, size, width float64) string {
	if textWidth(s, size) <= width {
		return s
	}
	for len(s) > 0 && textWidth(s+"…", size) > width {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s + "…"
}

// squeeze cuts the middle out of s so that it is not wider than width: the
// names of hosts differ at their ends.
func squeeze(s string, size, width float64) string {
	runes := []rune(s)
	for keep := len(runes) - 1; keep > 0 && textWidth(s, size) > width; keep-- {
		s = string(runes[:keep/2]) + "…" + string(runes[len(runes)-(keep-keep/2):])
	}
	return s
}

// A label is a text above the timelines, tied to a point in time by a line
// straight down from it.
type label struct {
	x        float64 // where the line goes
	full     string  // the text
	brief    string  // instead of it, where there is no room
	view     *view   // what it labels, nil for other things
	text     string  // what is written, "" if there is no room at all
	lane     int     // 0 is the lowest
	from, to float64
}

// maxLanes bounds how many labels lie above each other.
const maxLanes = 5

// placeLabels gives labels, sorted by x, their lanes and places between lo and
// hi, so that no text meets another text or the line of another label. It
// returns the number of lanes and of labels without a place.
func placeLabels(labels []*label, lo, hi float64) (lanes, left int) {
	var placed []*label
	for _, l := range labels {
		if l.fit(placed, lo, hi) || l.fitWithLast(placed, lo, hi) {
			placed = append(placed, l)
		} else {
			left++
		}
	}
	for _, l := range placed {
		lanes = max(lanes, l.lane+1)
	}
	return lanes, left
}

// fit takes the lowest free place, as near to the middle as there is one.
func (l *label) fit(placed []*label, lo, hi float64) bool {
	for p := range l.places(lo, hi) {
		if p.free(placed) {
			*l = p
			return true
		}
	}
	return false
}

// fitWithLast moves the last placed label so that there is room for both.
func (l *label) fitWithLast(placed []*label, lo, hi float64) bool {
	if len(placed) == 0 {
		return false
	}
	last := placed[len(placed)-1]
	before, old := placed[:len(placed)-1], *last
	for p := range last.places(lo, hi) {
		if !p.free(before) {
			continue
		}
		if *last = p; l.fit(placed, lo, hi) {
			return true
		}
	}
	*last = old
	return false
}

// places are the label with each text in each place, best first.
func (l *label) places(lo, hi float64) iter.Seq[label] {
	return func(yield func(label) bool) {
		for _, text := range []string{l.full, l.brief} {
			w := textWidth(text, labelSize)
			for lane := range maxLanes {
				for _, share := range []float64{0.5, 0.35, 0.65, 0.2, 0.8, 0.05, 0.95} {
					p := *l
					p.text, p.lane = text, lane
					p.from = max(lo, min(hi-w, l.x-share*w))
					p.to = p.from + w
					if !yield(p) {
						return
					}
				}
			}
		}
	}
}

// free tells whether the label is clear of others. Labels of the same point
// stand above each other and share a line.
func (l *label) free(others []*label) bool {
	for _, o := range others {
		same := math.Abs(o.x-l.x) < 4
		switch {
		case o.lane != l.lane && same:
		case o.lane == l.lane && l.from < o.to+6 && o.from < l.to+6:
			return false
		case o.lane > l.lane && l.from-3 < o.x && o.x < l.to+3: // its line would cross the text
			return false
		case o.lane < l.lane && o.from-3 < l.x && l.x < o.to+3:
			return false
		}
	}
	return true
}
