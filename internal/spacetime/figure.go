package spacetime

import (
	"cmp"
	"math"
	"slices"
)

// Measures in pixels.
const (
	margin     = 18.0
	inset      = 14.0 // from the names to the window, and from it to the right
	maxName    = 130.0
	laneHeight = 15.0
	bandWidth  = 15.0
	stayWidth  = 9.0
	tickGap    = 90.0
)

// A figure is a run with a place for everything.
type figure struct {
	*run
	opt       Options
	c         canvas
	scale     *scale
	labels    []*label
	unlabeled int
	top       float64 // of the labels
	firstRow  float64
	pitch     float64 // from row to row
	origin    int64   // the axis counts from here
}

// wallClock is the least time taken for a wall clock's, in 1973; a
// simulator's clock starts near 0.
const wallClock = 100_000_000_000_000_000

// layOut finds the places.
func layOut(r *run, opt Options) *figure {
	f := &figure{run: r, opt: opt, pitch: 54}
	if len(r.rows) > 6 {
		f.pitch = 46
	}
	if len(r.rows) > 12 {
		f.pitch = 34
	}
	if r.window.from >= wallClock {
		f.origin = r.first
	}
	names := textWidth("time, ms", axisSize)
	for _, row := range r.rows {
		names = max(names, min(maxName, textWidth(row.name, rowSize)))
	}
	left := margin + names + inset
	f.scale = newScale(r.window, f.events(), left, float64(opt.Width)-margin-inset, opt.Linear)
	f.casts = sample(f.casts, cmp.Or(max(opt.MaxCasts, 0), f.readable()))

	f.top = margin
	if opt.Title != "" {
		f.top += titleSize + 10
	}
	for _, v := range r.views {
		f.labels = append(f.labels, &label{x: f.scale.x(v.installs[0].at), full: v.label(), brief: v.brief(), view: v})
	}
	for _, t := range r.quiet {
		f.labels = append(f.labels, &label{x: f.scale.x(t), full: "faults end", brief: "quiet"})
	}
	slices.SortStableFunc(f.labels, func(a, b *label) int { return cmp.Compare(a.x, b.x) })
	lanes, unlabeled := placeLabels(f.labels, left-inset, float64(opt.Width)-margin)
	f.unlabeled = unlabeled
	f.firstRow = f.top + float64(lanes)*laneHeight + 30
	return f
}

// events are the times of what is drawn.
func (f *figure) events() []int64 {
	var ts []int64
	add := func(s span) { ts = append(ts, s.from, s.to) }
	for _, r := range f.rows {
		for _, l := range r.node.lives {
			add(span{l.from, l.to})
			for _, s := range l.stalls {
				add(s)
			}
		}
	}
	for _, v := range f.views {
		for _, i := range v.installs {
			ts = append(ts, i.at)
		}
	}
	for _, s := range f.stays {
		add(s.span)
	}
	for _, t := range f.transfers {
		add(t.span)
	}
	for _, m := range f.marks {
		ts = append(ts, m.at)
	}
	for _, c := range f.casts {
		ts = append(ts, c.at)
		for _, d := range c.deliveries {
			ts = append(ts, d.at)
		}
		for _, m := range c.calls {
			ts = append(ts, m.at)
		}
		for _, l := range c.links {
			add(l.span)
		}
	}
	return append(ts, f.quiet...)
}

// readable is how many casts can be drawn so that their arrows can be told
// apart: limits are how many arrows there are to a pixel of width, and how
// many cross each point of time.
func (f *figure) readable() int {
	const density, crossing, least = 0.3, 7, 12
	arrows, width := 1.0, 1.0
	for _, c := range f.casts {
		for _, d := range c.deliveries {
			if d.row != c.row {
				arrows++
			}
			if d.row != c.row && !c.stub(d) {
				width += math.Abs(f.scale.x(d.at) - f.scale.x(c.at))
			}
		}
	}
	share := min(density*f.scale.width()/arrows, crossing*f.scale.width()/width, 1)
	return max(least, int(share*float64(len(f.casts))))
}

// y is the height of a row's timeline.
func (f *figure) y(r *row) float64 { return f.firstRow + float64(r.index)*f.pitch }

// at is the point of a row at a time.
func (f *figure) at(r *row, t int64) point { return point{f.scale.x(t), f.y(r)} }

// bottom is where the timelines end and the axis is.
func (f *figure) bottom() float64 { return f.firstRow + float64(max(len(f.rows)-1, 0))*f.pitch + 34 }

// clip cuts the line from a to b at the ends of the window. It reports
// whether b was kept, and whether anything was.
func (f *figure) clip(a, b point) (from, to point, head, ok bool) {
	lo, hi := f.scale.left(), f.scale.right()
	const slack = 0.05
	cut := func(p, q point, x float64) point {
		return point{x, p.y + (q.y-p.y)*(x-p.x)/(q.x-p.x)}
	}
	if max(a.x, b.x) < lo-slack || min(a.x, b.x) > hi+slack {
		return a, b, false, false
	}
	from, to, head = a, b, true
	if from.x < lo-slack {
		from = cut(a, b, lo)
	} else if from.x > hi+slack {
		from = cut(a, b, hi)
	}
	if to.x < lo-slack {
		to, head = cut(a, b, lo), false
	} else if to.x > hi+slack {
		to, head = cut(a, b, hi), false
	}
	return from, to, head, true
}
