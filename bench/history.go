package main

import (
	"fmt"
	"math"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/cohortkit/cohort/internal/cost"
)

// drawn are the shapes of the history that its plot shows.
var drawn = []string{"public total 64", "public total safe 64", "public total 1024", "core total 64", "core total 1024"}

// benched are the loads of `cohort bench` that it shows.
var benched = []string{"total 64", "total 1024"}

// panel is one of the plots, one above the other.
type panel struct {
	title string
	names []string
	of    func(r *cost.Record, name string) float64 // 0: not measured
	share bool                                      // of what the last line has, on a logarithmic axis
}

var panels = []panel{
	{
		"allocations for a message, in multiples of the last line's", drawn,
		func(r *cost.Record, name string) float64 { return r.Costs[name].Allocs }, true,
	},
	{
		"instructions for a message, in multiples of the last line's", drawn,
		func(r *cost.Record, name string) float64 { return r.Costs[name].Instr }, true,
	},
	{
		"cohort bench: processor time for a delivery, in multiples of plain TCP's (a time: noisy)", benched,
		func(r *cost.Record, name string) float64 { return r.Bench[name].CPU }, false,
	},
	{
		"cohort bench: casts of others in a second, of plain TCP's (a time: noisier)", benched,
		func(r *cost.Record, name string) float64 { return r.Bench[name].Raw }, false,
	},
}

// plotHistory draws the history in a file beside it, as SVG and as PNG.
func plotHistory(file string) error {
	all, err := cost.OpenHistory(file)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%s has no line", file)
	}
	plots := make([][]*plot.Plot, len(panels))
	for i, p := range panels {
		drawing, err := p.draw(all)
		if err != nil {
			return err
		}
		plots[i] = []*plot.Plot{drawing}
	}
	const width, height = 18 * vg.Centimeter, 28 * vg.Centimeter
	name := file[:len(file)-len(filepath.Ext(file))]
	svg, png := vgsvg.New(width, height), vgimg.PngCanvas{Canvas: vgimg.New(width, height)}
	for kind, c := range map[string]vg.CanvasWriterTo{".svg": svg, ".png": png} { // order does not matter: two files
		tiles := draw.Tiles{Rows: len(panels), Cols: 1, PadX: vg.Millimeter, PadY: 4 * vg.Millimeter, PadTop: vg.Millimeter, PadRight: 4 * vg.Millimeter}
		for i, row := range plot.Align(plots, tiles, draw.New(c)) {
			plots[i][0].Draw(row[0])
		}
		if err := write(c, name+kind); err != nil {
			return err
		}
	}
	return nil
}

// draw makes one panel: a line for each name, over the lines of the history.
func (p *panel) draw(all []cost.Record) (*plot.Plot, error) {
	drawing := plot.New()
	drawing.Title.Text = p.title
	drawing.Title.TextStyle.Font.Size = vg.Points(10)
	drawing.Legend.Padding = vg.Points(2)
	drawing.Add(plotter.NewGrid())
	drawing.X.Tick.Marker = plot.TickerFunc(func(least, most float64) []plot.Tick { return commits(all, least, most) })
	for i, name := range p.names {
		points := p.points(all, name)
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, dots.Color = colours[i], colours[i]
		line.Width = vg.Points(1.5)
		dots.Shape, dots.Radius = draw.CircleGlyph{}, vg.Points(2.5)
		drawing.Add(line, dots)
		drawing.Legend.Add(name, line, dots)
	}
	// The legend is on the right of the last line.
	drawing.Legend.Top = true
	drawing.Legend.TextStyle.Font.Size = vg.Points(9)
	drawing.X.Min, drawing.X.Max = -0.3, float64(len(all)-1)*1.35+0.7
	if p.share {
		drawing.Y.Scale, drawing.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(multiples)
		drawing.Y.Min, drawing.Y.Max = min(drawing.Y.Min, 1)/1.2, max(drawing.Y.Max, 1.5)*1.1
	} else {
		drawing.Y.Min, drawing.Y.Max = 0, max(drawing.Y.Max, 0.1)*1.2
	}
	return drawing, nil
}

// points are what a line of a panel goes through.
func (p *panel) points(all []cost.Record, name string) (points plotter.XYs) {
	last := 1.0
	for x := range all {
		if y := p.of(&all[x], name); y > 0 {
			points = append(points, plotter.XY{X: float64(x), Y: y})
			last = y
		}
	}
	for i := range points {
		if p.share {
			points[i].Y /= last
		}
	}
	return points
}

// multiples are the ticks of an axis of ratios.
func multiples(least, most float64) (ticks []plot.Tick) {
	marks := []float64{0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 50, 100}
	if most < 4*least {
		marks = []float64{0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.5, 2, 2.5, 3}
	}
	for _, x := range marks {
		if least <= x && x <= most {
			ticks = append(ticks, plot.Tick{Value: x, Label: fmt.Sprint(x)})
		}
	}
	return ticks
}

// commits are the ticks of the lines of a history, at most seven of them with a name.
func commits(all []cost.Record, least, most float64) (ticks []plot.Tick) {
	every := int(math.Ceil(float64(len(all)) / 7))
	for x, r := range all {
		if float64(x) < least || float64(x) > most {
			continue
		}
		tick := plot.Tick{Value: float64(x)}
		if (len(all)-1-x)%every == 0 {
			tick.Label = short8(r.Commit)
		}
		ticks = append(ticks, tick)
	}
	return ticks
}

// short8 is a commit's name as it fits below a tick.
func short8(commit string) string {
	if len(commit) > 8 {
		return commit[:8]
	}
	return commit
}
