package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// program is a user's program at one site: one process, in several groups. Its
// state in a group is a sum over the casts it has handled.
type program struct {
	s      *site
	proc   id.Address
	groups []*membership
	out    map[id.Address]int // bytes cast and not freed, by destination
	calls  uint64
	slow   int64       // microseconds for each item, at most
	linger effect.Time // in a story: between looking and relying on it
}

// membership is the program's part in one group: the one ordered stream.
type membership struct {
	p        *program
	group    id.Address // 0 until joined
	since    uint64     // the log entry by which
	name     string
	stream   []core.Item
	busy     bool
	left     bool
	leaving  bool
	view     core.Viewed
	sum      uint64 // the state: over all casts
	chain    uint64 // over Total and Barrier casts, in order
	loading  []byte // the front of the state that comes in
	xfer     uint64
	captures []*capture
	spoilt   bool // what it loads is of no use

	state   register
	settled uint64 // of what was due to readers
	reads   []reading
}

func newProgram(s *site, n uint16) *program {
	p := &program{s: s, proc: id.Process(s.id, n), out: map[id.Address]int{}}
	if s.w.dice.Chance(100) && s.w.Faults.Slow {
		p.slow = s.w.dice.Between(100, 5000)
	}
	if s.w.Faults.Laggards && s.w.dice.Chance(300) {
		p.slow = s.w.dice.Between(10_000, 60_000)
	}
	s.w.load(p)
	return p
}

func (p *program) in(group id.Address) *membership {
	for _, m := range p.groups {
		if m.group == group && !m.left {
			return m
		}
	}
	return nil
}

func (p *program) named(name string) *membership {
	for _, m := range p.groups {
		if m.name == name && !m.left {
			return m
		}
	}
	return nil
}

// handle takes an item: one of a stream, or about a cast or call.
func (p *program) handle(i core.Item) {
	switch i := i.(type) {
	case core.Joined:
		if m := p.named(i.Name); i.Proc == p.proc && m != nil {
			m.group, m.since = i.Group, i.Since
		}
	case core.Viewed:
		p.stream(i.Proc, i.View.Group, i)
	case core.Casts:
		p.stream(i.Proc, i.Group, i)
	case core.Capture:
		p.stream(i.Proc, i.Group, i)
	case core.Restore:
		p.stream(i.Proc, i.Group, i)
	case core.RestoreBlock:
		p.stream(i.Proc, i.Group, i)
	case core.RestoreEnd:
		p.stream(i.Proc, i.Group, i)
	case core.Settled:
		p.stream(i.Proc, i.Group, i)
	case core.CaptureRoom:
		p.room(i)
	case core.Left:
		if i.Proc == p.proc {
			if m := p.in(i.Group); m != nil {
				m.left = true
			}
			delete(p.out, i.Group)
		}
	case core.Freed:
		p.free(i.Proc, i.Dest, i.Bytes)
	case core.Undelivered:
		p.free(i.Proc, i.Dest, i.Bytes)
	}
}

func (p *program) free(proc, dest id.Address, n int) {
	if proc == p.proc {
		p.out[dest] -= n
	}
}

func (p *program) stream(proc, group id.Address, i core.Item) {
	if proc != p.proc {
		return
	}
	if group == 0 { // sent to the process itself: reply at once
		p.direct(i.(core.Casts))
		return
	}
	if m := p.in(group); m != nil {
		m.stream = append(m.stream, i)
		m.next()
	}
}

// next handles the stream's items one at a time, as fast as the program is.
func (m *membership) next() {
	if m.busy || len(m.stream) == 0 || m.left {
		return
	}
	m.busy = true
	m.p.s.w.in(m.p.pause(), func() {
		m.busy = false
		if m.left || m.p.s.stopped || len(m.stream) == 0 {
			return
		}
		i := m.stream[0]
		m.stream = m.stream[1:]
		m.item(i)
		m.next()
	})
}

// pause is how long the program takes for an item.
func (p *program) pause() effect.Time {
	return p.s.w.choose(handles, p.s.host, nil, 0, 20+p.slow, p.slow) * effect.Microsecond
}

func (m *membership) item(i core.Item) {
	s := m.p.s
	if s.w.story != nil {
		s.w.story.streamed(m, i)
	}
	switch i := i.(type) {
	case core.Viewed:
		m.view = i
		m.state.turn(i)
	case core.Settled:
		m.settled = i.Upto
		m.look()
	case core.Casts:
		if i.View != m.state.view {
			s.w.failure = fmt.Sprintf("stream: %v is handed casts of view %d of %v in view %d", m.p.proc, i.View, m.group, m.state.view)
			return
		}
		m.apply(i)
		m.state.handled(i)
		s.post(core.Used{Proc: m.p.proc, Group: m.group, Since: i.Since, Items: 1})
		if w := s.w; w.loads() && w.dice.Chance(20) {
			w.aside(0, func() { w.react(m) }) // in the step that hears of it
		}
	case core.Capture:
		c := &capture{joiner: i.Joiner, xfer: i.Xfer, upto: int(i.Upto)}
		c.front, c.ballast = m.snapshot()
		m.captures = append(m.captures, c)
		s.w.record(s.id, fact.Digest{Proc: m.p.proc, Group: m.group, Xfer: i.Xfer, Sum: m.digest()})
		m.feed(c)
	case core.Restore:
		m.loading, m.xfer = nil, i.Xfer
	case core.RestoreBlock:
		if i.Xfer == m.xfer {
			m.load(i.Bytes)
			if i.Loan != nil {
				i.Loan.Return()
			}
			s.post(core.StateRead{Proc: m.p.proc, Group: m.group, Xfer: i.Xfer, Bytes: len(i.Bytes)})
		}
	case core.RestoreEnd:
		if i.Xfer == m.xfer {
			m.restore(i)
		}
	}
}

// apply handles casts: the state changes, and requests are answered.
func (m *membership) apply(c core.Casts) {
	rest := c.Run.Body
	if spent(c.Run) {
		m.p.s.w.failure = fmt.Sprintf("lent: %v is handed cast %d of %v, which its site has given back", m.p.proc, c.Run.First, c.Sender)
		return
	}
	if c.Run.Call && c.Run.Loan != nil { // who answers later may read it then
		c.Run.Loan.Keep()
	}
	for k := range int(c.Run.N) {
		payload, next, ok := msg.NextCast(rest)
		if !ok {
			m.p.s.w.failure = "stream: a malformed run is delivered"
			return
		}
		rest = next
		h := mix(m.p.s.w.hashes.of(payload))
		m.sum += h
		if c.Run.Order == msg.Total || c.Run.Order == msg.Barrier {
			m.chain = mix(m.chain ^ h)
		}
		if c.Run.Call {
			m.p.answer(c.Request(k), payload)
		}
	}
}

// answer replies after a while: mostly, and sometimes with a null reply.
func (p *program) answer(r core.Request, payload []byte) {
	w := p.s.w
	if w.story != nil {
		w.story.answer(p, r, payload)
		return
	}
	a := core.Answer{Proc: p.proc, Request: r, Null: w.dice.Chance(250)}
	if !a.Null {
		a.Body = payload[:min(8, len(payload))]
		if r.Group != 0 && w.big == nil && w.dice.Chance(30) {
			a.Copy = []byte("copy")
		}
	}
	w.chosen(choice{mannered, p.s.host.index, -1}, mannerOf(a))
	slowest := int64(300)
	if r.Session != 0 && w.dice.Chance(300) { // so that clients die while they wait
		slowest = 150_000
	}
	w.in(w.takes(replies, p.s.host, nil, 0, slowest), func() { p.s.post(a) })
}

func (p *program) direct(c core.Casts) {
	if w := p.s.w; w.story != nil && !c.Run.Call {
		w.story.direct(p, c)
	}
	for k := 0; c.Run.Call && k < int(c.Run.N); k++ {
		p.s.post(core.Answer{Proc: p.proc, Request: c.Request(k), Body: []byte("direct")})
	}
	p.s.post(core.Used{Proc: p.proc, Items: 1})
}

// castList casts once to several destinations.
func (p *program) castList(dests []id.Address, size int) {
	payload := make([]byte, max(16, size))
	number := p.s.w.dice.Uint64()
	binary.LittleEndian.PutUint64(payload, number)
	binary.LittleEndian.PutUint64(payload[8:], uint64(p.proc))
	p.didCastList(dests, nonce(number, len(payload)))
	p.calls++
	p.s.post(core.CastList{Proc: p.proc, ID: p.calls, Dests: dests, Body: msg.AppendCast(nil, payload)})
}

// cast sends n casts to dest if the window allows.
func (p *program) cast(dest id.Address, order msg.Order, safe bool, n, size int, want int, calls bool) {
	w := p.s.w
	size = max(16, size)
	body := make([]byte, 0, n*(size+8))
	var words []string
	for range n {
		number := w.dice.Uint64()
		words = append(words, nonce(number, size))
		body = binary.AppendUvarint(body, uint64(size))
		body = binary.LittleEndian.AppendUint64(body, number)
		body = binary.LittleEndian.AppendUint64(body, uint64(p.proc))
		body = body[:len(body)+size-16] // of a new array: zeros
	}
	bytes := (&msg.Run{N: uint32(n), Body: body}).Size()
	limit := flow.Window
	if p.in(dest) == nil {
		limit = flow.RequestWindow
	}
	if p.out[dest] > 0 && p.out[dest]+bytes > limit {
		return
	}
	p.out[dest] += bytes
	p.didCast(dest, order, safe, words, want, calls)
	ev := core.Cast{Proc: p.proc, Dest: dest, Order: order, Safe: safe, N: uint32(n), Body: body}
	if calls {
		for range n {
			p.calls++
			ev.Calls = append(ev.Calls, core.CallSpec{ID: p.calls, Want: want})
		}
	}
	p.s.post(w.lend(ev))
}

// hashes remembers the last large payloads, which all members of a group hash:
// to compare bytes is much faster.
type hashes struct {
	list [8]hashed
	next int
}

type hashed struct {
	payload []byte
	hash    uint64
}

const largePayload = 4 << 10

func (c *hashes) of(b []byte) uint64 {
	if len(b) < largePayload {
		return hash(b)
	}
	for i := range c.list {
		if bytes.Equal(c.list[i].payload, b) {
			return c.list[i].hash
		}
	}
	h := hash(b)
	c.list[c.next] = hashed{slices.Clone(b), h}
	c.next = (c.next + 1) % len(c.list)
	return h
}

func hash(b []byte) uint64 {
	h := uint64(len(b))
	for len(b) >= 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	for _, c := range b {
		h = mix(h ^ uint64(c))
	}
	return h
}

func mix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// wanted throws how many replies a call wants.
func wanted(d *Dice) int {
	switch d.N(4) {
	case 0:
		return call.All
	case 1:
		return 2
	default:
		return 1
	}
}
