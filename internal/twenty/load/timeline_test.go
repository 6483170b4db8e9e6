package load

import (
	"testing"
	"time"
)

func TestTimeline(t *testing.T) {
	begin := time.Now()
	at := func(ms float64) time.Time { return begin.Add(time.Duration(ms * float64(time.Millisecond))) }
	for _, c := range []struct {
		name  string
		marks []float64
		end   float64
		want  time.Duration
	}{
		{name: "never", end: 100, want: 0},
		{name: "once, until the end", marks: []float64{40}, end: 100, want: 60 * time.Millisecond},
		{name: "before the first does not count", marks: []float64{40, 50}, end: 51, want: 10 * time.Millisecond},
		{name: "out of order", marks: []float64{50, 0, 20, 35, 10}, end: 50, want: 15 * time.Millisecond},
		{name: "after the end", marks: []float64{0, 10, 30}, end: 20, want: 20 * time.Millisecond},
		{name: "before the beginning", marks: []float64{-5, 1}, end: 2, want: time.Millisecond},
		{name: "far apart", marks: []float64{0, 5000}, end: 5000, want: 5 * time.Second},
	} {
		l := timeline{begin: begin}
		for _, m := range c.marks {
			l.mark(at(m))
		}
		if got := l.longest(at(c.end)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
