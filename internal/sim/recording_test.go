package sim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/trace"
)

// A recorded run is the run itself, and told as a story it goes the same way to
// the last fact, but for what the casts hold.
func TestRecordingGoesTheSameWay(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		profile string
		seed    uint64
	}{{"calm", 1}, {"crash", 1}, {"crash", 11}, {"partition", 1}, {"slow", 1}, {"chaos", 1}, {"chaos", 4}, {"chaos", 20}} {
		o := Options{Seed: x.seed, Faults: mustProfile(t, x.profile), Keep: true}
		_, r := retold(t, o)
		if x.profile == "chaos" && sum(t, Run(o)) != sum(t, r) {
			t.Errorf("%s, seed %d: recording it changes the run", x.profile, x.seed)
		}
	}
}

// rare is what recordings have to show to show that it goes the same way: commands
// of all that chance does.
var rare = []string{
	`hosts .* weights .*`, `hosts .* machines .*`, `hosts .* grant .*`, `hosts .* drift .*`, `hosts .* least .*`, `hosts .* halt-after .*`,
	`hosts .* together`, `hasty`, `clock .*ppm`, `at .*ns\+.*`, `noise perish .*`, `noise ponder .*`,
	`crash \d silently`, `crash .* abruptly`, `after .*`, `depart \d`, `pause \d`, `jump \d .*`, `break .*`, `break .* late`, `cut .*`, `heal .*`,
	`cast \d g\d, total .*`, `cast \d g\d,g\d total .*`, `cast \d g\d,@\d#\d total .*`, `cast \d @\d#\d, total .*`, `cast \d\.2 g\d,.* total .*`,
	`open \d g\d`, `open \d g\d again`, `ask \d \w+\*16`, `ask \d all \S+`, `ask \d 2 \S+`, `ask \d 0 \S+`, `close \d`,
	`cancel \d g\d \d`, `spoil \d g\d`, `rest`, `rested`, `replace \d g\d \d#\d conservatively`, `after \d->\d Part: crash .*`,
	`replace \d g\d \d#1`, `replace \d\.2 g\d \d#\d`, `replace \d(\.\d)? g\d \d#\d\.2`,
	`hosts .* programs 2.*`, `hosts .* programs 3.*`, `join \d g\d`, `join \d\.2 g\d`, `join \d\.3 g\d conservatively`,
	`join .* patient \d+us`, `join .* patient \d+us dismissing`, `leave \d\.2 g\d`, `flush \d\.2 g\d`, `read \d\.3 g\d`, `cast \d\.2 g\d .*`, `call \d\.3 @\d#\d .*`, `call \d\.2 g\d all .*`,
}

// So do dozens of short ones, with all that chance does: among it sessions that are
// opened, taken over and closed, migration, slow members, and several processes at a
// site. There
// are more of them as long as something was not done yet.
func TestRecordingsOfShortRuns(t *testing.T) {
	t.Parallel()
	missing := slices.Clone(rare)
	for seed := uint64(0); seed < 36 || (len(missing) > 0 && seed < 400); seed++ {
		o := Options{Seed: seed, Faults: mustProfile(t, "chaos"), Keep: true, Load: 700 * effect.Millisecond}
		o.Sites, o.Groups = 3+int(seed%4), 1+int(seed%3)
		switch seed % 16 {
		case 3:
			o.Load = 3 * effect.Second // time enough to come back
		case 9:
			o.Programs = 3
		case 4, 12:
			o.Faults = mustProfile(t, "slow")
		}
		story, _ := retold(t, o)
		missing = slices.DeleteFunc(missing, func(deed string) bool {
			return regexp.MustCompile(`(?m)^` + deed + `$`).MatchString(story)
		})
	}
	if len(missing) > 0 {
		t.Errorf("no recording has %q: these runs do not show that it goes the same way", missing)
	}
}

// retold records a run and plays the recording: the same things happen.
func retold(t *testing.T, o Options) (story string, r Result) {
	t.Helper()
	name := fmt.Sprintf("%s, %d sites, %d groups, seed %d", o.Faults.Name, o.Sites, o.Groups, o.Seed)
	story, r = Record(o)
	wrong, records, senseless := Outcome(story)
	if senseless > 0 {
		t.Errorf("%s: %d commands made no sense", name, senseless)
	}
	for _, w := range wrong {
		t.Errorf("%s: %s: %s", name, w.Property, w.Text)
	}
	differ(t, name, r.Records, records)
	return story, r
}

// Who halts when all is to come to rest stays away: a recording ends there.
func TestNobodyComesBackAtRest(t *testing.T) {
	w := newWorld(Options{Seed: 1, Sites: 1, Groups: 1})
	h := w.hosts[0]
	h.start(true)
	for _, resting := range []bool{false, true} {
		h.crash(false, func() bool { return false })
		w.resting = resting
		if h.restart(); h.site.running() == resting {
			t.Errorf("at rest: %v, and the site runs: %v", resting, h.site.running())
		}
	}
}

// differ finds the first fact in which two runs differ. What casts hold differs:
// sums of it are compared by where they occur again.
func differ(t *testing.T, name string, a, b []trace.Record) {
	t.Helper()
	left, right := sums{}, sums{}
	for i := range min(len(a), len(b)) {
		if x, y := left.plain(a[i]), right.plain(b[i]); x != y {
			t.Errorf("%s: record %d of %d is %s, told it is %s", name, i, len(a), x, y)
			return
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s: %d records, told %d", name, len(a), len(b))
	}
}

// sums numbers the sums of a run as they come.
type sums map[uint64]uint64

func (n sums) number(sum uint64) uint64 {
	if _, ok := n[sum]; !ok {
		n[sum] = uint64(len(n))
	}
	return n[sum]
}

// plain is a record with numbers in place of its sums.
func (n sums) plain(r trace.Record) string {
	switch f := r.Fact.(type) {
	case fact.Digest:
		f.Sum = n.number(f.Sum)
		r.Fact = f
	case fact.Reply:
		f.Sum = n.number(f.Sum)
		r.Fact = f
	}
	return fmt.Sprintf("%d %v %T%+v", r.Time, r.Site, r.Fact, r.Fact)
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
