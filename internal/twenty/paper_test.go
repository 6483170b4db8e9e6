package twenty

import (
	"slices"
	"strings"
	"testing"
)

// TestPaper follows section 5 of the 1987 paper sentence by sentence.
func TestPaper(t *testing.T) {
	table := Paper()
	if table.Len() != 10 || !slices.Equal(table.Schema().Names(), []string{"object", "color", "size", "price", "make", "model"}) {
		t.Fatalf("%d rows of %v", table.Len(), table.Schema().Names())
	}

	// "the query *price >9000 would return the following set of replies"
	q := parse(t, table, "*price >9000")
	want := []Answer{No, Sometimes, Sometimes, Sometimes, Yes}
	for m, a := range want {
		r, ok := table.Reply(q, m, 5)
		if !ok || r.Answer() != a {
			t.Errorf("member %d replied %v, %v; want %v", m, r, ok, a)
		}
	}
	if got := Reference(table, q, 5); !slices.Equal(got, want) {
		t.Errorf("reference says %v", got)
	}

	// "a query referencing column C of the database should be handled by member C mod NMEMBERS"
	for column, name := range table.Schema().Names() {
		q := Query{Column: name, Op: Equal, Value: String("car")}
		if name == "price" {
			q.Value = Number(5)
		}
		for n := 1; n < 8; n++ {
			if got := table.Responsible(q, n); got != column%n {
				t.Errorf("%s with %d members is for %d", name, n, got)
			}
			for m := range n + 2 { // the last two are standbys
				if _, ok := table.Reply(q, m, n); ok != (m == column%n) {
					t.Errorf("%s: member %d of %d replies: %v", name, m, n, ok)
				}
			}
		}
	}

	// "The answer to such a query would be yes, no, or sometimes."
	for text, want := range map[string]Answer{
		"object = car":         Yes,
		"price > 9000":         Sometimes,
		"color = red":          Sometimes,
		"color = mauve":        No,
		"price >= 5":           Yes,
		"[car] price < 35001":  Yes,
		"[plane] price >= 5":   No,
		"object = plane":       No,
		"model != Excel":       Sometimes,
		"make < A":             No,
		"make <= \"Wonka\"":    Yes,
		"[car] make > Porche":  Sometimes,
		"[car] size = compact": Sometimes,
	} {
		if got := table.Answer(parse(t, table, text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestCars(t *testing.T) {
	table := Cars()
	if table.Len() != 406 || len(table.Categories()) != 31 || table.Version() != 0 {
		t.Fatalf("%d rows, %d makers, version %d", table.Len(), len(table.Categories()), table.Version())
	}
	for text, want := range map[string]Answer{
		"[toyota] origin = Japan":      Yes,
		"[volkswagen] origin = Europe": Yes,
		"[bmw] cylinders = 4":          Yes,
		"[ford] cylinders = 8":         Sometimes,
		"[mazda] weight > 5000":        No,
		"mpg > 0":                      Sometimes, // eight cars have none
		"mpg != 1000":                  Sometimes,
		"[citroen] mpg > 0":            No, // its one car has none
	} {
		if got := table.Answer(parse(t, table, text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	nulls := 0
	for _, row := range table.Rows() {
		for _, v := range row {
			if v.IsNull() {
				nulls++
			}
		}
	}
	if nulls != 14 {
		t.Errorf("%d nulls, the source has 14", nulls)
	}
}

func parse(tb testing.TB, table *Table, text string) Query {
	tb.Helper()
	q, err := ParseQuery(table.Schema(), text)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return q
}

func read(tb testing.TB, tsv string) *Table {
	tb.Helper()
	table, err := ReadTSV(strings.NewReader(tsv))
	if err != nil {
		tb.Fatal(err)
	}
	return table
}
