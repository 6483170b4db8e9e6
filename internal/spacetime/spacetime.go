// Package spacetime draws the time-space diagram of a run: one horizontal
// timeline for each process, time from left to right, group views as bands
// across the timelines of those who installed them, casts as arrows from the
// point where they were sent to the points where they were delivered, as in
// figures 1 and 2 of Birman's history of the virtual synchrony model.
//
// The drawing is a single SVG without scripts, styles or fonts of its own. It
// depends on nothing but the records and the options: the same run gives the
// same bytes.
package spacetime

import (
	"errors"
	"io"

	"github.com/cohortkit/cohort/internal/trace"
)

var (
	// ErrEmpty means that the window holds no record: choose another one.
	ErrEmpty = errors.New("spacetime: no record in the window")
	// ErrGroup means that the trace knows no group of the wanted name; the
	// error that wraps it lists those it knows.
	ErrGroup = errors.New("spacetime: no such group in the trace")
)

// The width of a drawing in pixels.
const (
	DefaultWidth = 1200
	MinWidth     = 480
)

// Options say what to draw. The zero value draws the whole run.
type Options struct {
	// Title stands above the diagram.
	Title string
	// From and To bound the time drawn, in nanoseconds of the trace's clock.
	// From 0 is the first record, To 0 the last.
	From, To int64
	// Group, a name or an address such as "#5.0", leaves out all other groups
	// and the processes that have no part in it.
	Group string
	// Width is the width of the drawing in pixels; the height follows from
	// the number of processes. 0 is DefaultWidth, the least is MinWidth.
	Width int
	// MaxCasts bounds how many sends are drawn with their deliveries; of more,
	// an even sample is drawn, and the legend says so. 0 bounds them so that
	// single arrows can still be told apart.
	MaxCasts int
	// Calls adds the points where calls begin and end, and their replies.
	Calls bool
	// Linear keeps time to one scale. Otherwise long idle periods are
	// compressed, with a break mark on the axis.
	Linear bool
}

func (o Options) withDefaults() Options {
	if o.Width <= 0 {
		o.Width = DefaultWidth
	}
	o.Width = max(o.Width, MinWidth)
	return o
}

// Draw writes the diagram of the records, in any order, to w. It fails with
// ErrEmpty, ErrGroup or what w returns. Facts whose counterpart is missing,
// as in the trace of a single site, are drawn as far as they are known.
func Draw(w io.Writer, records []trace.Record, opt Options) error {
	opt = opt.withDefaults()
	r, err := read(records, opt)
	if err != nil {
		return err
	}
	f := layOut(r, opt)
	f.draw()
	_, err = f.c.buf.WriteTo(w)
	return err
}
