package spacetime

// drawCasts draws the casts, order by order.
func (f *figure) drawCasts() {
	for _, s := range styles {
		f.drawOrder(s)
	}
}

// drawOrder draws the casts of one order.
func (f *figure) drawOrder(s style) {
	c := &f.c
	open := false
	for _, cast := range f.casts {
		if styleOf(cast.order).order != s.order {
			continue
		}
		if !open {
			open = true
			c.open("g", "class", "casts "+headID(s.order), "fill", "none", "stroke", s.colour, "stroke-width", s.width,
				"stroke-opacity", f.opacity())
		}
		c.open("g", "class", "cast")
		c.text("title", cast.text())
		for _, l := range cast.links {
			f.drawLink(l)
		}
		for _, d := range cast.deliveries {
			f.drawDelivery(cast, d, s)
		}
		f.drawSend(cast, s)
		c.end()
	}
	if open {
		c.end()
	}
}

// opacity lets timelines shine through where there are many arrows.
func (f *figure) opacity() float64 {
	n := 0
	for _, c := range f.casts {
		n += c.arrows()
	}
	if n > 300 {
		return 0.6
	}
	return 0.9
}

// drawDelivery draws the arrow to a delivery. The sender's own is a dot, and
// one whose send is unknown a short arrow from the sender's side.
func (f *figure) drawDelivery(c *cast, d delivery, s style) {
	to := f.at(d.row, d.at)
	if d.row == c.row {
		if f.window.holds(d.at) {
			f.c.el("circle", "class", "own", "cx", to.x, "cy", to.y, "r", 1.8, "fill", s.colour, "stroke", "none")
		}
		return
	}
	if c.stub(d) && !f.window.holds(d.at) {
		return
	}
	class, from := "stub", point{to.x - 8, to.y - 14}
	if !c.stub(d) {
		class, from = "arrow", f.at(c.row, c.at)
	} else if c.row != nil && c.row.index > d.row.index {
		from.y = to.y + 14
	}
	a, b, head, ok := f.clip(from, to)
	if !ok {
		return
	}
	attrs := []any{"class", class, "d", segment(a, b)}
	if head {
		attrs = append(attrs, "marker-end", headURL(s.order))
	}
	if s.dash != "" {
		attrs = append(attrs, "stroke-dasharray", s.dash)
	}
	f.c.el("path", attrs...)
}

// drawSend draws the point of a send: a dot, ringed if the cast is safe.
func (f *figure) drawSend(c *cast, s style) {
	if !c.sent || c.row == nil || !f.window.holds(c.at) {
		return
	}
	drawSendPoint(&f.c, f.at(c.row, c.at), s, c.safe)
}

func drawSendPoint(c *canvas, p point, s style, safe bool) {
	if safe {
		c.el("circle", "class", "safe", "cx", p.x, "cy", p.y, "r", 4.6, "fill", paper, "stroke", s.colour,
			"stroke-width", 1.4, "stroke-opacity", 1)
	}
	c.el("circle", "class", "send", "cx", p.x, "cy", p.y, "r", 2.4, "fill", s.colour, "stroke", "none")
}

// drawLink draws the way of a request to its relay, or of a reply.
func (f *figure) drawLink(l link) {
	a, b, head, ok := f.clip(f.at(l.from, l.span.from), f.at(l.to, l.span.to))
	if !ok {
		return
	}
	class := "request"
	if l.reply {
		class = "reply"
	}
	attrs := []any{"class", class, "d", segment(a, b), "stroke", grey, "stroke-width", 0.9, "stroke-dasharray", "3 2.5"}
	if head {
		attrs = append(attrs, "marker-end", headURL("link"))
	}
	f.c.el("path", attrs...)
}

// drawTransfers draws state on its way to joiners.
func (f *figure) drawTransfers() {
	c := &f.c
	c.open("g", "class", "transfers", "fill", "none", "stroke", state, "stroke-width", 3, "stroke-linecap", "round",
		"stroke-dasharray", "0.1 5")
	for _, t := range f.transfers {
		to := f.at(t.to, t.span.to)
		from := point{to.x - 16, to.y - 16}
		if t.from != nil {
			from = f.at(t.from, t.span.from)
		}
		a, b, head, ok := f.clip(from, to)
		if !ok {
			continue
		}
		attrs := []any{"class", "transfer", "d", segment(a, b)}
		if head {
			attrs = append(attrs, "marker-end", headURL("state"))
		}
		title := t.group.name + " state"
		if t.from != nil {
			title += " from " + t.from.name
		}
		c.titled(title+" to "+t.to.name, "path", attrs...)
	}
	c.end()
}
