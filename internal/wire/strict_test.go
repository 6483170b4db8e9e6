package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// TestUnsoundSessions does the same for what client sessions add.
func TestUnsoundSessions(t *testing.T) {
	request := func(order msg.Order, safe bool, n uint32, op msg.SessionOp) *msg.Frame {
		return data(&msg.Request{Dest: group, Order: order, Safe: safe, N: n, Session: &msg.Session{Op: op}, Body: body(make([]string, n)...)})
	}
	run := func(origin id.Address, op msg.SessionOp) *msg.Frame {
		return data(&msg.Data{Group: group, Run: &msg.Run{First: 1, N: 1, Order: msg.Total, Safe: true, Origin: origin, Session: &msg.Session{Op: op}, Body: body("")}})
	}
	for _, c := range []struct {
		what string
		f    *msg.Frame
	}{
		{"session beside the total order", request(msg.Causal, true, 1, msg.SessionRequest)},
		{"session beside the total order", request(msg.Total, false, 1, msg.SessionRequest)},
		{"unknown operation on a session", request(msg.Total, true, 1, 0)},
		{"unknown operation on a session", request(msg.Total, true, 1, msg.SessionExpire+1)},
		{"operation on a session with casts", request(msg.Total, true, 2, msg.SessionOpen)},
		{"session without origin, or an operation with one", run(0, msg.SessionRequest)},
		{"session without origin, or an operation with one", run(caller, msg.SessionClose)},
		{"unknown state of a session", control(&msg.SessionTold{})},
	} {
		var bad *Error
		if f, err := DecodeFrame(AppendFrame(nil, c.f)); !errors.As(err, &bad) || bad.What != c.what || f != nil {
			t.Errorf("want %q, got %v", c.what, err)
		}
	}
}

// TestUnsoundLists does the same for what casts to lists add.
func TestUnsoundLists(t *testing.T) {
	places := []msg.Place{{Number: 3, Caller: caller, Num: 2}}
	request := func(order msg.Order, safe bool, n uint32, list []msg.Place) *msg.Frame {
		return data(&msg.Request{Dest: group, Order: order, Safe: safe, N: n, Listed: &msg.Listed{Num: 2, Places: list}, Body: body(make([]string, n)...)})
	}
	run := func(order msg.Order, origin id.Address, num uint64, list []msg.Place) *msg.Frame {
		return data(&msg.Data{Group: group, Run: &msg.Run{
			First: 1, N: 1, Order: order, Safe: true, Origin: origin, Listed: &msg.Listed{Num: num, Places: list}, Body: body(""),
		}})
	}
	for _, c := range []struct {
		what string
		f    *msg.Frame
	}{
		{"what brings a cast to a list is neither Causal nor safe", request(msg.Total, true, 1, nil)},
		{"what brings a cast to a list is neither Causal nor safe", request(msg.Causal, false, 1, nil)},
		{"part of a cast to a list with other casts", request(msg.Causal, true, 2, nil)},
		{"places in a request", data(&msg.Request{Order: msg.Total, Safe: true, N: 1, Listed: &msg.Listed{Places: places}, Body: body("")})},
		{"places beside the total order", run(msg.Causal, 0, 0, places)},
		{"places beside the total order", run(msg.Total, 0, 2, places)},
		{"a cast to a list without origin, or places with one", run(msg.Causal, 0, 2, nil)},
		{"a cast to a list without origin, or places with one", run(msg.Total, caller, 0, places)},
	} {
		var bad *Error
		if f, err := DecodeFrame(AppendFrame(nil, c.f)); !errors.As(err, &bad) || bad.What != c.what || f != nil {
			t.Errorf("want %q, got %v", c.what, err)
		}
	}
}

// TestUnsound sends messages that break a rule of package msg. The append
// functions do not check these, so they serve to make the bytes.
func TestUnsound(t *testing.T) {
	casts := body("a", "b")
	run := func(change func(*msg.Run)) *msg.Frame {
		r := &msg.Run{First: 1, N: 2, Order: msg.Total, Time: []uint64{1, 2}, Body: casts}
		change(r)
		return data(&msg.Data{Group: group, View: 1, Sender: 1, Run: r})
	}
	piece := func(change func(*msg.Part)) *msg.Frame {
		p := &msg.Part{Group: group, Total: 4, Run: &msg.Run{N: 1, Order: msg.FIFO, Body: casts}}
		change(p)
		return data(p)
	}
	request := func(change func(*msg.Request)) *msg.Frame {
		q := &msg.Request{Dest: group, First: 1, Order: msg.FIFO, N: 2, Body: casts}
		change(q)
		return data(q)
	}
	ops := func(k msg.OpKind) *msg.Frame { return control(&msg.Submit{Ops: []msg.Op{{Kind: k}}}) }
	for _, c := range []struct {
		what string // of the Error
		f    *msg.Frame
	}{
		{"no casts", run(func(r *msg.Run) { r.N = 0 })},
		{"more casts than bytes", run(func(r *msg.Run) { r.N = 5 })},
		{"more casts than bytes", run(func(r *msg.Run) { r.Body = nil })},
		{"body does not hold its casts", run(func(r *msg.Run) { r.N = 1 })},
		{"body does not hold its casts", run(func(r *msg.Run) { r.N = 3 })},
		{"body does not hold its casts", run(func(r *msg.Run) { r.Body = []byte{5, 'a', 0} })},
		{"numbers run over 64 bits", run(func(r *msg.Run) { r.First = math.MaxUint64 - 1 })},
		{"numbers run over 64 bits", run(func(r *msg.Run) { r.Origin, r.OFirst = caller, math.MaxUint64 })},
		{"unknown order", run(func(r *msg.Run) { r.Order = 0 })},
		{"unknown order", run(func(r *msg.Run) { r.Order = msg.Sequence + 1 })},
		{"time on an order without", run(func(r *msg.Run) { r.Order = msg.FIFO })},
		{"time on an order without", run(func(r *msg.Run) { r.Order, r.N, r.Body = msg.Sequence, 1, nil })},
		{"sender beyond the time's ranks", run(func(r *msg.Run) { r.Time = r.Time[:1] })},
		{"sequence entry with casts", run(func(r *msg.Run) { r.Order, r.Time, r.N = msg.Sequence, nil, 1 })},
		{"sequence entry with casts", run(func(r *msg.Run) { r.Order, r.Time, r.Body = msg.Sequence, nil, nil })},
		{"more counts than ranks", run(func(r *msg.Run) { r.Time = make([]uint64, maxRanks+1) })},
		{"piece of more than one cast", piece(func(p *msg.Part) { p.Run.N = 2 })},
		{"piece of a sequence entry", piece(func(p *msg.Part) { p.Run.Order = msg.Sequence })},
		{"empty piece", piece(func(p *msg.Part) { p.Run.Body = nil })},
		{"piece outside of the whole", piece(func(p *msg.Part) { p.Total = 3 })},
		{"piece outside of the whole", piece(func(p *msg.Part) { p.Offset = 1 })},
		{"piece outside of the whole", piece(func(p *msg.Part) { p.Offset = math.MaxUint64 })},
		{"no casts", request(func(q *msg.Request) { q.N = 0 })},
		{"more casts than bytes", request(func(q *msg.Request) { q.N = 5 })},
		{"body does not hold its casts", request(func(q *msg.Request) { q.N = 1 })},
		{"numbers run over 64 bits", request(func(q *msg.Request) { q.First = math.MaxUint64 })},
		{"request for a sequence entry", request(func(q *msg.Request) { q.Order = msg.Sequence })},
		{"sender beyond the counts' ranks", control(&msg.Ack{From: 1, Held: []uint64{1}, Used: []uint64{1}})},
		{"sender beyond the counts' ranks", control(&msg.Ack{})},
		{"held and used for different ranks", control(&msg.Ack{Held: []uint64{1}})},
		{"forwarding beyond the cut's ranks", control(&msg.Cut{Forward: make([]msg.Forwarding, 1)})},
		{"held up to before the first", control(&msg.RequestHeld{First: 2, Upto: 1})},
		{"unknown evidence", control(&msg.Accuse{Accused: []msg.Accusation{{Site: 1}}})},
		{"unknown evidence", control(&msg.Accuse{Accused: []msg.Accusation{{Evidence: msg.Left + 1}}})},
		{"unknown evidence", control(&msg.Commit{Entry: &msg.Entry{Remove: make([]msg.Removal, 1)}})},
		{"unknown operation", ops(0)},
		{"unknown operation", ops(msg.OpTaken + 1)},
		{"site out of range", control(&msg.Accuse{Accused: []msg.Accusation{{Site: 1 << 47, Evidence: msg.Crash}}})},
	} {
		f, err := DecodeFrame(AppendFrame(nil, c.f))
		var bad *Error
		if !errors.As(err, &bad) || bad.What != c.what || f != nil {
			t.Errorf("want %q, got %v", c.what, err)
		} else if bad.Kind != c.f.Msgs[0].Kind() {
			t.Errorf("%q is blamed on kind %d", c.what, bad.Kind)
		}
	}
}

// TestMalformed sends bytes that no message has.
func TestMalformed(t *testing.T) {
	more := func(b []byte, c ...byte) []byte { return slices.Concat(b, c) }
	inFrame := func(b ...byte) []byte { return append([]byte{0, 0, 0, 0, 0}, b...) }
	address := make([]byte, 8)
	refuse := inFrame(1, byte(msg.KindRefuse))
	join := append(inFrame(1, byte(msg.KindJoin)), address...)
	install := append(inFrame(1, byte(msg.KindInstall)), address...)
	over := []byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02}
	data := append([]byte{byte(msg.LaneData), byte(msg.KindData)}, address...)
	for _, c := range []struct {
		name, what string
		kind       msg.Kind
		bytes      []byte
	}{
		{"nothing", short, 0, nil},
		{"a lane alone", short, 0, []byte{0}},
		{"a lane alone", short, 0, []byte{byte(msg.LaneBulk)}},
		{"lane 3", "unknown lane", 0, []byte{byte(msg.Lanes), 1}},
		{"kind 0", "unknown kind of message", 0, inFrame(1, 0)},
		{"kind 30", "unknown kind of message", 0, inFrame(1, byte(msg.KindEnd))},
		{"kind 255", "unknown kind of message", 0, inFrame(1, 255)},
		{"heartbeat on data", "on the wrong lane", msg.KindHeartbeat, []byte{1, byte(msg.KindHeartbeat)}},
		{"data on control", "on the wrong lane", msg.KindData, inFrame(1, byte(msg.KindData))},
		{"block on data", "on the wrong lane", msg.KindXferBlock, []byte{1, byte(msg.KindXferBlock)}},
		{"ask on bulk", "on the wrong lane", msg.KindXferAsk, []byte{2, byte(msg.KindXferAsk)}},
		{"fewer messages", longList, 0, inFrame(2, byte(msg.KindHeartbeat))},
		{"more messages", "bytes after the end", 0, inFrame(1, byte(msg.KindHeartbeat), 0, 0, 0, byte(msg.KindHeartbeat))},
		{"two on bulk", "bytes after the end", 0, append(AppendFrame(nil, bulk(&msg.XferEnd{})), byte(msg.KindXferEnd))},
		{"long number", "number longer than needed", msg.KindInstall, more(install, 0x80, 0)},
		{"large number", "number over 64 bits", msg.KindInstall, more(install, over...)},
		{"half a number", short, msg.KindInstall, more(install, 0x80)},
		{"large weight", "number over 32 bits", msg.KindJoin, more(join, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10)},
		{"long name", "name too long", msg.KindJoin, more(join, more([]byte{0x80, 0x02}, make([]byte, 300)...)...)},
		{"long text", "text too long", msg.KindRefuse, more(refuse, more([]byte{0x81, 0x08}, make([]byte, 2000)...)...)},
		{"half a text", short, msg.KindRefuse, more(refuse, 5, 'a')},
		{"large rank", "rank out of range", msg.KindData, more(data, 1, 0x80, 0x80, 0x04)},

		{"run of order 0", "unknown order", msg.KindData, more(data, 1, 0, 0, 0x80)},
		{"nobody's run", "nobody as origin", msg.KindData, more(data, 1, 0, 0, 0x21, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'x')},
	} {
		f, err := DecodeFrame(c.bytes)
		var bad *Error
		if !errors.As(err, &bad) || bad.What != c.what || bad.Kind != c.kind || f != nil {
			t.Errorf("%s: want %q in kind %d, got %#v", c.name, c.what, c.kind, err)
			continue
		}
		if bad.At < 0 || bad.At > len(c.bytes) || !strings.Contains(bad.Error(), c.what) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestTruncated reads every beginning of every sample. Only where the body ends
// the frame may a shorter one be another frame.
func TestTruncated(t *testing.T) {
	for _, s := range samples() {
		whole := AppendFrame(nil, s.frame)
		_, body := appendFrame(nil, s.frame)
		for n := range len(whole) {
			_, err := DecodeFrame(whole[:n])
			if err == nil && n < len(whole)-len(body) {
				t.Errorf("%s: %d of %d bytes suffice", s.name, n, len(whole))
			}
		}
	}
}

// TestOneForm changes each byte of each sample to each other value: what still
// can be read must be written just so.
func TestOneForm(t *testing.T) {
	for _, s := range samples() {
		b := AppendFrame(nil, s.frame)
		for i := range b {
			old := b[i]
			for v := range 256 {
				b[i] = byte(v)
				checkOneForm(t, b)
			}
			b[i] = old
		}
	}
}

func checkOneForm(t *testing.T, b []byte) {
	t.Helper()
	f, err := DecodeFrame(b)
	if err != nil {
		var bad *Error
		if !errors.As(err, &bad) || f != nil {
			t.Fatalf("%x: error of type %T, frame %v", b, err, f)
		}
		return
	}
	again := AppendFrame(nil, f)
	if !bytes.Equal(again, b) {
		t.Fatalf("two forms of one frame:\nread    %x\nwritten %x", b, again)
	}
	if g, err := DecodeFrame(again); err != nil || !reflect.DeepEqual(f, g) {
		t.Fatalf("%x: second reading differs: %v", b, err)
	}
}

// TestLargeCountsAllocateNothing puts a large number in place of each byte of
// each sample: whatever it counts, the bytes received bound the memory taken.
func TestLargeCountsAllocateNothing(t *testing.T) {
	const perByte, fixed = 64, 4096
	var before, after runtime.MemStats
	for _, s := range samples() {
		b := AppendFrame(nil, s.frame)
		for i := range b {
			for _, n := range []uint64{1 << 16, 1 << 40, math.MaxUint64} {
				hostile := binary.AppendUvarint(bytes.Clone(b[:i]), n)
				hostile = append(hostile, b[i+1:]...)
				runtime.ReadMemStats(&before)
				_, err := DecodeFrame(hostile)
				runtime.ReadMemStats(&after)
				if took := after.TotalAlloc - before.TotalAlloc; took > uint64(perByte*len(hostile)+fixed) {
					t.Errorf("%s: %d at byte %d took %d bytes of memory (%v)", s.name, n, i, took, err)
				}
			}
		}
	}
}
