package twenty

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadTSV(t *testing.T) {
	table := read(t, "kind:category\tn:number\tname:telling\r\ncar\t-1.5\ta b\r\n\t\t\n")
	s := table.Schema()
	for i, want := range []Column{
		{"kind", KindString, RoleCategory},
		{"n", KindNumber, RolePlain},
		{"name", KindString, RoleTelling},
	} {
		if got := s.Column(i); got != want {
			t.Errorf("column %d is %+v, want %+v", i, got, want)
		}
	}
	row, ok := table.Row(nil, 0)
	if !ok || row[0] != String("car") || row[1] != Number(-1.5) || row[2] != String("a b") {
		t.Errorf("row 0 is %v", row)
	}
	row, ok = table.Row(row[:0], 1)
	if !ok || row[0] != (Value{}) || row[1] != (Value{}) || row[2] != (Value{}) {
		t.Errorf("row 1 is %v", row)
	}
}

func TestReadTSVErrors(t *testing.T) {
	columns := strings.Repeat("x\t", MaxColumns)
	for text, want := range map[string]struct {
		kind error
		says string
	}{
		"":                          {new(SyntaxError), "names the columns"},
		"\n":                        {new(SchemaError), "1 to 64 letters"},
		"a\ta":                      {new(SchemaError), `bad column "a": the name is used twice`},
		"a b":                       {new(SchemaError), `"a b"`},
		"1a":                        {new(SchemaError), "starts with no digit"},
		"a:date":                    {new(SchemaError), `unknown mark "date"`},
		"a:category\tb:category":    {new(SchemaError), "one category"},
		"a:category:number":         {new(SchemaError), "category is a string"},
		columns:                     {new(SchemaError), "1 to 256 columns"},
		"a\tb\nx":                   {new(SyntaxError), "line 2 has 1 cells, not 2"},
		"a:number\n1\n1,5":          {new(SyntaxError), "line 3: column a expects a number"},
		"a\n\xff":                   {new(SyntaxError), "line 2"},
		strings.Repeat("a", 65):     {new(SchemaError), "1 to 64 letters"},
		"größe":                     {new(SchemaError), "letters, digits and underscores"},
		"a:number\ninf":             {new(SyntaxError), `cannot read "inf"`},
		"a:category\tb:telling:xyz": {new(SchemaError), `bad column "b"`},
	} {
		if _, err := ReadTSV(strings.NewReader(text)); !sameType(err, want.kind) || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%.30q: %v, want a %T saying %q", text, err, want.kind, want.says)
		}
	}
	broken := errors.New("broken")
	if _, err := ReadTSV(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("broken reader: %v", err)
	}
}
