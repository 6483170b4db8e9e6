package spacetime

import (
	"fmt"
	"strings"
	"time"

	"github.com/cohortkit/cohort/internal/core/fact"
)

const fonts = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

// draw writes the whole figure to its canvas.
func (f *figure) draw() {
	legend := f.newLegend()
	width := float64(f.opt.Width)
	under := f.bottom() + 34
	if f.scale.broken() {
		under += 10
	}
	height := under + legend.height() + margin
	c := &f.c
	c.open("svg", "xmlns", "http://www.w3.org/2000/svg", "width", width, "height", height,
		"viewBox", fmt.Sprintf("0 0 %s %s", num(width), num(height)), "role", "img",
		"aria-labelledby", "st-title st-desc", "font-family", fonts, "fill", ink)
	title := f.opt.Title
	if title == "" {
		title = "Time-space diagram"
	}
	c.text("title", title, "id", "st-title")
	c.text("desc", f.describe(), "id", "st-desc")
	f.drawHeads()
	c.el("rect", "width", width, "height", height, "fill", paper)
	if f.opt.Title != "" {
		c.text("text", shorten(title, titleSize, width-2*margin), "x", margin, "y", margin+titleSize-2,
			"font-size", titleSize, "font-weight", "bold")
	}
	f.drawStays()
	f.drawLeaders()
	f.drawViews()
	f.drawBreaks()
	f.drawRows()
	f.drawTransfers()
	f.drawCasts()
	f.drawMarks()
	f.drawEndings()
	f.drawLabels()
	f.drawAxis()
	legend.draw(c, under)
	c.end()
}

// describe says in words what the diagram shows.
func (f *figure) describe() string {
	var crashes int
	for _, n := range f.nodes {
		for _, l := range n.lives {
			if l.end == crashed && f.window.holds(l.to) && n.first != nil {
				crashes++
			}
		}
	}
	names := make([]string, len(f.rows))
	for i, r := range f.rows {
		names[i] = r.name
	}
	return fmt.Sprintf("Time runs from left to right over %s. Timelines: %s. Groups: %s. "+
		"Group views: %d; casts: %d; state transfers: %d; crashes: %d.",
		duration(f.window.to-f.window.from), strings.Join(names, ", "), strings.Join(groupNames(f.groups), ", "),
		len(f.views), f.total, len(f.transfers), crashes)
}

// drawHeads defines the arrowheads. Figures inside one page share their names
// and shapes.
func (f *figure) drawHeads() {
	c := &f.c
	c.open("defs")
	head := func(s style) {
		c.open("marker", "id", headID(s.order), "viewBox", "0 0 10 8", "refX", 10, "refY", 4,
			"markerWidth", 9, "markerHeight", 7.2, "markerUnits", "userSpaceOnUse", "orient", "auto")
		if s.open {
			c.el("path", "d", s.head, "fill", "none", "stroke", s.colour, "stroke-width", 1.6)
		} else {
			c.el("path", "d", s.head, "fill", s.colour)
		}
		c.end()
	}
	for _, s := range styles {
		head(s)
	}
	head(style{order: "state", colour: state, head: "M0,0L10,4L0,8z"})
	head(style{order: "link", colour: grey, head: "M2,0.6L9.6,4L2,7.4", open: true})
	c.end()
}

func headID(o fact.Order) string {
	if o == "" {
		o = "other"
	}
	return "st-" + string(o)
}

func headURL(o fact.Order) string { return "url(#" + headID(o) + ")" }

// drawStays shades timelines while their process is in a group.
func (f *figure) drawStays() {
	in := make(map[*row]map[*group]bool)
	for _, s := range f.stays {
		if in[s.row] == nil {
			in[s.row] = make(map[*group]bool)
		}
		in[s.row][s.group] = true
	}
	c := &f.c
	c.open("g", "class", "stays")
	for _, s := range f.stays {
		if !s.touches(f.window) {
			continue
		}
		n, place := len(in[s.row]), 0
		for g := range in[s.row] { // order does not matter: they are counted
			if g.number < s.group.number {
				place++
			}
		}
		h := stayWidth / float64(n)
		a, b := f.at(s.row, max(s.from, f.window.from)), f.at(s.row, min(s.to, f.window.to))
		c.el("rect", "x", a.x, "y", a.y-stayWidth/2+float64(place)*h, "width", b.x-a.x, "height", h,
			"fill", s.group.tint().fill, "fill-opacity", 0.7)
	}
	c.end()
}

// drawRows draws names and timelines.
func (f *figure) drawRows() {
	c := &f.c
	left, right := f.scale.left(), f.scale.right()
	c.open("g", "class", "rows", "fill", "none")
	for _, r := range f.rows {
		y := f.y(r)
		c.open("text", "x", left-inset, "y", y+rowSize*0.35, "text-anchor", "end", "font-size", rowSize,
			"font-style", "italic", "fill", ink)
		c.text("title", r.name)
		c.text("tspan", squeeze(r.name, rowSize, maxName))
		c.end()
		c.el("path", "d", segment(point{left, y}, point{right, y}), "stroke", faint)
		for _, l := range r.node.lives {
			f.drawLife(r, l)
		}
	}
	c.end()
}

// drawLife draws the line of one site, with its stalls.
func (f *figure) drawLife(r *row, l *life) {
	w := f.window
	if l.to < w.from || l.from > w.to {
		return
	}
	c := &f.c
	a, b := f.at(r, max(l.from, w.from)), f.at(r, min(l.to, w.to))
	if l.to > w.to && f.last >= w.to {
		b.x += inset / 2 // it goes on
	}
	c.titled(r.name+", site "+l.site.String(), "path", "class", "life", "d", segment(a, b), "stroke", ink, "stroke-width", 1.4)
	for _, s := range l.stalls {
		s.to = min(s.to, l.to)
		if !s.touches(w) {
			continue
		}
		d := segment(f.at(r, max(s.from, w.from)), f.at(r, min(s.to, w.to)))
		c.el("path", "d", d, "stroke", paper, "stroke-width", 2.4)
		c.titled(r.name+" has no majority", "path", "class", "stall", "d", d,
			"stroke", pale, "stroke-width", 2.4, "stroke-dasharray", "5 4")
	}
	if l.started && w.holds(l.from) {
		c.titled(r.name+" starts as site "+l.site.String(), "circle", "class", "start",
			"cx", a.x, "cy", a.y, "r", 3.2, "fill", paper, "stroke", ink, "stroke-width", 1.4)
	}
}

// drawEndings marks crashes and halts.
func (f *figure) drawEndings() {
	f.c.open("g", "class", "endings", "fill", "none")
	for _, r := range f.rows {
		for _, l := range r.node.lives {
			if l.end == running || !f.window.holds(l.to) {
				continue
			}
			if l.end == crashed {
				drawCross(&f.c, f.at(r, l.to), r.name+" crashes")
			} else {
				drawHalt(&f.c, f.at(r, l.to), r.name+" halts: "+l.why)
			}
		}
	}
	f.c.end()
}

func drawCross(c *canvas, p point, title string) {
	const r = 6.5
	d := segment(point{p.x - r, p.y - r}, point{p.x + r, p.y + r}) + segment(point{p.x - r, p.y + r}, point{p.x + r, p.y - r})
	c.el("path", "d", d, "stroke", paper, "stroke-width", 6)
	c.titled(title, "path", "class", "crash", "d", d, "stroke", ink, "stroke-width", 2.8)
}

func drawHalt(c *canvas, p point, title string) {
	const r = 5
	c.titled(title, "rect", "class", "halt", "x", p.x-r, "y", p.y-r, "width", 2*r, "height", 2*r,
		"fill", ink, "stroke", paper, "stroke-width", 1.5)
}

// labelY is the baseline of a label.
func (f *figure) labelY(l *label) float64 { return f.firstRow - 30 - float64(l.lane)*laneHeight }

// drawLeaders draws the lines from labels to what they label.
func (f *figure) drawLeaders() {
	c := &f.c
	c.open("g", "class", "leaders")
	for _, l := range f.labels {
		if l.text == "" {
			continue
		}
		y := f.labelY(l)
		if l.view == nil {
			c.el("path", "class", "quiet", "d", segment(point{l.x, y + 4}, point{l.x, f.bottom()}), "stroke", grey,
				"stroke-dasharray", "2 4")
			continue
		}
		end := f.at(l.view.installs[0].row, f.window.from).y - bandWidth
		c.el("path", "d", segment(point{l.x, y + 4}, point{l.x, end}), "stroke", l.view.group.tint().edge)
	}
	c.end()
}

// drawLabels writes what stands above the timelines.
func (f *figure) drawLabels() {
	c := &f.c
	c.open("g", "class", "labels", "font-size", labelSize)
	for _, l := range f.labels {
		if l.text == "" {
			continue
		}
		y := f.labelY(l)
		c.el("rect", "x", l.from-1, "y", y-labelSize, "width", l.to-l.from+2, "height", laneHeight-1, "fill", paper)
		c.text("text", l.text, "class", "label", "x", (l.from+l.to)/2, "y", y, "text-anchor", "middle")
	}
	c.end()
}

// drawAxis draws the axis of time.
func (f *figure) drawAxis() {
	c := &f.c
	y := f.bottom()
	ticks, u := f.scale.ticks(f.origin, tickGap)
	c.open("g", "class", "axis", "font-size", axisSize, "fill", grey, "stroke", "none")
	for _, p := range f.scale.pieces {
		if !p.idle {
			c.el("path", "d", segment(point{p.x0, y}, point{p.x1, y}), "stroke", grey)
		}
	}
	for _, t := range ticks {
		c.el("path", "class", "tick", "d", segment(point{t.x, y}, point{t.x, y + 5}), "stroke", grey)
		c.text("text", t.text, "x", t.x, "y", y+18, "text-anchor", "middle")
	}
	c.text("text", "time, "+u.name, "x", f.scale.left()-inset, "y", y+4, "text-anchor", "end")
	c.end()
}

// zero says where the axis counts from, empty if that is the clock's zero.
func (f *figure) zero() string {
	if f.origin == 0 {
		return ""
	}
	return "time 0 is " + time.Unix(0, f.origin).UTC().Format("2006-01-02 15:04:05.000000 UTC")
}

// drawBreaks marks compressed periods across the figure and on the axis.
func (f *figure) drawBreaks() {
	c := &f.c
	c.open("g", "class", "breaks", "fill", "none")
	for _, p := range f.scale.pieces {
		if !p.idle {
			continue
		}
		y := f.bottom()
		top := f.firstRow - 24
		c.open("g", "class", "break")
		c.text("title", duration(p.t1-p.t0)+" without events, compressed")
		c.el("rect", "x", p.x0+6, "y", top, "width", p.x1-p.x0-12, "height", y-top, "fill", "#f4f4f4")
		mid := (p.x0 + p.x1) / 2
		drawSlashes(c, point{mid, y})
		c.text("text", duration(p.t1-p.t0), "x", mid, "y", y+32, "text-anchor", "middle", "font-size", axisSize,
			"font-style", "italic", "fill", grey)
		for _, ends := range [][2]float64{{p.x0, mid - 4}, {mid + 4, p.x1}} {
			c.el("path", "d", segment(point{ends[0], y}, point{ends[1], y}), "stroke", grey)
		}
		c.end()
	}
	c.end()
}

// drawSlashes draws the sign of a break.
func drawSlashes(c *canvas, p point) {
	for _, x := range []float64{p.x - 4, p.x + 4} {
		c.el("path", "d", segment(point{x - 4, p.y + 7}, point{x + 4, p.y - 7}), "stroke", grey, "stroke-width", 1.4)
	}
}
