package twenty

import (
	"testing"
)

func TestAsker(t *testing.T) {
	run := func(seed uint64) (queries []Query, digest uint64) {
		table := Cars()
		asker := NewAsker(seed, table.Len())
		kinds := make(map[UpdateKind]int)
		horizontal, category := 0, 0
		for range 2000 {
			u := asker.Update(table)
			if err := u.Apply(table); err != nil {
				t.Fatalf("%v: %v", u, err)
			}
			kinds[u.Kind]++
			q := asker.Query(table)
			if err := q.Check(table.Schema()); err != nil {
				t.Fatalf("%v: %v", q, err)
			}
			if read, err := ParseQuery(table.Schema(), q.String()); err != nil || read != q {
				t.Fatalf("%q reads as %+v, %v", q, read, err)
			}
			if q.Horizontal {
				horizontal++
			}
			if q.Category != "" {
				category++
			}
			queries = append(queries, q)
		}
		if kinds[Add] < 100 || kinds[Delete] < 100 || kinds[Set] < 1000 || horizontal < 900 || horizontal > 1100 || category < 400 {
			t.Errorf("%v, %d horizontal, %d with category", kinds, horizontal, category)
		}
		if table.Len() < 400 || table.Len() > 412 {
			t.Errorf("the table came to %d rows", table.Len())
		}
		return queries, table.Digest()
	}
	q1, d1 := run(1)
	again, dAgain := run(1)
	_, d2 := run(2)
	if d1 != dAgain || d1 == d2 {
		t.Errorf("digests %x and %x of one seed, %x of another", d1, dAgain, d2)
	}
	for i := range q1 {
		if q1[i] != again[i] {
			t.Fatalf("one seed asks %v and %v", q1[i], again[i])
		}
	}
}

// TestAskerEmpty checks that an empty table can be asked about and filled.
func TestAskerEmpty(t *testing.T) {
	table := NewTable(Cars().Schema())
	asker := NewAsker(1, 10)
	if err := asker.Query(table).Check(table.Schema()); err != nil {
		t.Error(err)
	}
	for range 500 {
		if err := asker.Update(table).Apply(table); err != nil {
			t.Fatal(err)
		}
	}
	if table.Len() < 9 || table.Len() > 11 {
		t.Errorf("%d rows", table.Len())
	}
}
