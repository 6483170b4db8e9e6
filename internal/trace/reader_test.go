package trace

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const simulated = `{"trace":"cohort","version":1,"clock":"simulated"}` + "\n"

// readAll returns how many records there were, whether the end was torn and the error.
func readAll(text string) (int, bool, error) {
	in, err := NewReader(strings.NewReader(text), "x.jsonl")
	if err != nil {
		return 0, false, err
	}
	for n := 0; ; n++ {
		if _, err := in.Next(); errors.Is(err, io.EOF) {
			return n, in.Torn(), nil
		} else if err != nil {
			return n, in.Torn(), err
		}
	}
}

func TestReaderErrors(t *testing.T) {
	stall := `{"t":1,"s":"1","e":"stall"}` + "\n"
	for _, c := range []struct{ name, text, want string }{
		{"no trace", "hello\n", "x.jsonl:1: the first line is not the header of a trace; give a file"},
		{"half another file", "hello", "x.jsonl:1: the first line is not the header"},
		{"newer version", strings.Replace(simulated, ":1", ":2", 1), "x.jsonl:1: the trace has version 2; this program reads version 1"},
		{"clock", strings.Replace(simulated, "simulated", "sun", 1), `x.jsonl:1: clock "sun" is neither`},
		{"unknown event", simulated + stall + `{"t":1,"s":"1","e":"nap"}` + "\n", `x.jsonl:3: unknown event "nap"; this program reads version 1`},
		{"no event", simulated + `{"t":1,"s":"1"}` + "\n", `x.jsonl:2: the line has no field "e"`},
		{"no time", simulated + `{"s":"1","e":"stall"}` + "\n", `has no field "t"`},
		{"no site", simulated + `{"t":1,"e":"stall"}` + "\n", `has no field "s"`},
		{"broken in the middle", simulated + `{"t":1,"s` + "\n" + stall, "x.jsonl:2: unexpected end of JSON input; the file is damaged"},
		{"bad address", simulated + `{"t":1,"s":"1","e":"leave","p":"?","g":"#1.0","why":"left"}` + "\n", "not an address"},
		{"empty line", simulated + "\n", "x.jsonl:2:"},
		{"too long", simulated + strings.Repeat(" ", MaxLine+1) + stall, "x.jsonl:2: the line is longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := readAll(c.text)
			if _, ok := errors.AsType[*FormatError](err); !ok {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// An error of the reader underneath is no torn tail, wherever it comes.
func TestReaderPassesErrorsOn(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, n := range []int{0, 10, len(simulated), len(simulated) + 5} {
		text := (simulated + simulated)[:n]
		in, err := NewReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), "x")
		if err == nil {
			_, err = in.Next()
		}
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// A killed process may leave any prefix of its trace.
func TestEveryPrefixIsReadable(t *testing.T) {
	whole := string(write(t, Header{Clock: Wall, Site: 37}, golden()))
	lines := strings.SplitAfter(whole, "\n")
	for cut := range len(whole) {
		n, torn, err := readAll(whole[:cut])
		if err != nil {
			t.Fatalf("cut at byte %d: %v", cut, err)
		}
		ends := strings.Count(whole[:cut], "\n")
		rest := whole[:cut][strings.LastIndex(whole[:cut], "\n")+1:]
		if rest != "" && rest+"\n" == lines[ends] { // whole but for its end
			ends, rest = ends+1, ""
		}
		if want := max(ends-1, 0); n != want {
			t.Fatalf("cut at byte %d: %d records, want %d", cut, n, want)
		}
		if want := rest != "" || ends == 0; torn != want {
			t.Fatalf("cut at byte %d: torn is %v", cut, torn)
		}
	}
}

func TestUnknownFieldsArePassedOver(t *testing.T) {
	n, _, err := readAll(simulated + `{"t":1,"s":"1","e":"stall","mood":"good"}` + "\n")
	if n != 1 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}
