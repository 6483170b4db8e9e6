package twenty

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// ReadTSV reads a table of tab-separated lines. The first line names the
// columns, each with its marks: "price:number", "object:category",
// "name:telling"; a column without :number holds strings. An empty cell is
// null. The rows get the IDs 0, 1, 2, … and the table is at version 0. The error
// is a *SchemaError or *SyntaxError, which says the line, or r's.
func ReadTSV(r io.Reader) (*Table, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxBlock)
	var t *Table
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(strings.TrimSuffix(lines.Text(), "\r"), "\t")
		if t == nil {
			s, err := header(fields)
			if err != nil {
				return nil, err
			}
			t = NewTable(s)
			continue
		}
		if err := t.addLine(n, fields); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("twenty: reading a table: %w", err)
	}
	if t == nil {
		return nil, &SyntaxError{Reason: "expected a line that names the columns"}
	}
	t.version = 0
	return t, nil
}

// header reads the line that names the columns.
func header(fields []string) (*Schema, error) {
	columns := make([]Column, len(fields))
	for i, f := range fields {
		name, marks, _ := strings.Cut(f, ":")
		columns[i] = Column{Name: name, Kind: KindString}
		for mark := range strings.SplitSeq(marks, ":") {
			switch mark {
			case "":
			case "number":
				columns[i].Kind = KindNumber
			case "category":
				columns[i].Role = RoleCategory
			case "telling":
				columns[i].Role = RoleTelling
			default:
				return nil, &SchemaError{Column: name, Reason: "unknown mark " + brief(mark)}
			}
		}
	}
	return NewSchema(columns...)
}

// addLine adds the row on line n.
func (t *Table) addLine(n int, fields []string) error {
	if len(fields) != t.schema.Len() {
		return &SyntaxError{
			Text:   strings.Join(fields, " "),
			Reason: fmt.Sprintf("line %d has %d cells, not %d", n, len(fields), t.schema.Len()),
		}
	}
	row := make([]Value, len(fields))
	for i, f := range fields {
		switch {
		case f == "":
		case t.schema.columns[i].Kind == KindNumber:
			v, ok := ParseNumber(f)
			if !ok {
				return &SyntaxError{Text: f, Reason: fmt.Sprintf("line %d: column %s expects a number", n, t.schema.columns[i].Name)}
			}
			row[i] = v
		default:
			row[i] = String(f)
		}
	}
	if err := AddRow(row...).Apply(t); err != nil {
		return &SyntaxError{Text: strings.Join(fields, " "), Reason: fmt.Sprintf("line %d: %v", n, err)}
	}
	return nil
}
