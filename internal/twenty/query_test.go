package twenty

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParseQuery(t *testing.T) {
	schema := Paper().Schema()
	for text, canonical := range map[string]string{
		"price > 9000":                  "price > 9000",
		"*price >9000":                  "*price > 9000",
		" * price>=9e3 ":                "*price >= 9000",
		"color=red":                     "color = red",
		"color != dark red ":            "color != dark red",
		`color = "red"`:                 "color = red",
		`color = " red"`:                `color = " red"`,
		`color = ""`:                    `color = ""`,
		`color = "\""`:                  `color = "\""`,
		"color = ]":                     "color = ]",
		"color = = red":                 "color = = red",
		"[car]price<-0":                 "[car] price < 0",
		"*[ station wagon ] price <= 1": "*[station wagon] price <= 1",
		`["a]b"] price = .5`:            `["a]b"] price = 0.5`,
		`[ "car" ] price = 1e30`:        "[car] price = 1e+30",
		"color = größer":                "color = größer",
	} {
		q, err := ParseQuery(schema, text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if q.String() != canonical {
			t.Errorf("%q reads as %q, want %q", text, q, canonical)
		}
		if again, err := ParseQuery(schema, canonical); err != nil || again != q {
			t.Errorf("%q reads back as %+v, %v", canonical, again, err)
		}
	}
}

func TestParseQueryErrors(t *testing.T) {
	schema := Paper().Schema()
	for text, want := range map[string]struct {
		kind error
		says string
	}{
		"":                       {new(SyntaxError), "expected column, operator and value"},
		"*":                      {new(SyntaxError), "expected column, operator and value"},
		"> 9000":                 {new(SyntaxError), "expected column, operator and value"},
		"prize > 9000":           {new(ColumnError), `unknown column "prize"; the columns are object, color, size, price, make, model`},
		"price":                  {new(OperatorError), `bad operator ""; use one of = != < <= > >=`},
		"price is 5":             {new(OperatorError), `bad operator "is"`},
		"price == 5":             {new(OperatorError), `bad operator "=="`},
		"price =! 5":             {new(OperatorError), `bad operator "=!"`},
		"price > cheap":          {new(ValueError), `column price expects a finite number, not "cheap"`},
		"price >":                {new(ValueError), `column price expects a finite number, not ""`},
		"price > NaN":            {new(ValueError), "finite number"},
		"price > 1e999":          {new(ValueError), "finite number"},
		"price > -inf":           {new(ValueError), "finite number"},
		"color =":                {new(SyntaxError), "expected a value"},
		`color = "red`:           {new(SyntaxError), "does not end"},
		`color = "red" x`:        {new(SyntaxError), "nothing after"},
		`color = "\xff"`:         {new(ValueError), "UTF-8"},
		"[car price > 5":         {new(SyntaxError), "category in brackets"},
		"[] price > 5":           {new(SyntaxError), "category in brackets"},
		`["car] price > 5`:       {new(SyntaxError), "does not end"},
		`["car" price > 5`:       {new(SyntaxError), "category in brackets"},
		"color = \xff":           {new(ValueError), "UTF-8"},
		strings.Repeat("x", 1e6): {new(SyntaxError), "too long"},
	} {
		_, err := ParseQuery(schema, text)
		if !sameType(err, want.kind) || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%.40q: %v, want a %T saying %q", text, err, want.kind, want.says)
		}
	}
}

// TestCheck has the faults that only a program can make.
func TestCheck(t *testing.T) {
	table := read(t, "a\tb:number\nx\t1\n")
	for _, c := range []struct {
		q    Query
		kind error
	}{
		{Query{Column: "b", Op: Less, Value: String("x")}, new(ValueError)},
		{Query{Column: "a", Op: Less, Value: Number(1)}, new(ValueError)},
		{Query{Column: "b", Op: Less, Value: Value{}}, new(ValueError)},
		{Query{Column: "b", Op: Less, Value: Number(math.NaN())}, new(ValueError)},
		{Query{Column: "c", Op: Less, Value: Number(1)}, new(ColumnError)},
		{Query{Column: "b", Op: 0, Value: Number(1)}, new(OperatorError)},
		{Query{Column: "b", Op: 7, Value: Number(1)}, new(OperatorError)},
		{Query{Column: "b", Op: Less, Value: Number(1), Category: "x"}, new(SyntaxError)},
	} {
		if err := c.q.Check(table.Schema()); !sameType(err, c.kind) {
			t.Errorf("%v: %v, want a %T", c.q, err, c.kind)
		}
		if a := table.Answer(c.q); a != Unanswered {
			t.Errorf("%v: answered %v", c.q, a)
		}
		if r := Reference(table, c.q, 1); r != nil {
			t.Errorf("%v: reference answered %v", c.q, r)
		}
		c.q.Horizontal = true
		if r, ok := table.Reply(c.q, 0, 1); ok {
			t.Errorf("%v: replied %v", c.q, r)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"price > 9000", "*[car] color = red", `["a\"]"] model != " x"`, "price>-.5e-9", "[x", "*"} {
		f.Add(s)
	}
	schema := Paper().Schema()
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuery(schema, text)
		if err != nil {
			var (
				syntax *SyntaxError
				column *ColumnError
				op     *OperatorError
				value  *ValueError
			)
			if !errors.As(err, &syntax) && !errors.As(err, &column) && !errors.As(err, &op) && !errors.As(err, &value) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if again, err := ParseQuery(schema, q.String()); err != nil || again != q {
			t.Fatalf("%q reads back from %q as %+v, %v", text, q, again, err)
		}
		b, _ := q.MarshalBinary()
		var decoded Query
		if err := decoded.UnmarshalBinary(b); err != nil || decoded != q {
			t.Fatalf("%+v decodes to %+v, %v", q, decoded, err)
		}
	})
}
