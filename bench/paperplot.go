package main

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/paper"
)

// curve is one line of a chart.
type curve struct {
	name   string
	at     plotter.XYs
	colour color.Color
	dashed bool // with hollow marks
}

// then is what 1987 is drawn in.
var then = color.RGBA{0x55, 0x55, 0x55, 0xff}

// plotPaper draws all charts of the page, as SVG and as PNG.
func plotPaper(r *paper.Result, dir string) error {
	if err := plotThroughput(r, dir); err != nil {
		return err
	}
	destinations := func(l *paper.Latency) (float64, bool) { return float64(l.Members), l.Size == paper.Sizes[0] }
	err := plotCalls(r, filepath.Join(dir, "paper-destinations"), "destinations, the caller one of them; messages of 100 bytes", destinations,
		func(p *plot.Plot) {
			p.X.Min, p.X.Max = float64(paper.Destinations[0])-0.3, float64(paper.Destinations[len(paper.Destinations)-1])+0.3
			p.X.Tick.Marker = plot.ConstantTicks(places(paper.Destinations))
		})
	if err != nil {
		return err
	}
	sizes := func(l *paper.Latency) (float64, bool) { return math.Log10(float64(l.Size)), l.Members == 3 }
	if err := plotCalls(r, filepath.Join(dir, "paper-sizes"), "bytes of a message, to three members", sizes, sizeAxis); err != nil {
		return err
	}
	return plotSteps(r, dir)
}

// places are ticks at whole numbers.
func places(list []int) (ticks []plot.Tick) {
	for _, n := range list {
		ticks = append(ticks, plot.Tick{Value: float64(n), Label: fmt.Sprint(n)})
	}
	return ticks
}

// sizeAxis is for sizes drawn by their logarithm.
func sizeAxis(p *plot.Plot) {
	ticks := places(paper.Sizes)
	for i := range ticks {
		ticks[i].Value = math.Log10(ticks[i].Value)
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.X.Min, p.X.Max = ticks[0].Value-0.1, ticks[len(ticks)-1].Value+0.1
}

func plotThroughput(r *paper.Result, dir string) error {
	cohort := curve{name: "Cohort, Causal", colour: colours[0]}
	raw := curve{name: "plain TCP", colour: colours[1], dashed: true}
	for _, x := range r.Throughput {
		at := math.Log10(float64(x.Size))
		cohort.at = append(cohort.at, plotter.XY{X: at, Y: x.BytesPerS / 1e6})
		raw.at = append(raw.at, plotter.XY{X: at, Y: x.RawPerS / 1e6})
	}
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "bytes of a message, from one of three members", "MB/s at the slowest member"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(ticks)
	legend, err := addCurves(p, raw, cohort)
	if err != nil {
		return err
	}
	sizeAxis(p)
	p.Y.Min, p.Y.Max = decades(p.Y.Min, p.Y.Max)
	return save(p, filepath.Join(dir, "paper-throughput"), 9, legend)
}

// plotCalls draws how long calls take, by something, with the line of 1987.
func plotCalls(r *paper.Result, name, axis string, of func(*paper.Latency) (float64, bool), adorn func(*plot.Plot)) error {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = axis, "microseconds, median"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.TickerFunc(ticks)
	var all []curve
	for i, o := range paper.Orders {
		for _, replies := range []string{bench.AllReplies, bench.OwnReply} {
			c := curve{name: o + ", reply: " + replies, colour: colours[i], dashed: replies == bench.AllReplies}
			for k := range r.Latency {
				if x, in := of(&r.Latency[k]); in && r.Latency[k].Order == o && r.Latency[k].Replies == replies && r.Latency[k].P50 > 0 {
					c.at = append(c.at, plotter.XY{X: x, Y: r.Latency[k].P50})
				}
			}
			if len(c.at) > 0 {
				all = append(all, c)
			}
		}
	}
	legend, err := addCurves(p, all...)
	if err != nil {
		return err
	}
	adorn(p)
	p.Y.Min, _ = decades(p.Y.Min, p.Y.Max)
	p.Y.Max = 4 * r.Isis.RemoteTotal * 1000
	if err := addLine(p, fmt.Sprintf("1987: ABCAST delivered at a remote site, %g ms", r.Isis.RemoteTotal), r.Isis.RemoteTotal*1000); err != nil {
		return err
	}
	if err := addLine(p, fmt.Sprintf("1987: CBCAST, by its links alone, %g ms", r.Isis.RemoteCausal), r.Isis.RemoteCausal*1000); err != nil {
		return err
	}
	return save(p, name, 11, legend)
}

// decades are the powers of ten around two values.
func decades(low, high float64) (least, most float64) {
	return math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high)))
}

// addCurves draws lines with marks, and returns the legend.
func addCurves(p *plot.Plot, all ...curve) (*plot.Legend, error) {
	legend := plot.NewLegend()
	legend.Top, legend.YPosition, legend.Padding = true, draw.PosCenter, vg.Points(3)
	legend.TextStyle.Font.Size = vg.Points(10)
	p.Add(plotter.NewGrid())
	for _, c := range all {
		line, points, err := plotter.NewLinePoints(c.at)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = c.colour, vg.Points(1.2)
		points.Color, points.Shape, points.Radius = c.colour, draw.CircleGlyph{}, vg.Points(3)
		if c.dashed {
			line.Dashes = []vg.Length{vg.Points(4), vg.Points(2)}
			points.Shape = draw.RingGlyph{}
		}
		p.Add(line, points)
		legend.Add(c.name, line, points)
	}
	return &legend, nil
}

// addLine draws a value of 1987 over the whole width.
func addLine(p *plot.Plot, name string, value float64) error {
	line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: value}, {X: p.X.Max, Y: value}})
	if err != nil {
		return err
	}
	line.Color, line.Width, line.Dashes = then, vg.Points(1.2), []vg.Length{vg.Points(1), vg.Points(2)}
	label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: p.X.Min, Y: value}}, Labels: []string{name}})
	if err != nil {
		return err
	}
	label.TextStyle[0].Color, label.Offset = then, vg.Point{X: vg.Points(4), Y: vg.Points(2)}
	p.Add(line, label)
	return nil
}

// part is a stretch of a bar.
type part struct {
	name string
	took float64
	of   int // which colour: of the program's link, the first message, the order, the reply, the rest
}

// plotSteps draws where the time goes as bars of one length: shares.
func plotSteps(r *paper.Result, dir string) error {
	i := &r.Isis
	bars := []struct {
		name  string
		parts []part
	}{
		{fmt.Sprintf("Cohort: call with\nthe own reply, %s us", short(r.Breakdown.Call)), partsOf(r.Breakdown.Steps)},
		{fmt.Sprintf("Cohort: delivered at\na third member, %s us", short(r.Breakdown.Delivered)), partsOf(r.Breakdown.Remote)},
		{fmt.Sprintf("1987: delivered at\na remote site, %g ms", i.RemoteTotal), []part{
			{"site", i.SiteLink, 0},
			{"message", i.NetLink, 1},
			{"message", i.NetLink, 1},
			{"message", i.NetLink, 1},
			{"site", i.SiteLink, 0},
			{"", i.RemoteTotal - i.RemoteLinks, 4},
		}},
	}
	p := plot.New()
	p.X.Label.Text = "percent of the time; in 1987 a message took 16 ms, a link within the site 10 ms"
	var names []string
	for y, b := range bars {
		names = append(names, b.name)
		if err := addBar(p, float64(y), b.parts); err != nil {
			return err
		}
	}
	p.NominalY(names...)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 100, -0.6, float64(len(bars))-0.4
	return save(p, filepath.Join(dir, "paper-steps"), 8, nil)
}

// partsOf are steps as parts of a bar.
func partsOf(steps []paper.Step) (list []part) {
	kinds := map[string]int{"cast": 1, "order record": 1, "to the core": 0, "to the program": 0, "reply": 2, "return": 2}
	short := map[string]string{"to the core": "in", "to the program": "out"}
	for _, s := range steps {
		name := s.Name
		if short[name] != "" {
			name = short[name]
		}
		list = append(list, part{name, s.P50, kinds[s.Name]})
	}
	return list
}

// addBar draws parts one after the other, as shares of their sum.
func addBar(p *plot.Plot, y float64, parts []part) error {
	var sum, at float64
	for _, x := range parts {
		sum += x.took
	}
	for _, x := range parts {
		width := 100 * x.took / sum
		const half = 0.3
		box, err := plotter.NewPolygon(plotter.XYs{{X: at, Y: y - half}, {X: at + width, Y: y - half}, {X: at + width, Y: y + half}, {X: at, Y: y + half}})
		if err != nil {
			return err
		}
		box.Color, box.LineStyle.Color = colours[x.of], color.White
		label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: at + width/2, Y: y}}, Labels: []string{x.name}})
		if err != nil {
			return err
		}
		style := &label.TextStyle[0]
		style.Color, style.XAlign, style.YAlign = color.White, text.XCenter, text.YCenter
		if style.Font.Size = vg.Points(8); width < 8 {
			style.Rotation, style.Font.Size = math.Pi/2, vg.Points(6)
		}
		p.Add(box)
		if width > 2 {
			p.Add(label)
		}
		at += width
	}
	return nil
}

// save writes a chart as SVG and as PNG, with its legend, if there is one, in a
// strip beside it.
func save(p *plot.Plot, name string, height vg.Length, legend *plot.Legend) error {
	const margin, strip = vg.Length(0.3) * vg.Centimeter, 4.3 * vg.Centimeter
	for _, kind := range []string{"svg", "png"} {
		c, err := draw.NewFormattedCanvas(18*vg.Centimeter, height*vg.Centimeter, kind)
		if err != nil {
			return err
		}
		whole := draw.Crop(draw.New(c), margin, -margin, margin, -margin)
		if legend == nil {
			p.Draw(whole)
		} else {
			p.Draw(draw.Crop(whole, 0, -strip, 0, 0))
			legend.Draw(whole)
		}
		if err := write(c, name+"."+kind); err != nil {
			return err
		}
	}
	return nil
}

// write writes a drawing to a file.
func write(c io.WriterTo, name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = c.WriteTo(f)
	return errors.Join(err, f.Close())
}
