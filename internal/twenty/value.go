package twenty

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is the type of a column or of a value.
type Kind uint8

// The kinds. Null is the kind of an absent value; no column has it.
const (
	KindNull Kind = iota
	KindNumber
	KindString
)

// String names the kind as error messages do.
func (k Kind) String() string {
	switch k {
	case KindNull:
		return "null"
	case KindNumber:
		return "number"
	case KindString:
		return "string"
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Value is a number, a string or null; the zero Value is null. Values are
// comparable with ==.
type Value struct {
	kind Kind
	num  float64
	str  string
}

// Number is the value f, and null if f is not a number. A table takes finite
// numbers only.
func Number(f float64) Value {
	if math.IsNaN(f) {
		return Value{}
	}
	if f == 0 {
		f = 0 // -0 and 0 are one value and must have one encoding
	}
	return Value{kind: KindNumber, num: f}
}

// String is the value s. A table takes valid UTF-8 of at most MaxString bytes.
func String(s string) Value { return Value{kind: KindString, str: s} }

// Kind tells what v is.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is absent.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Float is the number, 0 if v is not one.
func (v Value) Float() float64 { return v.num }

// Text is the string, "" if v is not one.
func (v Value) Text() string { return v.str }

// String writes v for people: the bare number or string, or "null".
func (v Value) String() string {
	switch v.kind {
	case KindNumber:
		return formatNumber(v.num)
	case KindString:
		return v.str
	case KindNull:
	}
	return "null"
}

// compare orders two values of one kind: -1, 0 or +1.
func (v Value) compare(w Value) int {
	if v.kind == KindNumber {
		return cmp.Compare(v.num, w.num)
	}
	return strings.Compare(v.str, w.str)
}

// storable reports whether a table or a query may hold v.
func (v Value) storable() bool {
	if v.kind == KindNumber {
		return !math.IsInf(v.num, 0)
	}
	return len(v.str) <= MaxString && utf8.ValidString(v.str)
}

// formatNumber writes the shortest decimal that reads back as f, without an
// exponent where people write none.
func formatNumber(f float64) string {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// ParseNumber reads a finite number.
func ParseNumber(s string) (Value, bool) {
	f, err := strconv.ParseFloat(s, 64)
	v := Number(f)
	return v, err == nil && v.kind == KindNumber && v.storable()
}
