package twenty

import (
	"encoding"
	"encoding/hex"
	"testing"
)

// TestGolden pins the bytes of messages, which other versions must read.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		message encoding.BinaryMarshaler
		hex     string
	}{
		{Query{Horizontal: true, Column: "price", Op: Greater, Value: Number(9000)}, "0105" + "057072696365" + "010000000000" + "94c140"},
		{Query{Category: "car", Column: "color", Op: Equal, Value: String("red")}, "0201" + "03636172" + "05636f6c6f72" + "0203726564"},
		{AddRow(String("a"), Value{}), "0102" + "020161" + "00"},
		{SetCells(300, Cell{1, Number(-1)}), "02ac0201" + "01" + "01000000000000f0bf"},
		{DeleteRow(7), "0307"},
		{Reply{Version: 128, Tally: Tally{Rows: 10, Matches: 3}}, "80010a03"},
	} {
		b, err := c.message.MarshalBinary()
		if err != nil || hex.EncodeToString(b) != c.hex {
			t.Errorf("%v: %x, %v; want %s", c.message, b, err, c.hex)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		into encoding.BinaryUnmarshaler
		hex  string
	}{
		"no query":              {new(Query), ""},
		"flags of the future":   {new(Query), "0405057072696365" + "010000000000" + "94c140"},
		"no operator":           {new(Query), "0100057072696365" + "010000000000" + "94c140"},
		"operator 7":            {new(Query), "0107057072696365" + "010000000000" + "94c140"},
		"not a number":          {new(Query), "0105057072696365" + "01000000000000f87f"},
		"infinity":              {new(Query), "0105057072696365" + "01000000000000f07f"},
		"value of kind 3":       {new(Query), "010505707269636503"},
		"no UTF-8":              {new(Query), "010505707269636502" + "01ff"},
		"string longer than it": {new(Query), "010505707269636502" + "05ff"},
		"string too long":       {new(Query), "010505707269636502" + "ffffffff0f"},
		"endless number":        {new(Query), "010505707269636502" + "ffffffffffffffffffffffff"},
		"no update":             {new(Update), ""},
		"update of kind 9":      {new(Update), "0907"},
		"more than an update":   {new(Update), "030700"},
		"row beyond all":        {new(Update), "03ffffffffffffffffff01"},
		"columns beyond all":    {new(Update), "01ffff7f"},
		"missing values":        {new(Update), "0102020161"},
		"no reply":              {new(Reply), ""},
		"more matches than":     {new(Reply), "800103" + "0a"},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.into.UnmarshalBinary(b); !sameType(err, new(CorruptError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCodec checks that any prefix of a message is refused and the message read.
func TestCodec(t *testing.T) {
	table := Cars()
	asker := NewAsker(5, 406)
	for range 300 {
		q, u := asker.Query(table), asker.Update(table)
		if err := u.Apply(table); err != nil {
			t.Fatal(err)
		}
		qb, _ := q.MarshalBinary()
		var q2 Query
		if err := q2.UnmarshalBinary(qb); err != nil || q2 != q {
			t.Fatalf("%v becomes %v, %v", q, q2, err)
		}
		ub, _ := u.MarshalBinary()
		for i := range qb {
			if err := q2.UnmarshalBinary(qb[:i]); !sameType(err, new(CorruptError)) {
				t.Fatalf("%v cut at %d: %v", q, i, err)
			}
		}
		for i := range ub {
			if err := new(Update).UnmarshalBinary(ub[:i]); !sameType(err, new(CorruptError)) {
				t.Fatalf("%v cut at %d: %v", u, i, err)
			}
		}
		if q2 != q {
			t.Fatal("a failed decoding changed the query")
		}
	}
}

func FuzzQueryBinary(f *testing.F) {
	asker, table := NewAsker(4, 10), Paper()
	for range 20 {
		b, _ := asker.Query(table).MarshalBinary()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var q, again Query
		if err := q.UnmarshalBinary(b); err != nil {
			if !sameType(err, new(CorruptError)) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		canonical, _ := q.MarshalBinary()
		if err := again.UnmarshalBinary(canonical); err != nil || again != q {
			t.Fatalf("%+v becomes %+v, %v", q, again, err)
		}
		if q.Check(table.Schema()) == nil {
			if read, err := ParseQuery(table.Schema(), q.String()); err != nil || read != q {
				t.Fatalf("%q reads as %+v, %v", q, read, err)
			}
		}
	})
}
