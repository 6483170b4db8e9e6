package explain

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/why"
	"github.com/cohortkit/cohort/internal/sim"
	"github.com/cohortkit/cohort/internal/trace"
)

// told runs a story of the simulator and returns its trace.
func told(t *testing.T, story string) []trace.Record {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "sim", "testdata", "stories", story+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return recorded(t, string(text))
}

// recorded runs a story that is told here.
func recorded(t *testing.T, story string) []trace.Record {
	t.Helper()
	_, records, err := sim.RunStory(story)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// lines are findings with their steps, one line each.
func lines(list []Finding) []string {
	var out []string
	for i := range list {
		text := list[i].String()
		for _, s := range list[i].Steps {
			text += " | " + s.Site.String() + " " + s.Text
		}
		out = append(out, text)
	}
	return out
}

// The same stories in which sites are asked while they run, asked afterwards.
func TestStories(t *testing.T) {
	for _, c := range []struct {
		story string
		query func(*Run) Query
		wants [][]string // each on one line
	}{
		{"w01-why-a-cast-waits", all, [][]string{
			{"cast 1 of n2 (causal) in view 6 of g was not delivered to n3", "cast 1 of n1 had to come first (it arrived ", " later)", "n3 holds cast 1 of n1"},
			{"cast 1 of n3 (total) in view 6 of g was not delivered to n2", "the sequencer n1 had given it no position"},
			{"(barrier) in view 6 of g was not delivered to n1", "it comes with the end of the view"},
			{"call 1 of n2 to g had not ended", "n3 had not answered (its answer was the last: reply", "n3 is delivered the request"},
		}},
		{"w02-why-a-view-waits", all, [][]string{
			{"g had no new view at n", "flush 8: n1, who leads it, had not heard all reports, though all were sent (5 ms of it", "n3 reports what it holds, for 8"},
			{"n4 had not got the state of g", "n3 feeds it the state", "n3 captures the state for it"},
		}},
		{"w03-why-it-was-excluded", site("n4"), [][]string{
			{"n4 (site 401) was removed by entry 8, view 5: timeout", "seen by n1, n2, n3; agreed by n1, n2", "n2 suspects it (timeout)", "n4 is stalled", "n4 ends: excluded"},
			{"node n4 was stalled", "out of touch with n1, n2, n3: votes in touch 1, needed 3", "n4 suspects n3 (timeout)", "n4 ends: excluded"},
		}},
		{"w04-why-across-groups", group("k"), [][]string{
			{"cast 1 of n2 (causal) in view 6 of k was not delivered to n3", "it depends on what has to be delivered in group g first (cast 1 of n1)"},
		}},
		{"s29-paused-and-excluded", site("n3"), [][]string{
			{"n3 (site 301) was removed", "its own trace says nothing for", "n3 ends: excluded"},
		}},
		{"s61-sequencer-dies", all, [][]string{{"was removed by entry", "crash, its process was seen to end", "crashes"}}},
	} {
		t.Run(c.story, func(t *testing.T) {
			r := New(told(t, c.story))
			got := lines(r.Why(c.query(r)))
			for _, want := range c.wants {
				if !slices.ContainsFunc(got, func(line string) bool { return hasAll(line, want) }) {
					t.Errorf("it does not say %q, but\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
	}
}

func all(*Run) Query { return Query{} }

func site(name string) func(*Run) Query {
	return func(r *Run) Query { return Query{Sites: r.Named(name)} }
}

func group(name string) func(*Run) Query {
	return func(r *Run) Query {
		g, _ := r.Group(name)
		return Query{Group: g}
	}
}

func hasAll(line string, texts []string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) })
}

// One cast is told at every member, and nothing but that cast.
func TestOneCast(t *testing.T) {
	r := New(told(t, "w01-why-a-cast-waits"))
	got := lines(r.Why(Query{Senders: r.Processes("n2"), Cast: 2}))
	for _, p := range []string{"to n1", "to n2", "to n3"} {
		if !slices.ContainsFunc(got, func(line string) bool {
			return strings.Contains(line, "cast 2 of n2 (total)") && strings.Contains(line, p)
		}) {
			t.Errorf("nothing is said of the cast's delivery %s in\n%s", p, strings.Join(got, "\n"))
		}
	}
	for _, line := range got {
		if !strings.HasPrefix(line, "cast 2 of n2") {
			t.Errorf("it says %q", line)
		}
	}
	if len(r.Why(Query{Senders: r.Processes("n2"), Cast: 99})) > 0 {
		t.Error("there is no cast 99")
	}
}

// What waited at a time is what had begun before and ended after.
func TestDuring(t *testing.T) {
	r := New(told(t, "w03-why-it-was-excluded"))
	whole := r.Why(Query{})
	for _, f := range whole {
		if f.For < 2 {
			continue
		}
		in := func(at int64) bool {
			return slices.ContainsFunc(r.Why(Query{During: true, At: at}), func(o Finding) bool { return o.String() == f.String() && o.At == f.At })
		}
		if in(f.At-1) || !in(f.At+f.For/2) || in(f.At+f.For+1) {
			t.Errorf("%q lasts from %d for %d, and is found at another time", f.String(), f.At, f.For)
		}
	}
	if long := r.Why(Query{Least: 1_000_000_000}); len(long) == 0 || slices.ContainsFunc(long, func(f Finding) bool { return f.Wait != nil && f.For < 1_000_000_000 }) {
		t.Errorf("a second or more took %v", lines(long))
	}
}

// A trace that ends in the middle says so; one whose sites are not all there
// does not make up what they did.
func TestEndsInTheMiddle(t *testing.T) {
	records := told(t, "w01-why-a-cast-waits")
	n2, n3 := New(records).Processes("n2")[0], New(records).Processes("n3")[0]
	cut := slices.IndexFunc(records, func(r trace.Record) bool {
		f, ok := r.Fact.(fact.Held) // n3 holds a cast of n2, that of n1 is on its way
		return ok && f.Proc == n3 && f.Sender == n2
	})
	if cut < 0 {
		t.Fatal("the story is another")
	}
	at := slices.IndexFunc(records[cut+1:], func(r trace.Record) bool { return r.Time > records[cut].Time })
	r := New(records[:cut+2+at])
	open := r.Why(Query{})
	if !slices.ContainsFunc(open, func(f Finding) bool {
		return f.Open && f.Wait.What == why.Delivery && f.Wait.Who.Name == "n3" && f.Wait.Causes[0].Why == why.Predecessor
	}) {
		t.Errorf("it says %q", lines(open))
	}
	alone := slices.DeleteFunc(slices.Clone(records), func(r trace.Record) bool { return r.Site != n3.Site() })
	got := lines(New(alone).Why(Query{}))
	if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, "its trace is not among those given") }) {
		t.Errorf("alone it says\n%s", strings.Join(got, "\n"))
	}
}

// Of any run something can be said without coming to grief, and what is said
// lies within the run.
func TestAnyRun(t *testing.T) {
	for seed := range uint64(3) {
		for _, profile := range sim.Profiles() {
			o := sim.Options{Seed: seed, Faults: profile, Keep: true}
			records := sim.Run(o).Records
			end := records[len(records)-1].Time
			for _, f := range New(records).Why(Query{}) {
				if f.At < 0 || f.For < 0 || f.At+f.For > end || f.String() == "" {
					t.Fatalf("%s, seed %d: %q at %d for %d", profile.Name, seed, f.String(), f.At, f.For)
				}
			}
		}
	}
}
