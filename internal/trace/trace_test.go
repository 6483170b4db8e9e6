package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

var update = flag.Bool("update", false, "rewrite golden files")

// example returns every kind of fact, filled from rng; odd ones have gaps.
func examples(rng *rand.Rand) []Record {
	var all []Record
	for name := range decoders {
		kind := reflect.TypeOf(mustDecode(name))
		v := reflect.New(kind).Elem()
		fill(v, rng)
		all = append(all, Record{Time: rng.Int64N(1 << 50), Site: id.Site(rng.Uint64N(1 << 40)), Fact: v.Interface().(fact.Fact)})
	}
	return all
}

func mustDecode(name string) fact.Fact {
	f, err := decoders[name]([]byte("{}"))
	if err != nil {
		panic(err)
	}
	return f
}

// fill puts something random, zero a third of the time, into v and its parts.
func fill(v reflect.Value, rng *rand.Rand) {
	if rng.IntN(3) == 0 && v.Kind() != reflect.Struct {
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		return
	}
	switch v.Interface().(type) {
	case id.Site:
		v.SetUint(rng.Uint64N(uint64(id.MaxSite)))
		return
	case id.Address:
		v.SetUint(rng.Uint64())
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, rng)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rng.IntN(4), 4))
		for i := range v.Len() {
			fill(v.Index(i), rng)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString([]string{"plain", `qu"ote`, "é<&>", "bad \xff", "tab\t"}[rng.IntN(5)])
	case reflect.Uint64, reflect.Uint32:
		v.SetUint(uint64(rng.Uint32()))
	case reflect.Int:
		v.SetInt(rng.Int64N(100) - 1)
	default:
		panic("a new kind of field: " + v.Kind().String())
	}
}

// The encoder is written by hand; encoding/json says what it must write.
func TestEncoderAgreesWithEncodingJSON(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		for _, r := range examples(rng) {
			got, err := Append(nil, r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := json.Marshal(r.Fact)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf(`{"t":%d,"s":"%s","e":"%s"`, r.Time, r.Site, r.Fact.Event())
			if len(body) > 2 {
				want += ","
			}
			want += string(body[1:])
			if string(got) != want {
				t.Fatalf("%T:\n got %s\nwant %s", r.Fact, got, want)
			}
		}
	}
}

func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, r := range examples(rng) {
		once, err := Append(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(once)
		if err != nil {
			t.Fatalf("%s: %v", once, err)
		}
		twice, err := Append(nil, back)
		if err != nil {
			t.Fatal(err)
		}
		once = bytes.ReplaceAll(once, []byte(`\ufffd`), []byte("\ufffd")) // what a bad byte became
		if !bytes.Equal(once, twice) {
			t.Errorf("changed by reading:\n%s\n%s", once, twice)
		}
	}
}

// golden is a short life of two sites; docs/trace.md shows the same kind of file.
func golden() []Record {
	g, a, b := id.Group(2, 0), id.Process(37, 1), id.Process(73, 1)
	both := []id.Address{a, b}
	return []Record{
		{0, 37, fact.Start{Name: "amber", Founder: true}},
		{10, 37, fact.SiteView{Seq: 1, Index: 1, Hash: 1 << 63, Members: []fact.Member{{Site: 37, Name: "amber", Weight: 1}}}},
		{20, 37, fact.View{Proc: a, Group: g, Name: "counter", View: 2, Seq: 1, Attempt: 2, Members: both, Ready: []id.Address{a}, Joined: both}},
		{30, 37, fact.Send{Proc: a, Group: g, View: 2, First: 1, N: 3, Order: fact.Total, Safe: true}},
		{40, 73, fact.Deliver{Proc: b, Group: g, View: 2, Sender: a, First: 1, N: 3, Order: fact.Total, Safe: true, Pos: 1}},
		{50, 37, fact.Snapshot{Proc: a, Group: g, View: 2, To: b, Xfer: 1, Counts: []uint64{3, 0}}},
		{60, 37, fact.Suspect{Site: 73, Evidence: "timeout"}},
		{70, 37, fact.SiteView{
			Seq: 2, Index: 3, Hash: 5, Members: []fact.Member{{Site: 37, Name: "amber", Weight: 1}},
			Removed: []fact.Removal{{Site: 73, Evidence: "timeout", Accusers: []id.Site{37}}},
		}},
		{80, 37, fact.Done{Caller: a, Group: g, ID: 1, Err: "nobody"}},
		{90, 73, fact.Crash{}},
	}
}

func write(t *testing.T, h Header, records []Record) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out, h)
	for _, r := range records {
		w.Write(r)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGolden(t *testing.T) {
	path := filepath.Join("testdata", "golden.jsonl")
	got := write(t, Header{Clock: Simulated, Run: "golden"}, golden())
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the format changed; raise Version or mend the writer.\n got %s\nwant %s", got, want)
	}
	run, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Records) != len(golden()) || run.Clock != Simulated || len(run.Torn) != 0 {
		t.Errorf("read %d records, clock %q, torn %v", len(run.Records), run.Clock, run.Torn)
	}
}

type failing struct{ left int }

var errFull = errors.New("disk full")

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestWriterKeepsItsFirstError(t *testing.T) {
	w := NewWriter(&failing{left: 10}, Header{Clock: Wall})
	var told []error
	w.OnError(func(err error) { told = append(told, err) })
	w.Write(Record{Fact: fact.Stall{}})
	for range 2 {
		if err := w.Flush(); !errors.Is(err, errFull) {
			t.Errorf("Flush: %v", err)
		}
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close: %v", err)
	}
	if len(told) != 1 || !errors.Is(told[0], errFull) {
		t.Errorf("told %v, want the first error once", told)
	}
}

func TestWriterRefuses(t *testing.T) {
	for _, r := range []Record{
		{},
		{Fact: &fact.Stall{}},
		{Fact: fact.Cut{Counts: make([]uint64, MaxLine)}},
	} {
		var out bytes.Buffer
		w := NewWriter(&out, Header{Clock: Wall})
		w.Write(r)
		if err := w.Close(); err == nil {
			t.Errorf("wrote %T", r.Fact)
		}
	}
}

func TestWriteAfterClose(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, Header{Clock: Wall})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	before := out.Len()
	w.Write(Record{Fact: fact.Stall{}})
	if err := w.Flush(); err == nil || out.Len() != before {
		t.Errorf("wrote after Close: %v", err)
	}
}

func TestWriterIsConcurrencySafe(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, Header{Clock: Wall})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				w.Write(Record{Fact: fact.Stall{}})
			}
		})
	}
	all.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n, torn, err := readAll(out.String()); n != 4000 || torn || err != nil {
		t.Errorf("%d records, torn %v, %v", n, torn, err)
	}
}

func FuzzReader(f *testing.F) {
	var out bytes.Buffer
	w := NewWriter(&out, Header{Clock: Simulated})
	for _, r := range golden() {
		w.Write(r)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add([]byte(simulated))
	f.Add([]byte(`{"trace":"coh`))
	f.Fuzz(func(t *testing.T, text []byte) {
		in, err := NewReader(bytes.NewReader(text), "fuzz")
		for err == nil {
			var r Record
			if r, err = in.Next(); err != nil {
				break
			}
			line, problem := Append(nil, r)
			if problem != nil {
				t.Fatalf("read what cannot be written: %v", problem)
			}
			if _, problem := Parse(line); problem != nil {
				t.Fatalf("wrote what cannot be read: %v", problem)
			}
		}
		var format *FormatError
		if !errors.Is(err, io.EOF) && !errors.As(err, &format) {
			t.Fatalf("an error of no kind: %v", err)
		}
	})
}
