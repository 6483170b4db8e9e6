package explore

import (
	"fmt"
	"runtime/debug"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

// input is one thing that happens to a site: a comparable value from which the
// core's event is made afresh whenever it is needed.
type input struct {
	kind  inputKind
	site  int8 // the other end, or whom it is about
	lane  msg.Lane
	conn  uint64
	got   uint64
	frame frameID
	act   int // index among the site's acts
}

type inputKind uint8

const (
	tick inputKind = iota // time has come to the moment the site asked for
	found
	contact
	frame
	offered
	connected
	broken
	gone
	shunned
	act
)

// frameID names the bytes of a frame.
type frameID int32

// frames are all that were ever written, each kept once.
type frames struct {
	ids   map[string]frameID
	bytes [][]byte
}

func newFrames() *frames { return &frames{ids: map[string]frameID{}} }

func (f *frames) id(x *msg.Frame) frameID {
	b := wire.AppendFrame(nil, x)
	n, ok := f.ids[string(b)]
	if !ok {
		n = frameID(len(f.bytes))
		f.ids[string(b)] = n
		f.bytes = append(f.bytes, b)
	}
	return n
}

// outcome is what a step did to the rest of the world.
type outcome struct {
	writes  []write
	dials   []dial
	hangups []int8
	answers []core.Reception
	facts   []fact.Fact
	halted  bool
	failure string // the core panicked, or a frame was malformed
}

type write struct {
	conn  uint64
	frame frameID
}

type dial struct {
	to   int8
	lane msg.Lane
}

// machine is one site that runs, and its program.
type machine struct {
	w      *World
	fr     *frames
	index  int
	core   *core.Site
	prog   program
	out    core.Output
	now    effect.Time
	wake   effect.Time
	halted bool
}

// start is the time on every site's clock when it starts.
const start = effect.Second

func newMachine(w *World, fr *frames, index int) *machine {
	return &machine{w: w, fr: fr, index: index, core: core.New(w.config(index)), now: start, wake: effect.Never, prog: newProgram(index, len(w.Groups))}
}

// step gives the machine one input at a time on its clock, and its program what
// comes of it, until it has nothing more to say.
func (m *machine) step(in input, now effect.Time) (o outcome) {
	defer func() {
		if r := recover(); r != nil {
			o.failure = fmt.Sprintf("panic: site %d: %v\n%s", m.index+1, r, debug.Stack())
		}
	}()
	m.now = now
	var events []core.Event
	if in.kind != tick {
		ev, err := m.event(in)
		if err != nil {
			o.failure = "wire: " + err.Error()
			return o
		}
		events = []core.Event{ev}
	}
	for first := true; first || len(events) > 0 && !m.halted; first = false {
		m.core.Step(&core.Input{Now: now, Events: events}, &m.out)
		m.take(&o)
		events = m.prog.handle(m.out.Items, &o)
		if m.prog.broken != "" {
			o.failure = m.prog.broken
		}
	}
	m.wake = m.out.Wake
	return o
}

// take notes what one step of the core wants done.
func (m *machine) take(o *outcome) {
	o.facts = append(o.facts, m.out.Facts...)
	for _, x := range m.out.Writes {
		o.writes = append(o.writes, write{x.Conn, m.fr.id(x.Frame)})
	}
	for _, d := range m.out.Dials {
		o.dials = append(o.dials, dial{int8(indexOf(d.Site)), d.Lane})
	}
	for _, s := range m.out.Hangups {
		o.hangups = append(o.hangups, int8(indexOf(s)))
	}
	o.answers = append(o.answers, m.out.Answers...)
	for _, i := range m.out.Items {
		if _, ok := i.(core.Halted); ok {
			m.halted, o.halted = true, true
		}
	}
}

// system is the number of every world's system.
const system = 1987

// event makes the core's event.
func (m *machine) event(in input) (core.Event, error) {
	site := number(int(in.site))
	switch in.kind {
	case found:
		return core.Found{System: system}, nil
	case contact:
		return core.Contact{Site: site, Addr: m.w.addr(int(in.site))}, nil
	case frame:
		b := m.fr.bytes[in.frame]
		f, err := wire.DecodeFrame(b)
		return &core.Frame{Conn: in.conn, From: site, Frame: f, Bytes: len(b)}, err
	case offered:
		return core.Offered{Conn: in.conn, From: site, Addr: m.w.addr(int(in.site)), System: in.got, Lane: in.lane}, nil
	case connected:
		return core.Connected{Conn: in.conn, To: site, Lane: in.lane, Got: in.got}, nil
	case broken:
		return core.Broken{Conn: in.conn, To: site, Lane: in.lane}, nil
	case gone:
		return core.Gone{Site: site}, nil
	case shunned:
		return core.Shunned{By: site}, nil
	case act:
		return m.prog.act(m.actOf(in.act), in.act), nil
	case tick:
	}
	return nil, fmt.Errorf("no event for input %+v", in)
}

// may reports whether the program can do its next act: it is in the group, or
// about to be if it joins.
func (m *machine) may(n int) bool {
	if m.halted || n >= len(m.w.Acts[m.index]) {
		return false
	}
	a := m.w.Acts[m.index][n]
	if a.Do == Join {
		return m.core.View() != nil && m.prog.in(a.Group) == 0
	}
	return m.prog.in(a.Group) != 0
}

// proc is the process at a site.
func proc(index int) id.Address { return id.Process(number(index), 1) }
