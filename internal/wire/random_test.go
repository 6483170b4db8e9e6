package wire

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// TestRoundTrip sends random messages of every kind there and back. The values
// are made by reflection, so that a field that is new in msg and forgotten here
// fails the test.
func TestRoundTrip(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	for _, s := range samples() {
		if len(s.frame.Msgs) != 1 {
			continue
		}
		typ := reflect.TypeOf(s.frame.Msgs[0]).Elem()
		for seed := range uint64(rounds) {
			g := gen{rand.New(rand.NewPCG(seed, uint64(s.frame.Msgs[0].Kind())))}
			f := g.frame(s.frame.Lane, typ)
			b := AppendFrame(nil, f)
			got, err := DecodeFrame(b)
			if err != nil {
				t.Fatalf("%s, seed %d: %v\n%.2000s", s.name, seed, err, show(f))
			}
			if !reflect.DeepEqual(got, f) {
				t.Fatalf("%s, seed %d:\nsent %.2000s\ngot  %.2000s", s.name, seed, show(f), show(got))
			}
		}
	}
}

func show(f *msg.Frame) string {
	out := fmt.Sprintf("%+v", *f)
	for _, m := range f.Msgs {
		out += fmt.Sprintf("\n     %+v", m)
	}
	return out
}

type gen struct{ *rand.Rand }

func (g gen) frame(lane msg.Lane, typ reflect.Type) *msg.Frame {
	f := &msg.Frame{Lane: lane}
	n := 1
	if lane == msg.LaneControl {
		n = 1 + g.IntN(3)
		for i := range f.Got {
			f.Got[i] = g.number(64)
		}
		f.Index = g.number(64)
	}
	for range n {
		m := reflect.New(typ)
		g.fill(m.Elem())
		f.Msgs = append(f.Msgs, m.Interface().(msg.Message))
		g.mend(f.Msgs[len(f.Msgs)-1])
	}
	return f
}

// number has up to so many bits; the least and the greatest are frequent.
func (g gen) number(bits int) uint64 {
	most := uint64(math.MaxUint64) >> (64 - bits)
	switch g.IntN(6) {
	case 0:
		return 0
	case 1:
		return most
	}
	return g.Uint64() & most >> g.IntN(bits)
}

// fill sets everything below v to random values of its type.
func (g gen) fill(v reflect.Value) {
	switch v.Interface().(type) {
	case id.Site:
		v.SetUint(g.number(47))
		return
	case msg.Order:
		v.SetUint(1 + g.Uint64N(uint64(msg.Sequence)))
		return
	case msg.Evidence:
		v.SetUint(1 + g.Uint64N(uint64(msg.Left)))
		return
	case msg.SessionOp:
		v.SetUint(1 + g.Uint64N(uint64(msg.SessionExpire)))
		return
	case msg.SessionStatus:
		v.SetUint(1 + g.Uint64N(uint64(msg.SessionFull)))
		return
	case msg.OpKind:
		v.SetUint(1 + g.Uint64N(uint64(msg.OpTaken)))
		return
	}
	switch k := v.Kind(); {
	case k >= reflect.Uint8 && k <= reflect.Uint64:
		v.SetUint(g.number(v.Type().Bits()))
	case k == reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case k == reflect.String:
		v.SetString(string(g.bytes(MaxName)))
	case k == reflect.Struct:
		for _, field := range v.Fields() {
			g.fill(field)
		}
	case k == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		g.fill(v.Elem())
	case k == reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(g.bytes(1000))
			return
		}
		for range g.IntN(5) {
			x := reflect.New(v.Type().Elem()).Elem()
			g.fill(x)
			v.Set(reflect.Append(v, x))
		}
	case k == reflect.Interface: // a loan: not on the wire
	default:
		panic("no random values for " + v.Type().String())
	}
}

// bytes are up to most random ones, nil for none.
func (g gen) bytes(most int) []byte {
	n := min(int(g.number(16)), most)
	if n == 0 {
		return nil
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

// mend makes a random message sound: it restores the rules of package msg that
// hold between fields.
func (g gen) mend(m msg.Message) {
	switch m := m.(type) {
	case *msg.Promise:
		for _, e := range append(m.Decided, m.Accepted) {
			mendOps(e.Ops)
		}
		if g.IntN(2) == 0 {
			m.Accepted, m.At = nil, msg.Ballot{}
		}
	case *msg.Propose:
		mendOps(m.Entry.Ops)
	case *msg.Commit:
		mendOps(m.Entry.Ops)
	case *msg.Decided:
		for _, e := range m.Entries {
			mendOps(e.Ops)
		}
	case *msg.Data:
		g.mendRun(m.Run, &m.Sender)
		if m.Run.N, m.Run.Body = g.casts(m.Run.Body); m.Run.Order == msg.Sequence {
			m.Run.N, m.Run.Body = 1, nil
		}
		g.mendSession(m.Run)
		g.mendListed(m.Run)
		g.mendNumbers(m.Run)
	case *msg.Part:
		if m.Run.Order == msg.Sequence {
			m.Run.Order = msg.Barrier
		}
		g.mendRun(m.Run, &m.Sender)
		m.Run.N, m.Run.Body = 1, append(m.Run.Body, 0)
		g.mendSession(m.Run)
		g.mendListed(m.Run)
		g.mendNumbers(m.Run)
		size := uint64(len(m.Run.Body))
		m.Offset = min(m.Offset, math.MaxUint64-size)
		m.Total = m.Offset + size + g.Uint64N(math.MaxUint64-m.Offset-size+1)
	case *msg.Request:
		if m.Order == msg.Sequence {
			m.Order = msg.FIFO
		}
		m.N, m.Body = g.casts(m.Body)
		m.First = min(m.First, math.MaxUint64-uint64(m.N))
		mendRequested(m)
	case *msg.XferReplies:
		for _, s := range m.Sessions {
			for i := range s.Items {
				s.Items[i].View = 0
			}
		}
	case *msg.RequestHeld:
		m.First, m.Upto = min(m.First, m.Upto), max(m.First, m.Upto)
	case *msg.Submit:
		mendOps(m.Ops)
	case *msg.Ack:
		m.Clear = min(m.Clear, max(m.View, 1)-1)
		m.Held = append(m.Held, g.number(64))
		m.Used = make([]uint64, len(m.Held))
		for i := range m.Used {
			m.Used[i] = g.number(64)
		}
		m.From %= uint16(len(m.Held))
	case *msg.Cut:
		m.Counts = append(m.Counts, 1)
		for i := range m.Forward {
			m.Forward[i].Sender %= uint16(len(m.Counts))
		}
	}
}

// casts cuts b into payloads and returns a body of them.
func (g gen) casts(b []byte) (n uint32, body []byte) {
	for n == 0 || len(b) > 0 {
		k := g.IntN(len(b) + 1)
		n, body, b = n+1, msg.AppendCast(body, b[:k]), b[k:]
	}
	return n, body
}

func (g gen) mendRun(r *msg.Run, sender *uint16) {
	if r.Order != msg.Sequence {
		r.Spans = nil
	}
	if r.Order == msg.FIFO || r.Order == msg.Sequence {
		r.Deps = nil
		r.Time, r.Clock = nil, 0
	}
	if r.Time != nil {
		*sender %= uint16(len(r.Time))
	}
	if r.Origin == 0 {
		r.OFirst = 0
	}
}

func (g gen) mendSession(r *msg.Run) {
	switch {
	case r.Order != msg.Total || !r.Safe:
		r.Session = nil
	case r.Origin != 0:
		r.Session.Op = msg.SessionRequest
	case r.N == 1:
		r.Session.Op = msg.SessionOpen
	default:
		r.Session = nil
	}
}

// mendRequested leaves sessions, and what brings a cast to a list, in requests that
// may have it.
func mendRequested(m *msg.Request) {
	switch {
	case m.Order != msg.Total || !m.Safe:
		m.Session = nil
	case m.N != 1:
		m.Session.Op = msg.SessionRequest
	}
	if m.Order != msg.Causal || !m.Safe || m.N != 1 {
		m.Listed = nil
	} else {
		m.Listed.Places = nil
	}
}

func (g gen) mendListed(r *msg.Run) {
	switch {
	case r.N != 1 || !r.Safe:
		r.Listed = nil
	case r.Order == msg.Causal && r.Origin != 0:
		r.Listed.Places = nil
	case r.Order == msg.Total && r.Origin == 0 && len(r.Listed.Places) > 0:
		r.Listed.Num = 0
	default:
		r.Listed = nil
	}
}

func (g gen) mendNumbers(r *msg.Run) {
	r.First = min(r.First, math.MaxUint64-uint64(r.N))
	r.OFirst = min(r.OFirst, math.MaxUint64-uint64(r.N))
}

// mendOps: only who takes a place or accuses names another, and only a cast to a list its
// destinations.
func mendOps(ops []msg.Op) {
	for i := range ops {
		if !ops[i].Kind.Accuses() {
			ops[i].Old, ops[i].Since = 0, 0
		}
		if ops[i].Kind != msg.OpList {
			ops[i].List = nil
		}
	}
}
