package spacetime

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	legendSize = 11.0
	legendRow  = 20.0
	lineSymbol = 36.0 // width of a symbol with the space after it
	dotSymbol  = 22.0
)

// A legend explains what the figure shows, no more.
type legend struct {
	lines [][]entry
	notes []string
}

type entry struct {
	text string
	wide bool                     // the symbol is a line
	draw func(c *canvas, p point) // p is the left end of a line's middle
	x    float64
}

// symbol is the width of the entry's symbol.
func (e entry) symbol() float64 {
	if e.wide {
		return lineSymbol
	}
	return dotSymbol
}

// newLegend collects the entries and breaks them into lines.
func (f *figure) newLegend() *legend {
	l := &legend{}
	x := margin
	for _, e := range f.entries() {
		w := e.symbol() + textWidth(e.text, legendSize) + 18
		if len(l.lines) == 0 || x+w > float64(f.opt.Width)-margin+18 {
			l.lines = append(l.lines, nil)
			x = margin
		}
		e.x = x
		last := len(l.lines) - 1
		l.lines[last] = append(l.lines[last], e)
		x += w
	}
	l.notes = f.notes()
	return l
}

func (l *legend) height() float64 { return float64(len(l.lines)+len(l.notes))*legendRow + 4 }

func (l *legend) draw(c *canvas, y float64) {
	c.open("g", "class", "legend", "font-size", legendSize)
	y += legendRow / 2
	for _, line := range l.lines {
		for _, e := range line {
			c.open("g", "class", "entry", "fill", "none")
			e.draw(c, point{e.x, y})
			c.end()
			c.text("text", e.text, "x", e.x+e.symbol(), "y", y+4)
		}
		y += legendRow
	}
	for _, n := range l.notes {
		c.text("text", n, "class", "note", "x", margin, "y", y+4, "fill", grey)
		y += legendRow
	}
	c.end()
}

// notes say what was left out or compressed.
func (f *figure) notes() []string {
	var drawn uint64
	for _, c := range f.casts {
		drawn += c.n
	}
	var parts []string
	if drawn < f.total {
		parts = append(parts, fmt.Sprintf("%s of %s casts drawn", thousands(drawn), thousands(f.total)))
	}
	if f.unlabeled > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s views without a label",
			thousands(uint64(f.unlabeled)), thousands(uint64(len(f.views)))))
	}
	if z := f.zero(); z != "" {
		parts = append(parts, z)
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{strings.Join(parts, "; ")}
}

// thousands writes n with commas.
func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// entries are the explanations of what the figure holds.
func (f *figure) entries() []entry {
	out := f.castEntries()
	if len(f.views) > 0 {
		out = append(out, entry{text: "view: group/number (members)", draw: func(c *canvas, p point) {
			t := f.views[0].group.tint()
			c.el("rect", "x", p.x+2, "y", p.y-8, "width", 14, "height", 16, "rx", 7, "fill", t.fill, "stroke", t.edge)
			c.el("circle", "cx", p.x+9, "cy", p.y, "r", 2.4, "fill", ink, "stroke", ink)
		}})
	}
	if f.anyInstall(func(i install) bool { return !i.ready }) {
		out = append(out, entry{text: "installed without the state", draw: func(c *canvas, p point) {
			c.el("circle", "cx", p.x+9, "cy", p.y, "r", 2.4, "fill", paper, "stroke", ink)
		}})
	}
	if len(f.transfers) > 0 {
		out = append(out, entry{text: "state transfer", wide: true, draw: func(c *canvas, p point) {
			c.el("path", "d", segment(p, point{p.x + 30, p.y}), "stroke", state, "stroke-width", 3, "stroke-linecap", "round",
				"stroke-dasharray", "0.1 5", "marker-end", headURL("state"))
		}})
	}
	out = append(out, f.lifeEntries()...)
	return append(out, f.markEntries()...)
}

func (f *figure) anyInstall(is func(install) bool) bool {
	for _, v := range f.views {
		if slices.ContainsFunc(v.installs, is) {
			return true
		}
	}
	return false
}

// anyStub tells whether a delivery is drawn whose send is unknown.
func (f *figure) anyStub() bool {
	for _, c := range f.casts {
		for _, d := range c.deliveries {
			if c.stub(d) && f.window.holds(d.at) {
				return true
			}
		}
	}
	return false
}

// castEntries explain the orders in use, and safe casts.
func (f *figure) castEntries() []entry {
	var out []entry
	var safe *style
	for _, s := range styles {
		used := false
		for _, c := range f.casts {
			if styleOf(c.order).order != s.order {
				continue
			}
			used = true
			if c.safe && c.sent && safe == nil {
				safe = &s
			}
		}
		if used {
			out = append(out, entry{text: s.name, wide: true, draw: func(c *canvas, p point) {
				c.el("circle", "cx", p.x+2, "cy", p.y, "r", 2.4, "fill", s.colour)
				c.el("path", "d", segment(p, point{p.x + 30, p.y}), "stroke", s.colour, "stroke-width", s.width,
					"stroke-dasharray", dashOr(s), "marker-end", headURL(s.order))
			}})
		}
	}
	if f.anyStub() {
		out = append(out, entry{text: "delivery, send not in the trace", draw: func(c *canvas, p point) {
			c.el("path", "d", segment(point{p.x + 4, p.y - 7}, point{p.x + 12, p.y + 7}), "stroke", ink, "marker-end", headURL("state"))
		}})
	}
	if safe != nil {
		out = append(out, entry{text: "safe cast", draw: func(c *canvas, p point) {
			drawSendPoint(c, point{p.x + 9, p.y}, *safe, true)
		}})
	}
	return out
}

func dashOr(s style) string {
	if s.dash == "" {
		return "none"
	}
	return s.dash
}

// lifeEntries explain starts, ends and stalls.
func (f *figure) lifeEntries() []entry {
	var start, crash, halt, stall bool
	for _, r := range f.rows {
		for _, l := range r.node.lives {
			start = start || l.started && f.window.holds(l.from)
			ends := f.window.holds(l.to)
			crash = crash || ends && l.end == crashed
			halt = halt || ends && l.end == halted
			for _, s := range l.stalls {
				stall = stall || s.touches(f.window)
			}
		}
	}
	line := func(c *canvas, p point, w float64) {
		c.el("path", "d", segment(p, point{p.x + w, p.y}), "stroke", ink, "stroke-width", 1.4)
	}
	var out []entry
	if start {
		out = append(out, entry{text: "start", wide: true, draw: func(c *canvas, p point) {
			line(c, point{p.x + 8, p.y}, 20)
			c.el("circle", "cx", p.x+8, "cy", p.y, "r", 3.2, "fill", paper, "stroke", ink, "stroke-width", 1.4)
		}})
	}
	if crash {
		out = append(out, entry{text: "crash", wide: true, draw: func(c *canvas, p point) {
			line(c, p, 20)
			c.el("path", "d", segment(point{p.x + 14.5, p.y - 5.5}, point{p.x + 25.5, p.y + 5.5})+
				segment(point{p.x + 14.5, p.y + 5.5}, point{p.x + 25.5, p.y - 5.5}), "stroke", ink, "stroke-width", 2.6)
		}})
	}
	if halt {
		out = append(out, entry{text: "halt", wide: true, draw: func(c *canvas, p point) {
			line(c, p, 20)
			c.el("rect", "x", p.x+15, "y", p.y-5, "width", 10, "height", 10, "fill", ink)
		}})
	}
	if stall {
		out = append(out, entry{text: "stalled: no majority", wide: true, draw: func(c *canvas, p point) {
			c.el("path", "d", segment(p, point{p.x + 28, p.y}), "stroke", pale, "stroke-width", 2.4, "stroke-dasharray", "5 4")
		}})
	}
	return out
}

// markEntries explain small marks, calls, and breaks of the axis.
func (f *figure) markEntries() []entry {
	used := make(map[kind]bool)
	for _, m := range f.marks {
		used[m.kind] = true
	}
	links := make(map[bool]bool)
	for _, c := range f.casts {
		for _, m := range c.calls {
			used[m.kind] = used[m.kind] || f.window.holds(m.at)
		}
		for _, l := range c.links {
			links[l.reply] = true
		}
	}
	var out []entry
	for _, m := range []struct {
		kind kind
		text string
		down float64
	}{{siteView, "site view", 0}, {takeover, "takeover", 9}, {suspect, "suspicion", -9}, {gives, "gives the order of total casts", -9}, {takes, "takes the order", 9}, {call, "call", 0}, {done, "call ends", 0}} {
		if used[m.kind] {
			out = append(out, entry{text: m.text, draw: func(c *canvas, p point) {
				drawMark(c, m.kind, point{p.x + 9, p.y + m.down}, m.text)
			}})
		}
	}
	if links[true] || links[false] {
		out = append(out, entry{text: "request to a relay, reply", wide: true, draw: func(c *canvas, p point) {
			c.el("path", "d", segment(p, point{p.x + 30, p.y}), "stroke", grey, "stroke-width", 0.9,
				"stroke-dasharray", "3 2.5", "marker-end", headURL("link"))
		}})
	}
	if f.scale.broken() {
		out = append(out, entry{text: "idle time, compressed", draw: func(c *canvas, p point) { drawSlashes(c, point{p.x + 9, p.y}) }})
	}
	return out
}
