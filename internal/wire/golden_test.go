package wire

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
)

var update = flag.Bool("update", false, "write the golden files of this version anew")

// golden holds the bytes of this version. Files of released versions never
// change: another format is another version and another directory.
var golden = filepath.Join("testdata", fmt.Sprintf("v%d", Version))

// goldenName is the file of a sample: its kind, or what it is called before
// the first blank.
func goldenName(s sample) string {
	if len(s.frame.Msgs) == 1 {
		return kinds[s.frame.Msgs[0].Kind()].name
	}
	name, _, _ := strings.Cut(s.name, " ")
	return name
}

type goldenEntry struct {
	name  string
	bytes []byte
}

// checkGolden compares the file with want, or writes it. It returns the bytes
// on file, by name.
func checkGolden(t *testing.T, file string, want []goldenEntry) map[string][]byte {
	t.Helper()
	var text strings.Builder
	for _, e := range want {
		fmt.Fprintf(&text, "# %s\n", e.name)
		for rest := e.bytes; len(rest) > 0; {
			n := min(len(rest), 32)
			fmt.Fprintf(&text, "%x\n", rest[:n])
			rest = rest[n:]
		}
	}
	path := filepath.Join(golden, file+".hex")
	if *update {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if string(have) != text.String() {
		t.Errorf("%s: the format has changed\n--- on file\n%s--- now\n%s", path, have, text.String())
	}
	return parseGolden(t, string(have))
}

func parseGolden(t *testing.T, text string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if after, ok := strings.CutPrefix(line, "# "); ok {
			name = after
			continue
		}
		b, err := hex.DecodeString(line)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = append(out[name], b...)
	}
	return out
}

func TestGoldenFrames(t *testing.T) {
	files := map[string][]goldenEntry{}
	for _, s := range samples() {
		file := goldenName(s)
		files[file] = append(files[file], goldenEntry{s.name, AppendFrame(nil, s.frame)})
	}
	onFile := map[string][]byte{}
	for file, entries := range files {
		maps.Copy(onFile, checkGolden(t, file, entries))
	}
	for _, s := range samples() {
		f, err := DecodeFrame(onFile[s.name])
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
		} else if !reflect.DeepEqual(f, s.frame) {
			t.Errorf("%s: the bytes on file read as %+v", s.name, f)
		}
	}
}

var (
	helloSample   = Hello{System: 0x0123456789ABCDEF, Site: 0x1111, Name: "alice", Addr: "10.0.0.1:7000", Lane: msg.LaneBulk}
	welcomeSample = Welcome{System: 0x0123456789ABCDEF, Site: 0x2222, Name: "bob", Addr: "10.0.0.2:7000", Got: 4711}
	probeSample   = Hello{Site: 0x1111, Name: "alice", Addr: "10.0.0.1:7000", Probe: true}
	refusalSample = Welcome{System: 1, Site: 0x2222, Refused: RefusedSystem}
)

func TestGoldenGreetings(t *testing.T) {
	onFile := checkGolden(t, "greeting", []goldenEntry{
		{"hello", AppendHello(nil, helloSample)},
		{"probe", AppendHello(nil, probeSample)},
		{"welcome", AppendWelcome(nil, welcomeSample)},
		{"refusal", AppendWelcome(nil, refusalSample)},
	})
	if h, err := ReadHello(bytes.NewReader(onFile["hello"])); h != helloSample {
		t.Errorf("hello on file reads as %+v, %v", h, err)
	}
	if h, err := ReadHello(bytes.NewReader(onFile["probe"])); h != probeSample {
		t.Errorf("probe on file reads as %+v, %v", h, err)
	}
	if w, err := ReadWelcome(bytes.NewReader(onFile["welcome"])); w != welcomeSample {
		t.Errorf("welcome on file reads as %+v, %v", w, err)
	}
	if w, err := ReadWelcome(bytes.NewReader(onFile["refusal"])); w != refusalSample {
		t.Errorf("refusal on file reads as %+v, %v", w, err)
	}
}

// TestHouse demands of each kind of message a name, a lane, a sample and with
// it both directions and a golden file; and of each golden file an owner.
func TestHouse(t *testing.T) {
	sampled := map[msg.Kind]bool{}
	owned := map[string]bool{"greeting.hex": true}
	for _, s := range samples() {
		owned[goldenName(s)+".hex"] = true
		for _, m := range s.frame.Msgs {
			sampled[m.Kind()] = sampled[m.Kind()] || len(s.frame.Msgs) == 1
		}
	}
	names := map[string]bool{}
	for k := msg.Kind(1); k < msg.KindEnd; k++ {
		if !known(k) {
			t.Errorf("kind %d has no row in kinds", k)
			continue
		}
		if !sampled[k] {
			t.Errorf("kind %s has no sample", kinds[k].name)
		}
		if names[kinds[k].name] {
			t.Errorf("two kinds are called %s", kinds[k].name)
		}
		names[kinds[k].name] = true
	}
	files, err := os.ReadDir(golden)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !owned[f.Name()] {
			t.Errorf("golden file %s belongs to no sample", f.Name())
		}
	}
}
