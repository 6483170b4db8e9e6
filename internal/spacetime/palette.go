package spacetime

import "github.com/cohortkit/cohort/internal/core/fact"

// Colours. Those of orders differ in lightness too, and each order has its
// own arrowhead, for those who do not tell all colours apart.
const (
	ink   = "#1a1a1a" // timelines, text, crashes
	grey  = "#6b6b6b" // marks, axis
	pale  = "#9a9a9a" // stalls
	faint = "#e4e4e4" // where no site runs
	paper = "#ffffff"
	state = "#444444" // state transfer
)

// A style is how casts of one order look.
type style struct {
	order  fact.Order
	name   string
	colour string
	dash   string
	width  float64
	head   string // path of the arrowhead in a box of 10 by 8, tip at (10,4)
	open   bool   // the head is stroked, not filled
}

var styles = []style{
	{order: fact.FIFO, name: "FIFO cast", colour: "#0072b2", width: 1.2, head: "M1,0.8L10,4L1,7.2z"},
	{order: fact.Causal, name: "causal cast", colour: "#009e73", width: 1.2, head: "M2,0.6L9.6,4L2,7.4", open: true},
	{order: fact.Total, name: "total cast", colour: "#d55e00", width: 1.5, head: "M0,0L10,4L0,8L3,4z"},
	{order: fact.Barrier, name: "barrier cast", colour: "#7b2d8b", width: 1.5, dash: "6 3", head: "M0,1L8,4L0,7zM8.6,0.4H10V7.6H8.6z"},
	{order: "", name: "cast of another order", colour: grey, width: 1.2, head: "M1,0.8L10,4L1,7.2z"},
}

// styleOf is the style of an order; the last one is for unknown orders.
func styleOf(o fact.Order) style {
	for _, s := range styles {
		if s.order == o {
			return s
		}
	}
	return styles[len(styles)-1]
}

// A tint is the colour of a group's bands.
type tint struct{ fill, edge string }

var tints = []tint{
	{"#d6e6f5", "#86aed6"},
	{"#fbe6c8", "#d9a450"},
	{"#deeed3", "#86b56a"},
	{"#eadcf0", "#a887bd"},
	{"#e6e6e6", "#989898"},
	{"#f9dce2", "#d08a9a"},
}

func (g *group) tint() tint { return tints[g.number%len(tints)] }
