package twenty

import (
	"bytes"
	"strings"
	"testing"
)

func TestUpdate(t *testing.T) {
	table := Paper()
	apply := func(u Update) {
		t.Helper()
		version, digest := table.Version(), table.Digest()
		if err := u.Apply(table); err != nil {
			t.Fatalf("%v: %v", u, err)
		}
		if table.Version() != version+1 || table.Digest() == digest {
			t.Errorf("%v: version %d, digest %x after version %d, digest %x", u, table.Version(), table.Digest(), version, digest)
		}
	}
	price := table.Schema().Index("price")
	apply(AddRow(String("plane"), String("white"), String("jumbo"), Number(2.5e7), String("Boeing"), String("747")))
	apply(SetCells(0, Cell{price, Number(7)}, Cell{1, Value{}}))
	apply(DeleteRow(9))
	apply(DeleteRow(3))
	apply(AddRow(make([]Value, 6)...))

	if row, ok := table.Row(nil, 0); !ok || row[price] != Number(7) || !row[1].IsNull() || row[2] != String("small") {
		t.Errorf("row 0 is %v, %v", row, ok)
	}
	if _, ok := table.Row(nil, 9); ok {
		t.Error("row 9 is still there")
	}
	if row, ok := table.Row(nil, 10); !ok || row[5] != String("747") {
		t.Errorf("row 10 is %v, %v", row, ok)
	}
	if table.Len() != 10 || table.NextRow() != 12 || table.RowAt(9) != 11 {
		t.Errorf("%d rows, next %d, last %d", table.Len(), table.NextRow(), table.RowAt(9))
	}
	// Deleting row 3 moved no other row: 4 is still member 4's, 8 still member 3's alone.
	q := parse(t, table, "*price > 9000")
	if got := table.AnswerRows(q, 3, 5); got != Yes {
		t.Errorf("member 3 says %v", got)
	}
}

func TestUpdateErrors(t *testing.T) {
	table := Paper()
	row := func(last Value) []Value { return append(make([]Value, 5), last) }
	for _, c := range []struct {
		u    Update
		kind error
		says string
	}{
		{DeleteRow(10), new(RowError), "no row 10"},
		{SetCells(10, Cell{0, Value{}}), new(RowError), "no row 10"},
		{SetCells(0), new(UpdateError), "no cells"},
		{SetCells(0, Cell{1, String("pink")}, Cell{6, Value{}}), new(UpdateError), "column 6 of 6"},
		{SetCells(0, Cell{-1, Value{}}), new(UpdateError), "column -1 of 6"},
		{SetCells(0, Cell{1, String("pink")}, Cell{3, String("x")}), new(ValueError), `column price expects a finite number, not "x"`},
		{SetCells(0, Cell{1, Number(1)}), new(ValueError), "column color expects a UTF-8 string"},
		{AddRow(), new(UpdateError), "0 values for 6 columns"},
		{AddRow(row(String("\xff"))...), new(ValueError), "UTF-8"},
		{AddRow(row(String(strings.Repeat("x", MaxString+1)))...), new(ValueError), "at most 65536 bytes"},
		{Update{}, new(UpdateError), "update(0)"},
	} {
		digest := table.Digest()
		err := c.u.Apply(table)
		if !sameType(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want a %T saying %q", c.u.Kind, err, c.kind, c.says)
		}
		if table.Version() != 0 || table.Digest() != digest {
			t.Errorf("%v: a refused update changed the table", c.u)
		}
	}
}

// TestReplicas sends random updates, as bytes, to a second replica.
func TestReplicas(t *testing.T) {
	first, second := Cars(), Cars()
	asker := NewAsker(3, 300)
	var b []byte
	for range 2000 {
		clear(b) // what was decoded from it must not hold on to it
		b, _ = asker.Update(first).AppendBinary(b[:0])
		for _, table := range []*Table{first, second} {
			var u Update
			if err := u.UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			if err := u.Apply(table); err != nil {
				t.Fatalf("%v: %v", u, err)
			}
			b = bytes.Clone(b)
		}
	}
	clear(b)
	if first.Version() != 2000 || first.Digest() != second.Digest() || first.Len() > 310 {
		t.Errorf("version %d, %d rows, digests %x and %x", first.Version(), first.Len(), first.Digest(), second.Digest())
	}
}

func TestDigestOrder(t *testing.T) {
	x, y := AddRow(String("x")), AddRow(String("y"))
	digest := func(updates ...Update) uint64 {
		table := read(t, "a\n")
		for _, u := range updates {
			if err := u.Apply(table); err != nil {
				t.Fatal(err)
			}
		}
		return table.Digest()
	}
	if digest(x, y) == digest(y, x) {
		t.Error("the digest does not see the order of rows")
	}
	if digest(x) == digest(x, y, DeleteRow(1)) {
		t.Error("the digest does not see the next row ID")
	}
	if digest(x, y, SetCells(0, Cell{0, String("z")})) != digest(x, y, SetCells(0, Cell{0, String("q")}), SetCells(0, Cell{0, String("z")})) {
		t.Error("the digest sees the version")
	}
	if digest(AddRow(String(""))) == digest(AddRow(Value{})) {
		t.Error("the digest does not tell null from the empty string")
	}
}

func TestClone(t *testing.T) {
	table := Cars()
	clone, digest := table.Clone(), table.Digest()
	asker := NewAsker(1, 400)
	for range 100 {
		if err := asker.Update(clone).Apply(clone); err != nil {
			t.Fatal(err)
		}
	}
	if table.Digest() != digest || table.Version() != 0 || clone.Digest() == digest {
		t.Error("updating a clone changed the table, or did not change the clone")
	}
}

func FuzzUpdate(f *testing.F) {
	asker, table := NewAsker(2, 5), Paper()
	for range 20 {
		u := asker.Update(table)
		b, _ := u.MarshalBinary()
		f.Add(b)
		if err := u.Apply(table); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var u Update
		if err := u.UnmarshalBinary(b); err != nil {
			if !sameType(err, new(CorruptError)) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		canonical, _ := u.MarshalBinary()
		var again Update
		if err := again.UnmarshalBinary(canonical); err != nil {
			t.Fatalf("%v does not decode again: %v", u, err)
		}
		if b, _ := again.MarshalBinary(); !bytes.Equal(b, canonical) {
			t.Fatalf("%v becomes %v", u, again)
		}
		one, two := Paper(), Paper()
		err1, err2 := u.Apply(one), again.Apply(two)
		if one.Digest() != two.Digest() || (err1 == nil) != (err2 == nil) || err1 != nil && err1.Error() != err2.Error() {
			t.Fatalf("%v differs between replicas: %v, %v", u, err1, err2)
		}
	})
}

func BenchmarkUpdate(b *testing.B) {
	table := Cars()
	asker := NewAsker(1, 406)
	for b.Loop() {
		if err := asker.Update(table).Apply(table); err != nil {
			b.Fatal(err)
		}
	}
}
