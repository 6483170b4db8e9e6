package twenty

import (
	"slices"
	"strconv"
	"strings"
)

// The limits of a table. They bound what a decoder may be made to hold.
const (
	MaxColumns = 256
	MaxString  = 1 << 16 // bytes of one string
	maxName    = 64      // bytes of a column's name
)

// Role is what a column means to the guessing game.
type Role uint8

// The roles. A game's questions may only be about plain columns.
const (
	RolePlain    Role = iota
	RoleCategory      // names the kind of object; the game's secret is one of its values
	RoleTelling       // would give the category away, as a car's name gives its maker
)

// Column describes one column.
type Column struct {
	Name string // letters, digits and underscores, not starting with a digit
	Kind Kind   // KindNumber or KindString; a category is a KindString
	Role Role
}

// Schema is the ordered list of a table's columns. It never changes.
type Schema struct {
	columns  []Column
	category int // index of the category, -1 if there is none
}

// NewSchema makes a schema of 1 to MaxColumns columns with distinct names, at
// most one of them a category. The error is a *SchemaError.
func NewSchema(columns ...Column) (*Schema, error) {
	if len(columns) == 0 || len(columns) > MaxColumns {
		return nil, &SchemaError{Reason: "a table has 1 to " + strconv.Itoa(MaxColumns) + " columns"}
	}
	s := &Schema{columns: slices.Clone(columns), category: -1}
	for i, c := range columns {
		if reason := s.fault(i, c); reason != "" {
			return nil, &SchemaError{Column: c.Name, Reason: reason}
		}
		if c.Role == RoleCategory {
			s.category = i
		}
	}
	return s, nil
}

// fault says what is wrong with column c at index i, given those before it.
func (s *Schema) fault(i int, c Column) string {
	switch {
	case len(c.Name) > maxName || c.Name == "" || identifier(c.Name) != len(c.Name):
		return "a name is 1 to 64 letters, digits and underscores, and starts with no digit"
	case s.Index(c.Name) != i:
		return "the name is used twice"
	case c.Kind != KindNumber && c.Kind != KindString:
		return "a column holds numbers or strings"
	case c.Role > RoleTelling:
		return "unknown role"
	case c.Role == RoleCategory && c.Kind != KindString:
		return "the category is a string"
	case c.Role == RoleCategory && s.category >= 0:
		return "a table has one category"
	}
	return ""
}

// Len is the number of columns.
func (s *Schema) Len() int { return len(s.columns) }

// Column describes the column at index i, which must be below Len.
func (s *Schema) Column(i int) Column { return s.columns[i] }

// Index finds the column called name, -1 if there is none.
func (s *Schema) Index(name string) int {
	for i := range s.columns {
		if s.columns[i].Name == name {
			return i
		}
	}
	return -1
}

// Category is the index of the category column, -1 if there is none.
func (s *Schema) Category() int { return s.category }

// Names lists the columns in order.
func (s *Schema) Names() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.Name
	}
	return names
}

// Accepts checks that column i may hold v. The error is a *ValueError.
func (s *Schema) Accepts(i int, v Value) error {
	c := &s.columns[i]
	switch {
	case v.IsNull():
		return nil
	case v.kind != c.Kind:
		return &ValueError{Column: c.Name, Want: c.Kind, Got: brief(v.String())}
	case !v.storable():
		return &ValueError{Column: c.Name, Want: c.Kind, Got: brief(v.String())}
	}
	return nil
}

// identifier is the length of the column name at the start of text.
func identifier(text string) int {
	for i := range len(text) {
		b := text[i]
		letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_'
		if !letter && (i == 0 || b < '0' || b > '9') {
			return i
		}
	}
	return len(text)
}

// brief quotes text for an error, cut to a readable length.
func brief(text string) string {
	const limit = 40
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return strconv.Quote(text)
}
