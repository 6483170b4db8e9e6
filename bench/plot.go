package main

import (
	"image/color"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// series is one line of marks in a plot: a value and its ends for each system.
type series struct {
	name string
	of   func(*figure) []float64
	load string
}

// colours are told apart by people who see fewer, too.
var colours = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff},
}

// plot draws what was measured, as SVG and as PNG.
func (c *comparison) plot(dir string) error {
	net := func(f *figure) []float64 { return f.Net }
	if err := c.draw(dir, "throughput", "casts of others delivered to a member in a second", []series{
		{one64, net, one64},
		{one1024, net, one1024},
		{all64, net, all64},
		{all1024, net, all1024},
		{unbounded, net, unbounded},
	}); err != nil {
		return err
	}
	if err := c.draw(dir, "flood", "casts of one member delivered to another in a second, no window", []series{
		{"64 B", net, flood64},
		{"1 KiB", net, flood1024},
		{"16 KiB", net, flood16384},
		{"60 kB", net, flood60000},
	}); err != nil {
		return err
	}
	return c.draw(dir, "latency", "microseconds from a cast to its delivery at the sender, one at a time", []series{
		{"median", func(f *figure) []float64 { return f.P50 }, latency},
		{"99th percentile", func(f *figure) []float64 { return f.P99 }, latency},
	})
}

// draw makes one plot: systems from top to bottom, values along a logarithmic
// axis, each with its range over the rounds.
func (c *comparison) draw(dir, name, axis string, all []series) error {
	p := plot.New()
	p.X.Label.Text = axis
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.TickerFunc(ticks)
	p.Legend.Padding = vg.Points(2)
	p.Add(plotter.NewGrid())
	var names []string
	for _, x := range slices.Backward(c.peers) {
		if slices.ContainsFunc(all, func(s series) bool { return x.bears(load{name: s.load}) }) {
			names = append(names, x.name)
		}
	}
	p.NominalY(names...)
	for i, s := range all {
		var m marks
		for _, f := range c.figures {
			list := s.of(f)
			if f.Load != s.load || len(list) == 0 || slices.Min(list) <= 0 {
				continue
			}
			at := spreadOf(list)
			y := float64(slices.Index(names, f.System)) + 0.12*(float64(len(all)-1)/2-float64(i))
			m.XYs = append(m.XYs, plotter.XY{X: at.median, Y: y})
			m.XErrors = append(m.XErrors, struct{ Low, High float64 }{at.least - at.median, at.most - at.median})
		}
		if len(m.XYs) == 0 {
			continue
		}
		points, err := plotter.NewScatter(m.XYs)
		if err != nil {
			return err
		}
		ranges, err := plotter.NewXErrorBars(m)
		if err != nil {
			return err
		}
		points.Color, points.Shape, points.Radius = colours[i], draw.CircleGlyph{}, vg.Points(3)
		ranges.Color = colours[i]
		p.Add(ranges, points)
		p.Legend.Add(s.name, points)
	}
	p.X.Min, p.X.Max = p.X.Min/1.3, p.X.Max*1.3
	p.Y.Min, p.Y.Max = -0.7-0.35*float64(len(all)), float64(len(names))-0.4 // the legend is below
	for _, kind := range []string{".svg", ".png"} {
		if err := p.Save(18*vg.Centimeter, 11*vg.Centimeter, filepath.Join(dir, name+kind)); err != nil {
			return err
		}
	}
	return nil
}

// ticks are those of a logarithmic axis, written as in the table.
func ticks(least, most float64) []plot.Tick {
	list := plot.LogTicks{}.Ticks(least, most)
	for i := range list {
		if list[i].Label != "" {
			list[i].Label = short(list[i].Value)
		}
	}
	return list
}

// marks are points with ranges.
type marks struct {
	plotter.XYs
	plotter.XErrors
}
