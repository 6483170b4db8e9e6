package msg

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// some is a body of n payloads, many of them alike, and the payloads.
func some(chance *rand.Rand, n int) (body []byte, payloads [][]byte) {
	size := 0
	for range n {
		if chance.IntN(3) == 0 {
			size = chance.IntN([]int{4, 200, 40_000}[chance.IntN(3)])
		}
		p := bytes.Repeat([]byte{byte(chance.Uint32())}, size)
		before := len(body)
		body = AppendCast(body, p)
		if len(body)-before != CastSize(size) {
			panic("a cast takes more or less than CastSize says")
		}
		payloads = append(payloads, p)
	}
	return body, payloads
}

// holds is WellFormed, one cast after the other.
func holds(n uint32, body []byte) bool {
	for range n {
		var ok bool
		if _, body, ok = NextCast(body); !ok {
			return false
		}
	}
	return len(body) == 0
}

func TestBodies(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	malformed := 0
	for range 3000 {
		body, payloads := some(chance, chance.IntN(12))
		r := &Run{First: 7, N: uint32(len(payloads)), Body: body}
		if !r.WellFormed() {
			t.Fatalf("%d payloads are not well formed", r.N)
		}
		for k, rest := 0, body; k < len(payloads); k++ {
			p, next, ok := NextCast(rest)
			if !ok || !bytes.Equal(p, payloads[k]) {
				t.Fatalf("payload %d is %v, not %v", k, p, payloads[k])
			}
			rest = next
		}
		if r.N > 1 {
			k := 1 + uint32(chance.IntN(int(r.N)-1))
			head, tail := r.Cut(k)
			if !head.WellFormed() || !tail.WellFormed() || head.N != k || tail.First != 7+uint64(k) || tail.Last() != r.Last() {
				t.Fatalf("cut after %d of %d: %+v and %+v", k, r.N, head, tail)
			}
		}
		// Whatever is done to it, it is well formed when its casts can be taken off it.
		worse := &Run{N: r.N, Body: bytes.Clone(body)}
		switch at := chance.IntN(len(body) + 1); chance.IntN(4) {
		case 0:
			worse.Body = worse.Body[:at]
		case 1:
			worse.Body = append(worse.Body, byte(chance.Uint32()))
		case 2:
			worse.N += uint32(chance.IntN(3)) - 1
		case 3:
			if at < len(body) {
				worse.Body[at] = byte(chance.Uint32())
			}
		}
		if worse.N > 1<<20 {
			continue
		}
		if worse.WellFormed() != holds(worse.N, worse.Body) {
			t.Fatalf("%d casts in %v: well formed is %v", worse.N, worse.Body, worse.WellFormed())
		}
		if !worse.WellFormed() {
			malformed++
		}
	}
	if malformed < 300 {
		t.Errorf("only %d bodies were malformed", malformed)
	}
}

// A length may be written in more bytes than it needs, and may say too much.
func TestOddLengths(t *testing.T) {
	for _, body := range [][]byte{
		{0x81, 0x00, 'a'},
		{1, 'a', 0x81, 0x00, 'a', 1, 'a'},
		{0xff},
		{1},
		{1, 'a', 1},
		{2, 'a', 'b', 2, 'a'},
		{0, 0, 0},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 'a'},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
	} {
		for n := range uint32(5) {
			r := &Run{N: n, Body: body}
			if r.WellFormed() != holds(n, body) {
				t.Errorf("%d casts in %v: well formed is %v", n, body, r.WellFormed())
			}
		}
	}
}

func BenchmarkWellFormed(b *testing.B) {
	r := &Run{N: 1000}
	for range r.N {
		r.Body = AppendCast(r.Body, make([]byte, 66))
	}
	for name, judge := range map[string]func() bool{
		"guessing":       r.WellFormed,
		"one by another": func() bool { return holds(r.N, r.Body) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if !judge() {
					b.Fatal("not well formed")
				}
			}
		})
	}
}
