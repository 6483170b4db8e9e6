package sim

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

// link is one connection: one lane from one site to another, in order, losing
// nothing until it breaks.
type link struct {
	conn     uint64
	from, to *site
	lane     msg.Lane
	open     bool        // the dialer knows that it was taken
	broken   bool        // what is written now is lost
	gone     bool        // what is under way is lost too
	last     effect.Time // when the last frame arrives
	queue    []flight
	arrive   func()
	turn     uint64
}

// flight is a frame under way.
type flight struct {
	at    effect.Time
	bytes []byte
	held  bool
}

// dial keeps trying to open a connection for as long as the site wants it.
func (w *World) dial(from *site, d core.Dial) {
	turn := from.wants[dialKey{d.Site, d.Lane}]
	w.in(w.takes(dials, from.host, w.hostAt(d.Addr), 20, 200), func() { w.attempt(from, d, turn) })
}

// attempt tries once, and again later. There is one such chain for each lane:
// turn tells it from one that a hang-up has ended.
func (w *World) attempt(from *site, d core.Dial, turn uint64) {
	if !from.running() || turn == 0 || from.wants[dialKey{d.Site, d.Lane}] != turn {
		return
	}
	again := func(delay effect.Time) {
		w.in(delay, func() { w.attempt(from, d, turn) })
	}
	h := w.hostAt(d.Addr)
	switch {
	case h == nil:
		again(100 * effect.Millisecond)
	case w.cut(from.host, h) || w.cut(h, from.host) || h.silent():
		again(w.takes(dials, from.host, h, 10_000, 50_000))
	case !h.site.running() || h.site.id != d.Site: // refused
		from.post(core.Gone{Site: d.Site})
		if h.site.running() && h.site.core.Excludes(from.id) {
			from.post(core.Shunned{By: h.site.id}) // whoever lives there now knows it
			return
		}
		again(w.takes(dials, from.host, h, 20_000, 200_000))
	default:
		l := &link{from: from, to: h.site, lane: d.Lane, last: w.now, turn: turn}
		l.arrive = func() { w.arrive(l) }
		w.links.add(l)
		h.site.post(core.Offered{Conn: l.conn, From: from.id, Addr: from.host.addr, System: from.core.System(), Lane: d.Lane})
	}
}

// answered passes the acceptor's answer back to the dialer.
func (w *World) answered(r core.Reception) {
	l := w.links.find(r.Conn)
	if l == nil {
		return
	}
	w.in(w.delay(l.to.host, l.from.host), func() {
		if !l.from.running() || l.broken || l.gone {
			return
		}
		switch {
		case r.Shun:
			w.links.drop(l)
			l.from.post(core.Shunned{By: l.to.id})
		case r.Refuse:
			w.links.drop(l)
			w.in(w.takes(dials, l.from.host, l.to.host, 5000, 50_000), func() {
				w.attempt(l.from, core.Dial{Site: l.to.id, Addr: l.to.host.addr, Lane: l.lane}, l.turn)
			})
		default:
			l.open = true
			l.from.post(core.Connected{Conn: l.conn, To: l.to.id, Lane: l.lane, Got: r.Got})
		}
	})
}

// delay throws how long a frame is under way.
func (w *World) delay(from, to *host) effect.Time {
	c := choice{delays, from.index, to.index}
	if w.story != nil {
		return w.story.delay(c)
	}
	d := w.between(20, 120)
	if w.dice.Chance(30) {
		d += w.between(0, 2000)
	}
	if !w.calm && w.Faults.Slow && w.dice.Chance(5) {
		d += w.between(0, 60_000)
	}
	w.chosen(c, d/effect.Microsecond)
	return d
}

// write sends a frame. It arrives after all before it, if the connection lasts.
func (w *World) write(from *site, x core.Write) {
	l := w.links.find(x.Conn)
	if l == nil || l.broken || l.from != from {
		return
	}
	w.checkLent(from, x.Frame)
	bytes := w.encode(x.Frame)
	w.stats.Frames++
	w.stats.Bytes += len(bytes)
	w.tally.wrote(x.Frame)
	if w.big != nil {
		w.big.meter.wrote(from.host, x.Frame, len(bytes))
		w.big.whole.wrote(from.host, x.Frame, len(bytes))
	}
	l.last = max(l.last, w.now+w.delay(l.from.host, l.to.host))
	held := w.story != nil && w.story.holds(l, x.Frame)
	l.queue = append(l.queue, flight{l.last, bytes, held})
	if len(l.queue) == 1 {
		w.in(l.last-w.now, l.arrive)
	}
}

// encoded is the last frame that was written: it may go to many, as the same
// bytes. Who receives them may not change them.
type encoded struct {
	frame   *msg.Frame
	bytes   []byte
	scratch []byte
}

func (w *World) encode(f *msg.Frame) []byte {
	e := &w.encoded
	if e.frame != f {
		e.scratch = wire.AppendFrame(e.scratch[:0], f)
		e.frame, e.bytes = f, slices.Clone(e.scratch)
		// A node that is to write what no other takes ends.
		if _, err := wire.AppendLength(e.scratch[:0], f.Lane, len(e.bytes)); err != nil {
			w.failure = "wire: " + err.Error()
		}
	}
	return e.bytes
}

// arrive delivers the frames that are due. A cut holds them back, in order; if
// it lasts, the connection breaks.
func (w *World) arrive(l *link) {
	if l.gone || !l.to.running() {
		return
	}
	if w.cut(l.from.host, l.to.host) {
		if w.story == nil && w.dice.Chance(20) {
			w.didBreak(l, false)
			w.breakLink(l, false)
			return
		}
		w.in(w.takes(waits, l.from.host, l.to.host, 5000, 20_000), l.arrive)
		return
	}
	for len(l.queue) > 0 && l.queue[0].at <= w.now {
		if l.queue[0].held {
			return // until the story releases it
		}
		f, err := w.decode(l.queue[0].bytes)
		if err != nil {
			w.failure = "wire: " + err.Error()
			return
		}
		l.to.post(&core.Frame{Conn: l.conn, From: l.from.id, Frame: f, Bytes: len(l.queue[0].bytes)})
		l.queue = l.queue[1:]
	}
	if len(l.queue) > 0 {
		w.in(l.queue[0].at-w.now, l.arrive)
	}
}

// breakLink ends a connection: what was under way is lost from some point on.
// With late set, the rest still arrives, after a new connection may be open.
func (w *World) breakLink(l *link, late bool) {
	if l.broken {
		return
	}
	l.broken = true
	if !late {
		w.links.drop(l)
	} else {
		w.in(w.late(l), func() { w.links.drop(l) })
	}
	w.stats.Breaks++
	d := core.Dial{Site: l.to.id, Addr: l.to.host.addr, Lane: l.lane}
	w.in(w.takes(redials, l.from.host, l.to.host, 10, 500), func() {
		if !l.from.running() {
			return
		}
		if l.open {
			l.from.post(core.Broken{Conn: l.conn, To: l.to.id, Lane: l.lane})
		}
		w.attempt(l.from, d, l.turn)
	})
}

// breakAll ends the connections of a site that stopped.
func (w *World) breakAll(s *site, late bool) {
	for _, l := range s.links {
		if !l.gone {
			w.breakLink(l, late && l.from == s)
		}
	}
}

func (w *World) cut(a, b *host) bool { return len(w.cuts) > 0 && w.cuts[[2]int{a.index, b.index}] }

func (w *World) setCut(a, b int, on bool) {
	if on {
		w.cuts[[2]int{a, b}] = true
	} else {
		delete(w.cuts, [2]int{a, b})
	}
}

type dialKey struct {
	site id.Site
	lane msg.Lane
}

// late throws how long frames of a broken connection may still come in.
func (w *World) late(l *link) effect.Time {
	return w.choose(lates, l.from.host, l.to.host, 2000, 30_000, 1_000_000) * effect.Microsecond
}
