package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/trace"
)

// A recorded run is the run itself, and told as a story it goes the same way to
// the last fact, but for what the casts hold.
func TestRecordingGoesTheSameWay(t *testing.T) {
	var all strings.Builder
	for _, x := range []struct {
		profile string
		seed    uint64
	}{{"calm", 1}, {"crash", 1}, {"crash", 11}, {"partition", 1}, {"chaos", 1}, {"chaos", 4}, {"chaos", 20}} {
		name := fmt.Sprintf("%s, seed %d", x.profile, x.seed)
		o := Options{Seed: x.seed, Faults: mustProfile(t, x.profile), Keep: true}
		story, r := Record(o)
		if x.profile == "chaos" && sum(t, Run(o)) != sum(t, r) {
			t.Errorf("%s: recording it changes the run", name)
		}
		wrong, records, senseless := Outcome(story)
		if len(wrong) > 0 || senseless > 0 {
			t.Errorf("%s: %v, %d commands made no sense", name, wrong, senseless)
		}
		differ(t, name, r.Records, records)
		all.WriteString(story)
	}
	for _, word := range []string{
		" weights ", " machines ", " grant ", " drift ", " least ", " halt-after ", " together", "\nhasty", "ppm\n", "ns+", "conservatively",
		"\nread ", "\njump ", "\npause ", "\ndepart ", " silently", " abruptly", "\nafter ", " late\n", "noise perish ", "noise ponder ",
	} {
		if !strings.Contains(all.String(), word) {
			t.Errorf("no recording has %q: these runs do not show that it goes the same way", word)
		}
	}
}

// differ finds the first fact in which two runs differ.
func differ(t *testing.T, name string, a, b []trace.Record) {
	t.Helper()
	plain := func(r trace.Record) string {
		if f, ok := r.Fact.(fact.Digest); ok {
			f.Sum = 0
			r.Fact = f
		}
		return fmt.Sprintf("%d %v %T%+v", r.Time, r.Site, r.Fact, r.Fact)
	}
	for i := range min(len(a), len(b)) {
		if x, y := plain(a[i]), plain(b[i]); x != y {
			t.Errorf("%s: record %d of %d is %s, told it is %s", name, i, len(a), x, y)
			return
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s: %d records, told %d", name, len(a), len(b))
	}
}

func TestNoise(t *testing.T) {
	n := noise{}
	c := choice{delays, 0, 1}
	for _, x := range [][2]int64{{10, 1}, {20, 2}, {20, 3}, {30, 3}, {40, 3}, {40, 4}} {
		n.note(c, x[0]*1000, x[1])
	}
	n.note(c, 100_007, 5)
	got := strings.Join(n.lines(), "\n")
	if want := "noise delay 1->2 10:1 20:2 20:3 40:3 40:4 100.007:5"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var values []int64
	for _, at := range []int64{5, 10, 15, 20, 20, 20, 25, 30, 40, 40, 90} {
		v, ok := n.look(c, at*1000)
		if !ok {
			v = -1
		}
		values = append(values, v)
	}
	if want := []int64{-1, 1, 1, 2, 3, 3, 3, 3, 3, 4, 4}; !slices.Equal(values, want) {
		t.Errorf("values %v, want %v", values, want)
	}
}

// Times in noise are read as they are written.
func TestMicros(t *testing.T) {
	for _, at := range []int64{0, 1, 999, 1000, 1001, 552_906_003, 3_130_616_000} {
		if got, err := parseMicros(micros(at)); err != nil || got != at {
			t.Errorf("%d ns is %q, read as %d: %v", at, micros(at), got, err)
		}
	}
	for _, word := range []string{"", "x", "1.", "1.5", "1.0000", "1.-03"} {
		if at, err := parseMicros(word); err == nil {
			t.Errorf("%q is read as %d ns", word, at)
		}
	}
}
