package twenty

import (
	"fmt"
	"strings"
)

// SchemaError says that columns do not make a table: whoever wrote the header
// is at fault.
type SchemaError struct {
	Column string // the offending column, "" if it is their number
	Reason string
}

func (e *SchemaError) Error() string {
	if e.Column == "" {
		return "twenty: bad columns: " + e.Reason
	}
	return "twenty: bad column " + brief(e.Column) + ": " + e.Reason
}

// SyntaxError says that a text is no query, or no table in the TSV form.
type SyntaxError struct {
	Text   string // what was to be read
	Reason string // what is wrong, or what was expected
}

func (e *SyntaxError) Error() string {
	return "twenty: cannot read " + brief(e.Text) + ": " + e.Reason
}

// ColumnError says that a query or an update names a column the table lacks.
type ColumnError struct {
	Name  string
	Known []string // the columns there are
}

func (e *ColumnError) Error() string {
	return "twenty: unknown column " + brief(e.Name) + "; the columns are " + strings.Join(e.Known, ", ")
}

// OperatorError says that a query compares by something unknown.
type OperatorError struct {
	Got string
}

func (e *OperatorError) Error() string {
	return "twenty: bad operator " + brief(e.Got) + "; use one of " + strings.Join(opNames[1:], " ")
}

// ValueError says that a value does not fit its column: a number was expected,
// or a string, or the number is not finite or the string too long.
type ValueError struct {
	Column string
	Want   Kind
	Got    string // quoted
}

func (e *ValueError) Error() string {
	want := "a finite number"
	if e.Want == KindString {
		want = fmt.Sprintf("a UTF-8 string of at most %d bytes", MaxString)
	}
	return "twenty: column " + e.Column + " expects " + want + ", not " + e.Got
}

// RowError says that an update is about a row that is not there: it was
// deleted, perhaps by an update that came before, or never added.
type RowError struct {
	Row RowID
}

func (e *RowError) Error() string { return fmt.Sprintf("twenty: no row %d", e.Row) }

// UpdateError says that an update is not one a table can apply: the program
// that made it is at fault.
type UpdateError struct {
	Reason string
}

func (e *UpdateError) Error() string { return "twenty: bad update: " + e.Reason }

// CorruptError says that encoded bytes are damaged or cut off.
type CorruptError struct {
	What   string // "query", "update", "reply" or "snapshot"
	Offset int64  // bytes read when it was noticed
	Reason string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("twenty: corrupt %s at byte %d: %s", e.What, e.Offset, e.Reason)
}
