package twenty

import (
	"errors"
	"reflect"
	"slices"
	"testing"
)

// sameType reports whether err is of the type of want.
func sameType(err, want error) bool { return reflect.TypeOf(err) == reflect.TypeOf(want) }

func TestNulls(t *testing.T) {
	table := read(t, "object:category\tn:number\ts\nfull\t1\ta\nempty\t\t\nhalf\t1\ta\nhalf\t\t\n\t2\tb\n")
	for _, c := range []struct {
		rest string
		want map[string]Answer
	}{
		{"n = 1", map[string]Answer{"": Sometimes, "full": Yes, "empty": No, "half": Sometimes, "none": No}},
		{"n != 1", map[string]Answer{"": Sometimes, "full": No, "empty": No, "half": No, "none": No}},
		{"n != 7", map[string]Answer{"full": Yes, "empty": No, "half": Sometimes, "none": No}},
		{"n <= 0", map[string]Answer{"": No, "empty": No}}, // a null is stored as 0
		{"n = 0", map[string]Answer{"": No, "empty": No}},
		{"s = \"\"", map[string]Answer{"": No, "empty": No}}, // and as ""
		{"s <= a", map[string]Answer{"full": Yes, "empty": No, "half": Sometimes}},
		{"s != a", map[string]Answer{"": Sometimes, "full": No, "empty": No, "half": No}},
	} {
		for category, want := range c.want {
			q := parse(t, table, c.rest)
			q.Category = category
			if got := table.Answer(q); got != want {
				t.Errorf("%v: %v, want %v", q, got, want)
			}
			if got := Reference(table, q, 1)[0]; got != want {
				t.Errorf("%v: reference says %v, want %v", q, got, want)
			}
		}
	}
	if got := table.Categories(); !slices.Equal(got, []string{"empty", "full", "half"}) {
		t.Errorf("categories %q", got)
	}
}

func TestNoRows(t *testing.T) {
	table := NewTable(Paper().Schema())
	if got := table.Answer(parse(t, table, "[car] price > 0")); got != No {
		t.Errorf("no rows answer %v", got)
	}
	for m := range 3 {
		if got := table.AnswerRows(parse(t, table, "*color = red"), m, 3); got != No {
			t.Errorf("no rows answer %v", got)
		}
	}
	for _, m := range []int{-1, 3} {
		if got := table.AnswerRows(parse(t, table, "*color = red"), m, 3); got != Unanswered {
			t.Errorf("member %d of 3 answers %v", m, got)
		}
	}
}

// TestDivision compares members with the reference and with each other, on a
// table that changes.
func TestDivision(t *testing.T) {
	for _, start := range []*Table{Cars(), Paper(), NewTable(Cars().Schema())} {
		asker := NewAsker(7, max(start.Len(), 3))
		var seen [Yes + 1]int
		for range 3000 {
			if err := asker.Update(start).Apply(start); err != nil {
				t.Fatal(err)
			}
			q := asker.Query(start)
			n := 1 + int(start.Version()%6)
			seen[checkDivision(t, start, q, n)]++
		}
		if seen[No] < 100 || seen[Sometimes] < 100 || seen[Yes] < 100 {
			t.Errorf("the queries are too much alike: %v", seen)
		}
	}
}

// checkDivision checks all members' replies to q and returns the whole answer.
func checkDivision(t *testing.T, table *Table, q Query, n int) Answer {
	t.Helper()
	want := Reference(table, q, n)
	var replies []Reply
	var busy []Answer // of the members with rows in question
	for m := range n {
		r, ok := table.Reply(q, m, n)
		if !ok {
			continue
		}
		if r.Answer() != want[len(replies)] || r.Version != table.Version() {
			t.Fatalf("%v: member %d of %d replied %v, want %v", q, m, n, r, want[len(replies)])
		}
		replies = append(replies, r)
		if r.Rows > 0 {
			busy = append(busy, r.Answer())
		}
	}
	if len(replies) != len(want) {
		t.Fatalf("%v: %d replies, want %d", q, len(replies), len(want))
	}
	q.Horizontal = false
	whole := Reference(table, q, 1)[0]
	if sum, err := Combine(replies); err != nil || sum.Answer() != whole {
		t.Fatalf("%v: %v combine to %v, %v; want %v", q, replies, sum, err, whole)
	}
	only := func(a Answer) bool { return !slices.ContainsFunc(busy, func(b Answer) bool { return b != a }) }
	if len(busy) > 0 && (only(Yes) != (whole == Yes)) || only(No) != (whole == No) {
		t.Fatalf("%v: members say %v, together %v", q, busy, whole)
	}
	return whole
}

// TestFewRows is why members send tallies: answers alone would combine to
// sometimes.
func TestFewRows(t *testing.T) {
	table := Cars()
	q := parse(t, table, "*[bmw] origin = Europe") // two cars, five members
	var replies []Reply
	said := make(map[Answer]bool)
	for m := range 5 {
		r, _ := table.Reply(q, m, 5)
		replies = append(replies, r)
		said[r.Answer()] = true
	}
	if !said[Yes] || !said[No] {
		t.Fatalf("the example is none: %v", replies)
	}
	if sum, err := Combine(replies); err != nil || sum.Answer() != Yes || sum.Rows != 2 {
		t.Errorf("combined: %v, %v", sum, err)
	}
}

func TestCombineVersions(t *testing.T) {
	_, err := Combine([]Reply{{Version: 3}, {Version: 3}, {Version: 4}})
	var versions *VersionsError
	if !errors.As(err, &versions) || versions.First != 3 || versions.Other != 4 {
		t.Errorf("got %v", err)
	}
}

func TestAnswerAllocatesNothing(t *testing.T) {
	table := Cars()
	for _, text := range []string{"mpg > 20", "*[ford] mpg > 20", "origin = USA", "*name < m"} {
		q := parse(t, table, text)
		if n := testing.AllocsPerRun(100, func() { table.Reply(q, table.Responsible(Query{Column: q.Column}, 3), 3) }); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	table := Cars()
	for _, c := range []struct{ name, text string }{
		{"number", "mpg > 20"},
		{"equal", "origin = USA"},
		{"order", "name < m"},
		{"category", "[ford] mpg > 20"},
	} {
		q := parse(b, table, c.text)
		b.Run(c.name+"/vertical", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				table.Answer(q)
			}
		})
		b.Run(c.name+"/horizontal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				table.AnswerRows(q, 1, 5)
			}
		})
	}
}
