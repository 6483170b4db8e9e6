package twenty

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Op is a relational operator.
type Op uint8

// The operators. The zero Op is none.
const (
	_ Op = iota
	Equal
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
)

var opNames = [...]string{"?", "=", "!=", "<", "<=", ">", ">="}

// String writes the operator as ParseQuery reads it.
func (o Op) String() string {
	if int(o) >= len(opNames) {
		return opNames[0]
	}
	return opNames[o]
}

// valid reports whether o is an operator.
func (o Op) valid() bool { return o != 0 && int(o) < len(opNames) }

// The outcomes of a comparison, as bits: whether a value is below, equal to or
// above the one asked about.
const (
	below = 1 << iota
	same
	above
)

// mask is the set of outcomes that o accepts.
func (o Op) mask() uint8 {
	return [len(opNames)]uint8{0, same, below | above, below, below | same, above, above | same}[o]
}

// Query asks how the values of one column compare with a value.
type Query struct {
	Horizontal bool   // all members answer, each for its rows; else one for all rows
	Category   string // only objects of this category are in question; "" is all of them
	Column     string
	Op         Op
	Value      Value // not null: nothing compares with null
}

// String writes the canonical form, which ParseQuery reads back:
//
//	*[toyota] mpg >= 30.5
//
// A string, or a category, that would not be read back bare is quoted as in Go.
func (q Query) String() string {
	var b strings.Builder
	if q.Horizontal {
		b.WriteByte('*')
	}
	if q.Category != "" {
		b.WriteString("[" + bare(q.Category, "]") + "] ")
	}
	b.WriteString(q.Column + " " + q.Op.String() + " ")
	if q.Value.kind == KindString {
		b.WriteString(bare(q.Value.str, ""))
	} else {
		b.WriteString(q.Value.String())
	}
	return b.String()
}

// Check reports why q cannot be asked about a table with this schema: a
// *ColumnError, *OperatorError, *ValueError, or a *SyntaxError for a category
// where there is none. A service checks a query once, when it arrives.
func (q Query) Check(s *Schema) error {
	i := s.Index(q.Column)
	switch {
	case i < 0:
		return &ColumnError{Name: q.Column, Known: s.Names()}
	case !q.Op.valid():
		return &OperatorError{Got: q.Op.String()}
	case q.Value.IsNull():
		return &ValueError{Column: q.Column, Want: s.columns[i].Kind, Got: "null"}
	case q.Category != "" && s.category < 0:
		return &SyntaxError{Text: q.Category, Reason: "the table has no categories"}
	case q.Category != "":
		if err := s.Accepts(s.category, String(q.Category)); err != nil {
			return err
		}
	}
	return s.Accepts(i, q.Value)
}

// bare returns s as it is if it can stand unquoted before the bytes in stop,
// and quoted otherwise.
func bare(s, stop string) string {
	plain := s != "" && s[0] != '"' && strings.TrimSpace(s) == s && utf8.ValidString(s) &&
		(stop == "" || !strings.ContainsAny(s, stop)) &&
		strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
	if plain {
		return s
	}
	return strconv.Quote(s)
}
