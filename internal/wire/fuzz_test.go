package wire

import (
	"bytes"
	"testing"
)

// FuzzDecodeFrame: no bytes make the decoder panic, and what it takes is
// written again as the same bytes.
func FuzzDecodeFrame(f *testing.F) {
	for _, s := range samples() {
		b := AppendFrame(nil, s.frame)
		f.Add(b)
		f.Add(b[:len(b)/2])
		f.Add(append(b, 0))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkOneForm(t, b) })
}

// FuzzHello does the same for both greetings; and they take no byte that is
// not theirs.
func FuzzHello(f *testing.F) {
	f.Add(AppendHello(nil, helloSample))
	f.Add(AppendWelcome(nil, welcomeSample))
	f.Add(append(AppendWelcome(nil, refusalSample), "frames"...))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.NewReader(b)
		if h, err := ReadHello(in); err == nil && !bytes.Equal(AppendHello(nil, h), b[:len(b)-in.Len()]) {
			t.Fatalf("two forms of %+v: %x", h, b)
		}
		in = bytes.NewReader(b)
		if w, err := ReadWelcome(in); err == nil && !bytes.Equal(AppendWelcome(nil, w), b[:len(b)-in.Len()]) {
			t.Fatalf("two forms of %+v: %x", w, b)
		}
	})
}
