package wire

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
)

func benchFrames() []sample {
	var casts []byte
	for range 1000 {
		casts = msg.AppendCast(casts, make([]byte, 64))
	}
	run := func(o msg.Order, t vclock.Time) *msg.Frame {
		return data(&msg.Data{Group: group, View: 13, Sender: 1, Run: &msg.Run{
			First: 1 << 20, N: 1000, Order: o, Time: t, Body: casts,
		}})
	}
	ack := &msg.Ack{Group: group, View: 13, From: 1, Held: []uint64{1 << 20, 1 << 21, 1 << 22}, Used: []uint64{1, 2, 3}}
	return []sample{
		{"data 64KiB fifo", run(msg.FIFO, nil)},
		{"data 64KiB total", run(msg.Total, vclock.Time{1 << 20, 1 << 21, 1 << 22})},
		{"heartbeat", control(&msg.Heartbeat{})},
		{"ack", control(ack)},
		{"commit", control(&msg.Commit{Entry: entry})},
	}
}

func BenchmarkFrameParts(b *testing.B) {
	for _, s := range benchFrames() {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			var head []byte
			for b.Loop() {
				var err error
				if head, _, err = FrameParts(head[:0], s.frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeFrame(b *testing.B) {
	for _, s := range benchFrames() {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			in := AppendFrame(nil, s.frame)
			for b.Loop() {
				if _, err := DecodeFrame(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAllocations keeps what the benchmarks have found.
func TestAllocations(t *testing.T) {
	decode := map[string]float64{"data 64KiB fifo": 2, "data 64KiB total": 3, "heartbeat": 2, "ack": 4}
	for _, s := range benchFrames() {
		head := make([]byte, 0, 512)
		if n := testing.AllocsPerRun(100, func() { head, _, _ = FrameParts(head[:0], s.frame) }); n > 0 {
			t.Errorf("%s: encoding allocates %v times", s.name, n)
		}
		most, ok := decode[s.name]
		if !ok {
			continue
		}
		in := AppendFrame(nil, s.frame)
		if n := testing.AllocsPerRun(100, func() { _, _ = DecodeFrame(in) }); n > most {
			t.Errorf("%s: decoding allocates %v times, at most %v", s.name, n, most)
		}
	}
}
