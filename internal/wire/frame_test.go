package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// stream is frames as they travel: each after its length.
func stream(t testing.TB, frames ...*msg.Frame) (out []byte) {
	t.Helper()
	for _, f := range frames {
		head, body, err := FrameParts(out, f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(head, body...)
	}
	return out
}

func TestFramePartsAreTheFrame(t *testing.T) {
	for _, s := range samples() {
		head, body, err := FrameParts([]byte("before"), s.frame)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		whole := AppendFrame(nil, s.frame)
		want, err := AppendLength([]byte("before"), s.frame.Lane, len(whole))
		if err != nil {
			t.Fatal(err)
		}
		if got := append(head, body...); !bytes.Equal(got, append(want, whole...)) {
			t.Errorf("%s: parts %x, whole %x", s.name, got, whole)
		}
	}
}

func TestBodiesAreNotCopied(t *testing.T) {
	long := body(strings.Repeat("x", 1000))
	run := &msg.Run{First: 1, N: 1, Order: msg.FIFO, Body: long}
	frames := map[string]*msg.Frame{
		"data":    data(&msg.Data{Group: group, Run: run}),
		"part":    data(&msg.Part{Group: group, Total: 5000, Run: run}),
		"request": data(&msg.Request{Dest: group, Order: msg.FIFO, N: 1, Body: long}),
		"replies": data(&msg.Replies{Items: []msg.Reply{{Body: []byte("first")}, {Body: long}}}),
		"block":   bulk(&msg.XferBlock{Bytes: long}),
	}
	bodyOf := func(m msg.Message) []byte {
		switch m := m.(type) {
		case *msg.Data:
			return m.Run.Body
		case *msg.Part:
			return m.Run.Body
		case *msg.Request:
			return m.Body
		case *msg.Replies:
			return m.Items[len(m.Items)-1].Body
		case *msg.XferBlock:
			return m.Bytes
		}
		return nil
	}
	for name, f := range frames {
		_, sent, err := FrameParts(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		if len(sent) != len(long) || &sent[0] != &long[0] {
			t.Errorf("%s: FrameParts copied the body", name)
		}
		b := AppendFrame(nil, f)
		got, err := DecodeFrame(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		have := bodyOf(got.Msgs[0])
		if &have[0] != &b[len(b)-len(long)] {
			t.Errorf("%s: DecodeFrame copied the body", name)
		}
		if cap(have) != len(have) {
			t.Errorf("%s: an append to the body would write beyond it", name)
		}
	}
}

// TestSplit cuts a stream that arrives byte by byte.
func TestSplit(t *testing.T) {
	var frames []*msg.Frame
	for _, s := range samples() {
		frames = append(frames, s.frame)
	}
	all := stream(t, frames...)
	var buf []byte
	next := 0
	for _, c := range all {
		buf = append(buf, c)
		frame, rest, ok, err := Split(buf, frames[next].Lane)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			if len(rest) != len(buf) {
				t.Fatal("an incomplete frame took bytes away")
			}
			continue
		}
		f, err := DecodeFrame(frame)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(f, frames[next]) {
			t.Fatalf("frame %d differs", next)
		}
		next++
		buf = bytes.Clone(rest)
	}
	if next != len(frames) || len(buf) != 0 {
		t.Fatalf("%d of %d frames, %d bytes left", next, len(frames), len(buf))
	}
}

func TestFrameBound(t *testing.T) {
	most := MaxFrame(msg.LaneBulk)
	block := &msg.XferBlock{Group: group, Joiner: first}
	overhead := len(AppendFrame(nil, bulk(block)))
	block.Bytes = make([]byte, most-overhead)
	whole := stream(t, bulk(block))
	if frame, _, ok, err := Split(whole, msg.LaneBulk); !ok || err != nil || len(frame) != most {
		t.Fatalf("a frame of MaxFrame: %d, %v, %v", len(frame), ok, err)
	}

	block.Bytes = make([]byte, most-overhead+1)
	head, body, err := FrameParts([]byte("before"), bulk(block))
	if !errors.Is(err, ErrTooLarge) || string(head) != "before" || body != nil {
		t.Errorf("a frame over MaxFrame: %q, %d, %v", head, len(body), err)
	}
	var bad *Error
	if _, _, ok, err := Split([]byte("HTTP/1.1 400 Bad Request"), msg.LaneData); ok || !errors.As(err, &bad) {
		t.Errorf("text for a length: %v, %v", ok, err)
	}
}

// TestLaneBounds holds each lane to a bound of its own, for both ends.
func TestLaneBounds(t *testing.T) {
	for lane, most := range map[msg.Lane]int{msg.LaneControl: 64 << 20, msg.LaneData: 64<<20 + slack, msg.LaneBulk: 1<<20 + slack} {
		b, err := AppendLength(nil, lane, most)
		if err != nil {
			t.Errorf("lane %d: %v", lane, err)
		}
		if n, ok, err := Length(b, lane); n != most || !ok || err != nil {
			t.Errorf("lane %d: length %d, %v, %v", lane, n, ok, err)
		}
		if _, err := AppendLength(nil, lane, most+1); !errors.Is(err, ErrTooLarge) {
			t.Errorf("lane %d: length over MaxFrame to send: %v", lane, err)
		}
		var bad *Error
		if _, ok, err := Length(binary.LittleEndian.AppendUint32(nil, uint32(most+1)), lane); ok || !errors.As(err, &bad) {
			t.Errorf("lane %d: length over MaxFrame received: %v, %v", lane, ok, err)
		}
	}
}

// TestSlack holds MaxBody to its promise: the header of the largest view it
// names fits beside it, whatever the numbers.
func TestSlack(t *testing.T) {
	run := &msg.Run{
		First: 1<<64 - 2, N: 1, Order: msg.Total, Safe: true, Call: true, Time: make([]uint64, 6000),
		Origin: caller, OFirst: 1<<64 - 2, Body: make([]byte, MaxBody),
	}
	for i := range run.Time {
		run.Time[i] = 1<<64 - 1
	}
	f := data(&msg.Part{Group: group, View: 1<<64 - 1, Sender: 5999, Offset: 1 << 62, Total: 1<<64 - 1, Run: run})
	if _, _, err := FrameParts(nil, f); err != nil {
		t.Error(err)
	}
}

// TestTextsAreShortened sends texts for people over MaxText.
func TestTextsAreShortened(t *testing.T) {
	for lead := range 4 {
		long := strings.Repeat("a", lead) + strings.Repeat("€𝄞", MaxText)
		f, err := DecodeFrame(AppendFrame(nil, control(&msg.Refuse{Why: long})))
		if err != nil {
			t.Fatal(err)
		}
		got := f.Msgs[0].(*msg.Refuse).Why
		if !strings.HasPrefix(long, got) || !utf8.ValidString(got) || len(got) < MaxText-3 || len(got) > MaxText {
			t.Errorf("%d bytes kept, valid: %v", len(got), utf8.ValidString(got))
		}
	}
	b := AppendFrame(nil, control(&msg.Refuse{Why: strings.Repeat("\x80", 2*MaxText)}))
	if _, err := DecodeFrame(b); err != nil {
		t.Errorf("a text that is none: %v", err)
	}
}

type stranger struct{}

func (stranger) Kind() msg.Kind { return msg.KindJoin }

func TestAppendFramePanics(t *testing.T) {
	long := strings.Repeat("n", MaxName+1)
	for name, f := range map[string]*msg.Frame{
		"wrong lane":      data(&msg.Heartbeat{}),
		"data on control": control(&msg.Data{Run: &msg.Run{}}),
		"two on data":     {Lane: msg.LaneData, Msgs: []msg.Message{&msg.Request{}, &msg.Request{}}},
		"none on bulk":    {Lane: msg.LaneBulk},
		"no such lane":    {Lane: msg.Lanes, Msgs: []msg.Message{&msg.Heartbeat{}}},
		"unknown type":    control(stranger{}),
		"long name":       control(&msg.Submit{Ops: []msg.Op{{Kind: msg.OpJoin, Name: long}}}),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			AppendFrame(nil, f)
		})
	}
}

// TestLeastSizes compares the least size of each list element, by which
// lengths are judged, with what an element of zeros takes.
func TestLeastSizes(t *testing.T) {
	part := func(f *msg.Frame) int { return len(AppendFrame(nil, f)) }
	size := func(m msg.Message) int { return part(control(m)) }
	oneMember := &view.Group{Members: make([]view.GroupMember, 1)}
	for name, c := range map[string]struct{ min, have int }{
		"site":         {minSite, len(appendSites(nil, make([]id.Site, 1))) - 1},
		"member":       {minMember, len(appendMember(nil, view.Member{}))},
		"group":        {minGroup, len(appendGroup(nil, &view.Group{}))},
		"group member": {minGroupMember, len(appendGroup(nil, oneMember)) - len(appendGroup(nil, &view.Group{}))},
		"removal":      {minRemoval, len(appendRemoval(nil, msg.Removal{}))},
		"loss":         {minLoss, len(appendLoss(nil, msg.Loss{}))},
		"accuse":       {minAccuse, len(appendAccused(nil, []msg.Accusation{{}})) - 1},
		"op":           {minOp, size(&msg.Submit{Ops: make([]msg.Op, 1)}) - size(&msg.Submit{})},
		"entry":        {minEntry, len(appendEntry(nil, &msg.Entry{}))},
		"span": {minSpan, len(appendRunHead(nil, &msg.Run{Order: msg.Sequence, Spans: make([]msg.Span, 1)})) -
			len(appendRunHead(nil, &msg.Run{Order: msg.Sequence}))},
		"reply":      {minReply, part(data(&msg.Replies{Items: make([]msg.Reply, 1)})) - part(data(&msg.Replies{}))},
		"forwarding": {minForwarding, size(&msg.Cut{Forward: make([]msg.Forwarding, 1)}) - size(&msg.Cut{})},
		"seen":       {minSeen, size(&msg.Install{Seen: make([]msg.Seen, 1)}) - size(&msg.Install{})},
	} {
		if c.min != c.have {
			t.Errorf("least %s: %d bytes, is %d", name, c.min, c.have)
		}
	}
}

// TestErrorsName holds each error text to naming what a reader needs.
func TestErrorsName(t *testing.T) {
	for want, err := range map[string]error{
		"wire: malformed bytes from the peer, in cut-ack: ends too early (byte 7)":     &Error{Kind: msg.KindCutAck, What: short, At: 7},
		"wire: malformed bytes from the peer: unknown lane (byte 1)":                   &Error{What: "unknown lane", At: 1},
		"wire: the other end speaks protocol version 3, this one 1: upgrade the older": &VersionError{Ours: 1, Theirs: 3},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	seen := map[string]bool{}
	for f := range RefusedBusy + 2 {
		seen[f.String()] = true
	}
	if len(seen) != int(RefusedBusy)+1 || Refusal(0).String() != (RefusedBusy+1).String() {
		t.Errorf("refusals read as %v", seen)
	}
}
