package explain

import (
	"slices"
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// n1 gives the order to n3, which does not hear of it for a while; then n3 gives it
// to n2.
const handsOver = `# The order on its way.
sites 3 tenure 1
join 1,2,3 g
run 1s
hold 1->3 Data
cast 3 g total a
run 5ms
cast 2 g total b
run 5ms
cast 3 g total c
run 5ms
release
run 20ms
hold 3->2 Data
cast 3 g total d
run 5ms
release
run 20ms
judge
`

// What had no position is laid to who had the order then, or was to have it.
func TestWhoHadTheOrder(t *testing.T) {
	r := New(recorded(t, handsOver))
	for _, c := range []struct {
		sender string
		cast   uint64
		to     string
		want   []string
	}{
		{"n3", 1, "n2", []string{"the sequencer n1 had given it no position", "n1 holds it, as sequencer"}},
		{"n3", 2, "n1", []string{"the sequencer n3 had given it no position (the order was on its way to it)", "n1 gives the order to n3 |", "n3 takes the order"}},
		{"n3", 4, "n1", []string{"the sequencer n2 had given it no position (it held it 3 ms later)", "n3 sends it | n1 holds it | n2 holds it, as sequencer"}},
	} {
		got := lines(r.Why(Query{Senders: r.Processes(c.sender), Cast: c.cast, Sites: r.Named(c.to)}))
		if !slices.ContainsFunc(got, func(line string) bool {
			return strings.Contains(line, "not delivered to "+c.to) && hasAll(line, c.want)
		}) {
			t.Errorf("of cast %d of %s to %s it does not say %q, but\n%s", c.cast, c.sender, c.to, c.want, strings.Join(got, "\n"))
		}
	}
}

// Of an order that had not arrived when the trace ended it says so; whose trace is
// not there may have had it and given it on.
func TestOrderOfWhomNothingIsTold(t *testing.T) {
	records := recorded(t, handsOver)
	r := New(records)
	n1, n3 := r.Processes("n1")[0], r.Processes("n3")[0]
	takes := slices.IndexFunc(records, func(x trace.Record) bool {
		f, ok := x.Fact.(fact.Sequencer)
		return ok && f.Of == f.Proc
	})
	for _, c := range []struct {
		name    string
		records []trace.Record
		want    string
	}{
		{"not taken", records[:takes], "the sequencer n3 has given it no position (the order was on its way to it)"},
		{"no trace of n1", without(records[:takes+1], n1), "the sequencer n3 has given it no position"},
		{"no trace of n3", without(records[:takes], n3), "the sequencer n3 has given it no position (its trace is not among those given: it may have given the order on)"},
	} {
		got := lines(New(c.records).Why(Query{}))
		if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, c.want) }) {
			t.Errorf("%s: it does not say %q, but\n%s", c.name, c.want, strings.Join(got, "\n"))
		}
	}
}

func without(records []trace.Record, p id.Address) []trace.Record {
	return slices.DeleteFunc(slices.Clone(records), func(x trace.Record) bool { return x.Site == p.Site() })
}

// Turns follow each other however the clocks of their sequencers are, and whatever
// of them is told.
func TestTurns(t *testing.T) {
	g, a, b, c := id.Group(1, 0), id.Process(1, 1), id.Process(2, 1), id.Process(3, 1)
	s := &stay{stayKey: stayKey{a, g, 2}, ready: []id.Address{a, b, c}}
	for _, x := range []struct {
		name  string
		facts []moment[fact.Sequencer]
		want  []turn
	}{
		{"nothing is told", nil, []turn{{a, 0, never, 0, never}}},
		{"from hand to hand", hands(a, b, b, b, b, a, a, a), []turn{{a, 0, never, 0, 1}, {b, a, 1, 2, 3}, {a, b, 3, 4, never}}},
		{"on its way", hands(a, b), []turn{{a, 0, never, 0, 1}, {b, a, 1, never, never}}},
		{"taken before it was given", hands(b, b, a, b, b, c), []turn{{a, 0, never, 0, 1}, {b, a, 2, 1, 3}, {c, b, 3, never, never}}},
		{"who gave it says nothing", hands(b, b, b, c, c, c), []turn{{a, 0, never, 0, 1}, {b, 0, never, 1, 2}, {c, b, 2, 3, never}}},
		{"who took it says nothing", hands(a, b, c, c), []turn{{a, 0, never, 0, 1}, {b, a, 1, never, 2}, {c, 0, never, 2, never}}},
	} {
		r := &Run{index: newIndex()}
		r.orders[stayKey{group: g, view: 2}] = x.facts
		if got := r.turns(s); !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}

// hands are facts of two processes each, at 1 and then one after the other.
func hands(procs ...id.Address) (list []moment[fact.Sequencer]) {
	for i := 0; i < len(procs); i += 2 {
		list = append(list, moment[fact.Sequencer]{int64(i/2 + 1), i, fact.Sequencer{Proc: procs[i], Of: procs[i+1]}})
	}
	return list
}
