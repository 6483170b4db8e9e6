package spacetime

import (
	"fmt"
	"strconv"
	"strings"
)

// brief labels a view with its number only.
func (v *view) brief() string { return strconv.FormatUint(v.seq, 10) }

// text describes the view for a tooltip.
func (v *view) text(o *roster) string {
	names := make([]string, len(v.members))
	for i, m := range v.members {
		names[i] = o.name(m)
	}
	return fmt.Sprintf("%s view %d: %s", v.group.name, v.seq, strings.Join(names, " "))
}

// drawViews draws each group view as a band through the points where it was
// installed, and a dot in each of them, hollow without the group's state.
func (f *figure) drawViews() {
	c := &f.c
	c.open("g", "class", "views", "fill", "none", "stroke-linecap", "round")
	for _, v := range f.views {
		t := v.group.tint()
		c.open("g", "class", "view", "opacity", 0.92)
		c.text("title", v.text(f.roster))
		thick, thin := f.bandPaths(v)
		if thin != "" {
			c.el("path", "d", thin, "stroke", t.edge, "stroke-width", 1.5, "stroke-dasharray", "1 4")
		}
		c.el("path", "class", "band", "d", thick, "stroke", t.edge, "stroke-width", bandWidth+1.6)
		c.el("path", "d", thick, "stroke", t.fill, "stroke-width", bandWidth-0.4)
		c.end()
	}
	c.end()
}

// bandPaths are the band of a view, and the thin lines where it jumps over
// timelines of processes that did not install it.
func (f *figure) bandPaths(v *view) (thick, thin string) {
	const overhang = 5.0
	var band, jumps strings.Builder
	for i, in := range v.installs {
		p := f.at(in.row, in.at)
		switch {
		case i == 0:
			band.WriteString("M" + point{p.x, p.y - overhang}.String())
		case f.adjacent(v.installs[i-1], in):
			q := f.at(v.installs[i-1].row, v.installs[i-1].at)
			mid := (p.y + q.y) / 2
			band.WriteString("L" + q.String() + "C" + point{q.x, mid}.String() + " " + point{p.x, mid}.String() + " " + p.String())
		default:
			q := f.at(v.installs[i-1].row, v.installs[i-1].at)
			band.WriteString("L" + point{q.x, q.y + overhang}.String() + "M" + point{p.x, p.y - overhang}.String())
			jumps.WriteString(segment(q, p))
		}
		if i == len(v.installs)-1 {
			band.WriteString("L" + point{p.x, p.y + overhang}.String())
		}
	}
	return band.String(), jumps.String()
}

// adjacent tells whether no running timeline lies between two installations.
func (f *figure) adjacent(a, b install) bool {
	for _, r := range f.rows[a.row.index+1 : max(b.row.index, a.row.index+1)] {
		if r.alive(a.at) || r.alive(b.at) {
			return false
		}
	}
	return true
}

// drawInstalls draws the dots of views on the timelines.
func (f *figure) drawInstalls() {
	c := &f.c
	for _, v := range f.views {
		for _, in := range v.installs {
			fill := ink
			if !in.ready {
				fill = paper
			}
			p := f.at(in.row, in.at)
			c.el("circle", "class", "install", "cx", p.x, "cy", p.y, "r", 2.4, "fill", fill, "stroke", ink)
		}
	}
}
