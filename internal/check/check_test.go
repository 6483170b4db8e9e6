package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

func TestSoundRunsAreSound(t *testing.T) {
	for seed := range uint64(30) {
		records := newWorld(seed, 3+int(seed%5)).run(3000)
		for _, global := range []bool{true, false} {
			report := Run(records, Options{GlobalClock: global})
			for _, v := range report.Violations {
				t.Errorf("seed %d: %v", seed, v)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// What the world does must be judged, or the test above says nothing.
func TestSoundRunsAreJudged(t *testing.T) {
	absent := []string{"M13", "V8", "O8", "O9", "U3", "T3", "R1", "R2", "R3", "R4", "R5", "O7", "O10", "O12", "E7", "C1", "C2", "C3"} // no machines, flush calls, barriers, exclusions, calls, conservative casts and sessions there
	checks := map[string]int{}
	for seed := range uint64(4) {
		for _, c := range Run(newWorld(seed, 5).run(5000), Options{GlobalClock: true}).Judged {
			checks[c.Property] += c.Checks
		}
	}
	for _, p := range Properties() {
		if checks[p.ID] == 0 && !slices.Contains(absent, p.ID) {
			t.Errorf("%s was not judged", p.ID)
		}
	}
}

// mutations make a sound run unsound.
var mutations = []struct {
	name string
	try  func(records []trace.Record, i int) []trace.Record // nil if i does not suit
}{
	{"a delivery is missing", func(records []trace.Record, i int) []trace.Record {
		if _, ok := records[i].Fact.(fact.Deliver); !ok {
			return nil
		}
		return slices.Delete(slices.Clone(records), i, i+1)
	}},
	{"a delivery is there twice", func(records []trace.Record, i int) []trace.Record {
		if _, ok := records[i].Fact.(fact.Deliver); !ok {
			return nil
		}
		return slices.Insert(slices.Clone(records), i, records[i])
	}},
	{"a send is missing", func(records []trace.Record, i int) []trace.Record {
		f, ok := records[i].Fact.(fact.Send)
		if !ok || !deliveredLater(records[i:], &f) {
			return nil
		}
		return slices.Delete(slices.Clone(records), i, i+1)
	}},
	{"a cut is another", func(records []trace.Record, i int) []trace.Record {
		f, ok := records[i].Fact.(fact.Cut)
		if !ok {
			return nil
		}
		f.Counts = slices.Clone(f.Counts)
		f.Counts[0] += 100
		return replaced(records, i, f)
	}},
	{"a position is another", func(records []trace.Record, i int) []trace.Record {
		f, ok := records[i].Fact.(fact.Deliver)
		if !ok || f.Pos == 0 {
			return nil
		}
		f.Pos++
		return replaced(records, i, f)
	}},
	{"the order is taken and was not given", func(records []trace.Record, i int) []trace.Record {
		f, ok := records[i].Fact.(fact.Sequencer)
		if !ok || f.Of == f.Proc || !takenLater(records[i:], &f) {
			return nil
		}
		return slices.Delete(slices.Clone(records), i, i+1)
	}},
	{"a view has another member", func(records []trace.Record, i int) []trace.Record {
		f, ok := records[i].Fact.(fact.View)
		if !ok || len(f.Members) < 2 {
			return nil
		}
		f.Members = slices.Clone(f.Members)
		slices.Reverse(f.Members)
		return replaced(records, i, f)
	}},
	{"a site skips a view", func(records []trace.Record, i int) []trace.Record {
		f, ok := records[i].Fact.(fact.View)
		if !ok || len(f.Moved) == 0 {
			return nil
		}
		return slices.Delete(slices.Clone(records), i, i+1)
	}},
	{"nobody suspected", func(records []trace.Record, i int) []trace.Record {
		if _, ok := records[i].Fact.(fact.Suspect); !ok {
			return nil
		}
		return slices.Delete(slices.Clone(records), i, i+1)
	}},
	{"a read was told too early", func(records []trace.Record, i int) []trace.Record {
		f, ok := records[i].Fact.(fact.ReadDone)
		if !ok {
			return nil
		}
		f.Counts = slices.Clone(f.Counts)
		f.Counts[0] += 1 << 20
		return replaced(records, i, f)
	}},
	{"another state arrived", func(records []trace.Record, i int) []trace.Record {
		f, ok := records[i].Fact.(fact.Digest)
		if !ok {
			return nil
		}
		f.Sum++
		return replaced(records, i, f)
	}},
}

func replaced(records []trace.Record, i int, f fact.Fact) []trace.Record {
	records = slices.Clone(records)
	records[i].Fact = f
	return records
}

func deliveredLater(records []trace.Record, s *fact.Send) bool {
	return slices.ContainsFunc(records, func(r trace.Record) bool {
		f, ok := r.Fact.(fact.Deliver)
		return ok && f.Sender == s.Proc && f.View == s.View && f.First == s.First
	})
}

func takenLater(records []trace.Record, given *fact.Sequencer) bool {
	taken := fact.Sequencer{Proc: given.Of, Group: given.Group, View: given.View, Of: given.Of}
	return slices.ContainsFunc(records, func(r trace.Record) bool { return r.Fact == fact.Fact(taken) })
}

// A judge that finds nothing must prove that it can find something.
func TestUnsoundRunsAreFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for seed := range uint64(5) {
		records := newWorld(seed, 4).run(1500)
		for _, m := range mutations {
			for tries, found := 0, 0; tries < 2000 && found < 5; tries++ {
				i := rng.IntN(len(records))
				if crashesSoon(records, i) {
					continue // the loss of what a dead process said last is no fault
				}
				changed := m.try(records, i)
				if changed == nil {
					continue
				}
				found++
				if Run(changed, Options{GlobalClock: true}).OK() {
					t.Errorf("seed %d: %s at record %d, and no judge minds", seed, m.name, i)
				}
			}
		}
	}
}

func crashesSoon(records []trace.Record, i int) bool {
	return slices.ContainsFunc(records[i:], func(r trace.Record) bool {
		_, crash := r.Fact.(fact.Crash)
		return crash && r.Site == records[i].Site
	})
}

func TestReportsAreDeterministic(t *testing.T) {
	records := scrambled(newWorld(2, 5).run(2000), rand.New(rand.NewPCG(1, 1)), 300)
	first := Run(records, Options{GlobalClock: true})
	if first.OK() {
		t.Fatal("a scrambled run is sound")
	}
	for range 5 {
		if again := Run(records, Options{GlobalClock: true}); !reflect.DeepEqual(first, again) {
			t.Fatal("two reports differ")
		}
	}
}

func TestLimit(t *testing.T) {
	records := scrambled(newWorld(2, 5).run(2000), rand.New(rand.NewPCG(1, 1)), 300)
	listed := map[string]int{}
	report := Run(records, Options{GlobalClock: true, Limit: 2})
	for _, v := range report.Violations {
		listed[v.Property]++
	}
	for _, c := range report.Judged {
		if want := min(c.Violations, 2); listed[c.Property] != want {
			t.Errorf("%s: %d of %d listed", c.Property, listed[c.Property], c.Violations)
		}
	}
}

// scrambled makes n random changes.
func scrambled(records []trace.Record, rng *rand.Rand, n int) []trace.Record {
	records = slices.Clone(records)
	for range n {
		i, j := rng.IntN(len(records)), rng.IntN(len(records))
		switch rng.IntN(4) {
		case 0:
			records[i], records[j] = records[j], records[i]
		case 1:
			records = slices.Delete(records, i, i+1)
		case 2:
			records = slices.Insert(records, i, records[j])
		case 3:
			records[i].Fact = garbled(records[i].Fact, records[j].Fact, rng)
		}
	}
	return records
}

// garbled is f with a field of another value, if it can be from the fact g.
func garbled(f, g fact.Fact, rng *rand.Rand) fact.Fact {
	v := reflect.New(reflect.TypeOf(f)).Elem()
	v.Set(reflect.ValueOf(f))
	if v.NumField() == 0 {
		return f
	}
	field := v.Field(rng.IntN(v.NumField()))
	from := reflect.ValueOf(g)
	for _, other := range from.Fields() {
		if other.Type() == field.Type() && rng.IntN(2) == 0 {
			field.Set(other)
			return v.Interface().(fact.Fact)
		}
	}
	switch field.Kind() {
	case reflect.Uint64, reflect.Uint32:
		field.SetUint([]uint64{0, 1, 7, 1<<32 - 1}[rng.IntN(4)])
	case reflect.Slice:
		field.SetZero()
	}
	return v.Interface().(fact.Fact)
}

func TestScrambledRunsDoNotPanic(*testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 9))
		records := scrambled(newWorld(seed, 4).run(400), rng, 1+rng.IntN(100))
		Run(records, Options{GlobalClock: seed%2 == 0})
	}
}

func FuzzRun(f *testing.F) {
	for seed := range uint64(3) {
		var out bytes.Buffer
		w := trace.NewWriter(&out, trace.Header{Clock: trace.Simulated})
		for _, r := range newWorld(seed, 3).run(120) {
			w.Write(r)
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes(), true)
	}
	for _, s := range []string{"V5", "T4", "R1", "U3"} {
		for _, one := range stories(f, "testdata/"+s+".txt") {
			var out bytes.Buffer
			w := trace.NewWriter(&out, trace.Header{Clock: trace.Simulated})
			for _, r := range one.records {
				w.Write(r)
			}
			if err := w.Close(); err != nil {
				f.Fatal(err)
			}
			f.Add(out.Bytes(), false)
		}
	}
	f.Fuzz(func(_ *testing.T, text []byte, global bool) {
		in, err := trace.NewReader(bytes.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		var records []trace.Record
		for {
			r, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return
			}
			records = append(records, r)
		}
		Run(records, Options{GlobalClock: global})
	})
}

func TestSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	const size = 40
	for range 3000 {
		var s, other set
		var in, inOther [size + 2]bool
		for range rng.IntN(8) {
			addRandom(rng, &s, &in)
			addRandom(rng, &other, &inOther)
		}
		rest, n := s.minus(other), rng.Uint64N(size)
		low := s.upto(n)
		for k := uint64(1); k <= size; k++ {
			one := span{k, k}
			if s.has(one) != in[k] || s.meets(one) != in[k] {
				t.Fatalf("%v has %d: %v", s, k, s.has(one))
			}
			if rest.has(one) != (in[k] && !inOther[k]) {
				t.Fatalf("%v minus %v is %v", s, other, rest)
			}
			if low.has(one) != (in[k] && k <= n) {
				t.Fatalf("%v up to %d is %v", s, n, low)
			}
		}
		for i := 1; i < len(s); i++ {
			if s[i-1].hi+1 >= s[i].lo {
				t.Fatalf("%v touches", s)
			}
		}
	}
}

func addRandom(rng *rand.Rand, s *set, in *[42]bool) {
	lo := 1 + rng.Uint64N(36)
	x := span{lo, lo + rng.Uint64N(4)}
	s.add(x)
	for k := x.lo; k <= x.hi; k++ {
		in[k] = true
	}
}

func TestPlaces(t *testing.T) {
	a, b := id.Process(1, 1), id.Process(2, 1)
	var p places
	for _, c := range []struct {
		lo, hi uint64
		of     id.Address
		first  uint64
		ok     bool
	}{
		{5, 6, a, 5, true}, {1, 2, a, 1, true}, {1, 8, a, 1, true}, {3, 3, a, 4, false}, {8, 9, b, 1, false}, {9, 9, b, 1, true}, {2, 9, a, 2, false},
	} {
		if _, ok := p.add(place{span{c.lo, c.hi}, c.of, c.first, 0}); ok != c.ok {
			t.Errorf("adding %v: %v, with %v", c, ok, p)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, size := range []int{5, 20} {
		records := newWorld(1, size).run(50000)
		b.Run(fmt.Sprintf("%d sites, %d records", size, len(records)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if report := Run(records, Options{GlobalClock: true}); !report.OK() {
					b.Fatal(report.Violations[0])
				}
			}
		})
	}
}
