package spacetime

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
	case call:
		c.titled(title, "rect", "class", "call", "x", p.x-3.5, "y", p.y-3.5, "width", 7, "height", 7,
			"fill", grey, "stroke", paper)
	case done:
		c.titled(title, "rect", "class", "done", "x", p.x-3.5, "y", p.y-3.5, "width", 7, "height", 7,
			"fill", paper, "stroke", grey, "stroke-width", 1.4)
	}
}
