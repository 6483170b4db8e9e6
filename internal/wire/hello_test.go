package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

func TestGreetingsRoundTrip(t *testing.T) {
	for seed := range uint64(500) {
		g := gen{rand.New(rand.NewPCG(seed, 0))}
		h := Hello{
			System: g.number(64), Site: max(1, id.Site(g.number(47))), Name: string(g.bytes(MaxName)),
			Addr: string(g.bytes(MaxName)), Lane: msg.Lane(g.IntN(int(msg.Lanes))), Probe: g.IntN(2) == 0,
		}
		w := Welcome{System: h.System, Site: h.Site, Name: h.Addr, Addr: h.Name, Got: g.number(64), Refused: Refusal(g.IntN(int(RefusedBusy) + 1))}
		in := bytes.NewBuffer(append(AppendWelcome(AppendHello(nil, h), w), "frames"...))
		slow := iotest.OneByteReader(in)
		if got, err := ReadHello(slow); got != h || err != nil {
			t.Fatalf("seed %d: sent %+v, got %+v, %v", seed, h, got, err)
		}
		if got, err := ReadWelcome(slow); got != w || err != nil {
			t.Fatalf("seed %d: sent %+v, got %+v, %v", seed, w, got, err)
		}
		if in.String() != "frames" {
			t.Fatalf("seed %d: left %q for the frames", seed, in)
		}
	}
}

func TestStrangers(t *testing.T) {
	for name, text := range map[string]string{
		"http": "GET / HTTP/1.1\r\n\r\n", "tls": "\x16\x03\x01\x02\x00\x01", "short": "hi\n", "one": "\x00", "near": "CHRS\x01\x00",
	} {
		if _, err := ReadHello(strings.NewReader(text)); !errors.Is(err, ErrNotCohort) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := ReadWelcome(strings.NewReader(text)); !errors.Is(err, ErrNotCohort) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOtherVersion reads a greeting of which only the opening is known.
func TestOtherVersion(t *testing.T) {
	later := binary.LittleEndian.AppendUint16([]byte(magic), 513)
	var v *VersionError
	if _, err := ReadHello(bytes.NewReader(later)); !errors.As(err, &v) || v.Theirs != 513 || v.Ours != Version {
		t.Errorf("hello: %v", err)
	}
	if _, err := ReadWelcome(bytes.NewReader(later)); !errors.As(err, &v) || v.Theirs != 513 || v.Ours != Version {
		t.Errorf("welcome: %v", err)
	}
}

func TestGreetingCutShort(t *testing.T) {
	whole := AppendHello(nil, helloSample)
	if _, err := ReadHello(bytes.NewReader(nil)); !errors.Is(err, io.EOF) {
		t.Errorf("nothing: %v", err)
	}
	for n := 1; n < len(whole); n++ {
		if _, err := ReadHello(bytes.NewReader(whole[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	broken := errors.New("broken")
	for _, n := range []int{0, 5, 6, 9, 20} {
		in := io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(broken))
		if _, err := ReadHello(in); !errors.Is(err, broken) {
			t.Errorf("connection broken after %d bytes: %v", n, err)
		}
	}
}

func TestMalformedGreetings(t *testing.T) {
	greeting := func(role byte, rest string) []byte {
		return appendGreeting(nil, role, func(b []byte) []byte { return append(b, rest...) })
	}
	eight := "\x01\x00\x00\x00\x00\x00\x00\x00"
	large := greeting(roleHello, "")
	binary.LittleEndian.PutUint16(large[len(large)-2:], maxGreeting+1)
	for name, b := range map[string][]byte{
		"welcome for a hello": AppendWelcome(nil, welcomeSample),
		"empty":               greeting(roleHello, ""),
		"too large":           large,
		"no site":             AppendHello(nil, Hello{}),
		"unknown lane":        AppendHello(nil, Hello{Site: 1, Lane: msg.Lanes}),
		"more than it says":   greeting(roleHello, eight+eight+"\x00\x00\x00\x00+"),
		"long name":           greeting(roleHello, eight+eight+"\x80\x02"+strings.Repeat("n", 300)),
		"site out of range":   greeting(roleHello, eight+"\xff\xff\xff\xff\xff\xff\xff\xff"+"\x00\x00\x00"),
	} {
		var bad *Error
		if h, err := ReadHello(bytes.NewReader(b)); !errors.As(err, &bad) || h != (Hello{}) {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
	for name, b := range map[string][]byte{
		"hello for a welcome": AppendHello(nil, helloSample),
		"no site":             AppendWelcome(nil, Welcome{}),
		"unknown refusal":     AppendWelcome(nil, Welcome{Site: 1, Refused: RefusedBusy + 1}),
	} {
		var bad *Error
		if w, err := ReadWelcome(bytes.NewReader(b)); !errors.As(err, &bad) || w != (Welcome{}) {
			t.Errorf("%s: %+v, %v", name, w, err)
		}
	}
}

// TestLargestGreeting holds maxGreeting to the bounds of its fields.
func TestLargestGreeting(t *testing.T) {
	name := strings.Repeat("n", MaxName)
	h := Hello{System: 1, Site: 1, Name: name, Addr: name, Probe: true}
	if got, err := ReadHello(bytes.NewReader(AppendHello(nil, h))); got != h {
		t.Error(err)
	}
}
