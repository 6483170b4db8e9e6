package spacetime

import "github.com/cohortkit/cohort/internal/core/fact"

// drawMarks draws the small marks on the timelines, and of drawn casts the
// begin and end of calls.
func (f *figure) drawMarks() {
	c := &f.c
	c.open("g", "class", "marks", "fill", "none")
	f.drawInstalls()
	for _, m := range f.marks {
		drawMark(c, m.kind, f.at(m.row, m.at), m.row.name+" "+m.text)
	}
	for _, cast := range f.casts {
		for _, m := range cast.calls {
			if f.window.holds(m.at) {
				drawMark(c, m.kind, f.at(m.row, m.at), m.text)
			}
		}
	}
	c.end()
}

// drawMark draws one mark at a point of a timeline.
func drawMark(c *canvas, k kind, p point, title string) {
	switch k {
	case siteView:
		c.titled(title, "path", "class", "siteview", "d", segment(point{p.x, p.y - 7}, point{p.x, p.y + 7}),
			"stroke", grey, "stroke-width", 1.2)
	case takeover:
		c.titled(title, "path", "class", "takeover",
			"d", "M"+point{p.x, p.y - 14}.String()+"l4.5,4.5l-4.5,4.5l-4.5,-4.5z", "fill", ink)
	case suspect:
		c.titled(title, "path", "class", "suspect",
			"d", "M"+point{p.x - 4, p.y + 6}.String()+"h8l-4,6.5z", "fill", paper, "stroke", grey, "stroke-width", 1.2)
	case gives:
		drawTurn(c, "gives", paper, point{p.x, p.y + 9}, title)
	case takes:
		drawTurn(c, "takes", styleOf(fact.Total).colour, point{p.x, p.y - 9}, title)
	case call:
		c.titled(title, "rect", "class", "call", "x", p.x-3.5, "y", p.y-3.5, "width", 7, "height", 7,
			"fill", grey, "stroke", paper)
	case done:
		c.titled(title, "rect", "class", "done", "x", p.x-3.5, "y", p.y-3.5, "width", 7, "height", 7,
			"fill", paper, "stroke", grey, "stroke-width", 1.4)
	}
}

// drawTurn draws that a process gives the order of Total casts to another or takes
// it: on two sides of the timeline, for it may take and give at once.
func drawTurn(c *canvas, class, fill string, middle point, title string) {
	c.titled(title, "path", "class", class, "d", "M"+point{middle.x, middle.y - 4}.String()+"l4,4l-4,4l-4,-4z",
		"fill", fill, "stroke", styleOf(fact.Total).colour, "stroke-width", 1.2)
}
