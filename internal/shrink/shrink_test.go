package shrink

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/sim"
)

func chaos(t *testing.T, seed uint64) sim.Options {
	t.Helper()
	f, err := sim.Profile("chaos")
	if err != nil {
		t.Fatal(err)
	}
	return sim.Options{Seed: seed, Sites: 3, Groups: 2, Faults: f, Keep: true, Load: effect.Second}
}

// A recording taken apart and put together goes as it did.
func TestScheduleKeepsTheRun(t *testing.T) {
	text, r := sim.Record(chaos(t, 3))
	s, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	_, records, senseless := sim.Outcome(s.story())
	if len(records) != len(r.Records) || senseless > 0 {
		t.Errorf("%d records of %d, %d commands made no sense", len(records), len(r.Records), senseless)
	}
	for i := range min(len(records), len(r.Records)) {
		if a, b := r.Records[i], records[i]; a.Time != b.Time || a.Site != b.Site || a.Fact.Event() != b.Fact.Event() {
			t.Fatalf("record %d is %+v, and was %+v", i, b, a)
		}
	}
	if z := s.size(); z.Sites != 3 || z.Groups != 2 || z.Casts < 10 || z.Faults == 0 || z.Noise < 1000 {
		t.Errorf("its size is %v", z)
	}
}

func TestNothingToShrink(t *testing.T) {
	if _, err := Shrink(t.Context(), Options{Run: chaos(t, 3)}); !errors.Is(err, ErrSound) {
		t.Errorf("a sound run is shrunk: %v", err)
	}
}

func TestNoRecording(t *testing.T) {
	for _, text := range []string{"", "sites 3\njudge\n", "hosts 2\nat 5us+0\nfound 1\n", "hosts 2\nat x+0\ncalm\nat 9us+0\njudge\n"} {
		if _, err := parse(text); err == nil {
			t.Errorf("taken for a recording: %q", text)
		}
	}
}

// Commands are understood wherever they name sites and groups.
func TestCommands(t *testing.T) {
	for _, x := range []struct {
		line, group string
		hosts       []string
		renamed     string
	}{
		{"join 2 g1", "g1", []string{"2"}, "join 12 g1"},
		{"cast 1 g2 causal safe a b", "g2", []string{"1"}, "cast 11 g2 causal safe a b"},
		{"cast 1 g2,g1,@4#1.2,@2 total a", "g2 g1", []string{"1", "4", "2"}, "cast 11 g2,g1,@14#1.2,@12 total a"},
		{"cast 1 g2, total a", "g2", []string{"1"}, "cast 11 g2, total a"},
		{"call 3 @2#1 1 fifo q", "", []string{"3", "2"}, "call 13 @12#1 1 fifo q"},
		{"cut 1->2", "", []string{"1", "2"}, "cut 11->12"},
		{"break 4->2 data late", "", []string{"4", "2"}, "break 14->12 data late"},
		{"after 1->2 Commit: crash 1 silently", "", []string{"1", "2", "1"}, "after 11->12 Commit: crash 11 silently"},
		{"jump 3 20us", "", []string{"3"}, "jump 13 20us"},
		{"join 3 g1 conservatively", "g1", []string{"3"}, "join 13 g1 conservatively"},
		{"read 3 g1", "g1", []string{"3"}, "read 13 g1"},
		{"read 3.2 g1", "g1", []string{"3"}, "read 13.2 g1"},
		{"call 3.2 @2#1.2 1 fifo q", "", []string{"3", "2"}, "call 13.2 @12#1.2 1 fifo q"},
		{"replace 4.2 g1 3#1.2", "g1", []string{"4", "3"}, "replace 14.2 g1 13#1.2"},
		{"open 4 g1 again", "g1", []string{"4"}, "open 14 g1 again"},
		{"ask 4 2 a", "", []string{"4"}, "ask 14 2 a"},
		{"close 4", "", []string{"4"}, "close 14"},
	} {
		if g := strings.Join(groupsOf(x.line), " "); g != x.group {
			t.Errorf("%s: group %q", x.line, g)
		}
		if h := hostsOf(x.line); !slices.Equal(h, x.hosts) {
			t.Errorf("%s: hosts %v", x.line, h)
		}
		if r := mapHosts(x.line, func(h string) string { return "1" + h }); r != x.renamed {
			t.Errorf("%s: renamed %s", x.line, r)
		}
	}
}

// A list is made shorter by each of its destinations, down to a group alone.
func TestShorterLists(t *testing.T) {
	for line, want := range map[string]string{
		"cast 1 g2,@3#1,g1 total a": "cast 1 @3#1,g1 total a; cast 1 g2,g1 total a; cast 1 g2,@3#1 total a",
		"cast 1 g2,@3#1 total a":    "cast 1 @3#1, total a; cast 1 g2, total a",
		"cast 1 g2, total a":        "cast 1 g2 total a",
		"cast 1 @3#1, total a":      "",
		"cast 1 g2 total a":         "",
		"call 1 g2 1 total a":       "",
	} {
		if got := strings.Join(shorter(line), "; "); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// Processes and incarnations are left out of commands, and nothing else is.
func TestPlainNames(t *testing.T) {
	for _, x := range []struct{ line, first, any string }{
		{"replace 4.2 g1 3#1.2", "replace 4 g1 3#1", "replace 4.2 g1 3.2"},
		{"call 3.2 @2#1 1 fifo q.1#2", "call 3 @2#1 1 fifo q.1#2", "call 3.2 @2 1 fifo q.1#2"},
		{"join 3 g1.2", "join 3 g1.2", "join 3 g1.2"},
		{"after 1->2 Commit: crash 1", "after 1->2 Commit: crash 1", "after 1->2 Commit: crash 1"},
	} {
		if got := inFirst(x.line); got != x.first {
			t.Errorf("%s: in the first process %s", x.line, got)
		}
		if got := ofAny(x.line); got != x.any {
			t.Errorf("%s: of any incarnation %s", x.line, got)
		}
	}
}

// What chance had programs do now and then, they are told to do always.
func TestHabits(t *testing.T) {
	s := &schedule{noise: []noise{
		{"delay 1->2", []string{"5:9000", "7:80"}},
		{"manner 2", []string{"5:0", "6:2", "9:0"}},
		{"manner 3", []string{"5:0", "6:1"}},
		{"manner 4", []string{"5:0"}},
		{"state-of 1", []string{"5:32", "8.031:90000"}},
		{"state-of 2", []string{"5:70"}},
	}}
	var lines []string
	for _, d := range slices.Concat(s.lags(), s.paces(), s.habits()) {
		lines = append(lines, d.line)
	}
	if got, want := strings.Join(lines, ", "), "lag 1->2 9ms, lag 1->2 9000us, answers 2 copy, answers 3 null, state 90000"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	later := s.shifted([]string{"2", "1", "4"}, 3*second)
	if got, want := fmt.Sprint(later.noise), "[{delay 2->1 [3000005:9000 3000007:80]} {manner 1 [3000005:0 3000006:2 3000009:0]} {manner 3 [3000005:0]} {state-of 2 [3000005:32 3000008.031:90000]} {state-of 1 [3000005:70]}]"; got != want {
		t.Errorf("later it is %s, want %s", got, want)
	}
	if got := mapHosts("state 90000", func(string) string { return "1" }); got != "state 90000" {
		t.Errorf("a size is taken for a host: %s", got)
	}
}

// A link that was slow for a while becomes commands that hold what is of one kind.
func TestHolds(t *testing.T) {
	s := &schedule{calm: 90 * millisecond, noise: []noise{
		{"delay 1->2", []string{"5:80", "15000.720:30000", "15100:80"}},
		{"delay 2->1", []string{"5:80"}},
	}, deeds: []deed{{10 * millisecond, -1, "found 1"}, {20 * millisecond, -1, "join 1 g1"}, {60 * millisecond, -1, "leave 1 g1"}}}
	all := s.holds()
	if kinds := len(sim.Kinds()); len(all) != 2*kinds {
		t.Errorf("%d ways to hold %d kinds", len(all), kinds)
	}
	i := slices.IndexFunc(all, func(d []deed) bool { return d[0].line == "hold 1->2 Ack" })
	want := "[[{10000000 -1 hold 1->2 Ack} {60000000 -1 release 1->2 Ack}] [{20000000 -1 hold 1->2 Ack} {60000000 -1 release 1->2 Ack}]]"
	if i < 0 || fmt.Sprint(all[i:i+2]) != want {
		t.Errorf("%v, want %s", all, want)
	}
	if got := merged(all[i], s.deeds); got[0].line != "hold 1->2 Ack" || got[3].line != "release 1->2 Ack" {
		t.Errorf("a hold does not come before what is done then: %v", got)
	}
}

// What is taken does not depend on how many candidates are tried at a time.
func TestFirstDoesNotDependOnWorkers(t *testing.T) {
	text, _ := sim.Record(chaos(t, 4))
	all, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, workers := range []int{1, 3} {
		s := &shrinker{ctx: t.Context(), o: Options{Tries: 12, Workers: workers}, best: all, wrong: sim.Wrong{Property: "E9"}}
		s.dropDeeds() // nothing breaks E9: nothing may be left out
		told = append(told, fmt.Sprint(s.best.size()))
		if s.best != all {
			t.Error("a run that breaks nothing was taken")
		}
	}
	if told[0] != told[1] {
		t.Errorf("%v", told)
	}
}

// Times are told as they are, and rounded in order.
func TestTimes(t *testing.T) {
	s := &schedule{
		head: []string{"hosts 1"}, calm: 5 * second, back: 7 * second,
		deeds: []deed{{0, 0, "found 1"}, {1_234_567_000, 2, "join 1 g"}, {1_234_567_000, 2, "pause 1"}, {1300 * millisecond, -1, "resume 1"}},
	}
	want := "hosts 1\nat 0s+0\nfound 1\nat 1234567us+2\njoin 1 g\npause 1\nrun 65433us\nresume 1\nrun 3700ms\njudge\n"
	if got := s.story(); got != want {
		t.Errorf("told as\n%s", got)
	}
	r := s.retime(func(_ int, at int64) int64 { return (at + 50*millisecond) / (100 * millisecond) * (100 * millisecond) })
	if got := r.story(); !strings.Contains(got, "run 1200ms\njoin 1 g\npause 1\nrun 100ms\nresume 1\n") {
		t.Errorf("rounded to\n%s", got)
	}
	s.deeds = append(s.deeds, deed{6 * second, -1, "start 1"})
	if got := s.story(); !strings.HasSuffix(got, "run 3700ms\ncalm\nrun 1s\nstart 1\nrun 1s\njudge\n") {
		t.Errorf("with a return told as\n%s", got)
	}
}
