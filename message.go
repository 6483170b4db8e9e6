package cohort

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// Message is a symbol table of named, typed fields, as in section 4.1 of the
// 1987 paper. A value is a bool, an integer, a float64, a string, a []byte, an
// Address, a Message, or a slice of such. It describes itself: who receives it
// needs no schema. On the wire it is a CBOR map.
//
// The readers Int, Text and so on never fail in the middle of an expression:
// they return the zero value, and Err of the request or reply tells the first
// field that was missing or of another type.
type Message map[string]any

// addressTag marks an Address in CBOR (a number from the first-come range).
const addressTag = 65817

var encoding, decoding = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	tags := cbor.NewTagSet()
	must(tags.Add(cbor.TagOptions{EncTag: cbor.EncTagRequired, DecTag: cbor.DecTagRequired}, reflect.TypeFor[Address](), addressTag))
	enc, err := cbor.EncOptions{Sort: cbor.SortBytewiseLexical, TextMarshaler: cbor.TextMarshalerNone}.EncModeWithTags(tags)
	must(err)
	dec, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: 32, IndefLength: cbor.IndefLengthForbidden,
		IntDec: cbor.IntDecConvertSignedOrFail, DefaultMapType: reflect.TypeFor[Message](),
		TextUnmarshaler: cbor.TextUnmarshalerNone,
	}.DecModeWithTags(tags)
	must(err)
	return enc, dec
}

// must stops on what can only be a mistake in this file.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// field reads m[name] as a T; bad gets the error.
func field[T any](m Message, name, want string, bad *error) (v T) {
	x, ok := m[name]
	if v, ok := x.(T); ok {
		return v
	}
	have := fmt.Sprintf("%T", x)
	if !ok {
		have = "no such field"
	}
	if *bad == nil {
		*bad = &FieldError{Field: name, Want: want, Have: have}
	}
	return v
}

// Fields reads a Message, noting the first mistake. Requests and replies are
// Fields. The zero value has no fields.
type Fields struct {
	m   Message
	bad error
}

// Read returns readers for m.
func (m Message) Read() *Fields { return &Fields{m: m} }

// read reads a payload, and finds no fields in what is no table: that is for Into.
func (f *Fields) read(payload []byte) {
	if decode(payload, &f.m) != nil {
		f.m = nil
	}
}

// Message is the whole table; do not change it.
func (f *Fields) Message() Message { return f.m }

// Has reports whether there is a field of that name.
func (f *Fields) Has(name string) bool { _, ok := f.m[name]; return ok }

// Names lists the fields in order.
func (f *Fields) Names() []string {
	names := make([]string, 0, len(f.m))
	for n := range f.m { // order does not matter: sorted below
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Bool reads a field that is a bool.
func (f *Fields) Bool(name string) bool { return field[bool](f.m, name, "bool", &f.bad) }

// Int reads a field that is an integer.
func (f *Fields) Int(name string) int64 {
	switch n := f.m[name].(type) {
	case int:
		return int64(n)
	case uint64:
		if n <= 1<<63-1 {
			return int64(n)
		}
	}
	return field[int64](f.m, name, "integer", &f.bad)
}

// Float reads a field that is a float64.
func (f *Fields) Float(name string) float64 { return field[float64](f.m, name, "float", &f.bad) }

// Text reads a field that is a string.
func (f *Fields) Text(name string) string { return field[string](f.m, name, "text", &f.bad) }

// Bytes reads a field that is a []byte. Copy what you want to keep and change.
func (f *Fields) Bytes(name string) []byte { return field[[]byte](f.m, name, "bytes", &f.bad) }

// Address reads a field that is an Address.
func (f *Fields) Address(name string) Address {
	return field[Address](f.m, name, "address", &f.bad)
}

// Nested reads a field that is a Message.
func (f *Fields) Nested(name string) Message {
	return field[Message](f.m, name, "message", &f.bad)
}

// Err is the first *FieldError met in reading, or nil.
func (f *Fields) Err() error { return f.bad }

// The first byte of a payload after the entry says what it holds.
const (
	formatMessage = 1 // CBOR
	formatBytes   = 2 // as they are
	formatError   = 3 // the text of an error; replies only
)

// encoded is v as a format and bytes: a []byte as it is, anything else as CBOR.
func encoded(v any) (format byte, data []byte, err error) {
	if raw, ok := v.([]byte); ok {
		return formatBytes, raw, nil
	}
	if data, err = encoding.Marshal(v); err != nil {
		return 0, nil, fmt.Errorf("cohort: cannot send a %T: %w", v, err)
	}
	return formatMessage, data, nil
}

// encode appends v, with its format.
func encode(b []byte, v any) ([]byte, error) {
	format, data, err := encoded(v)
	if err != nil {
		return nil, err
	}
	return append(append(b, format), data...), nil
}

// decode reads a payload into v, the opposite of encode.
func decode(b []byte, v any) error {
	if len(b) == 0 {
		return &FieldError{Field: "", Want: fmt.Sprintf("%T", v), Have: "nothing"}
	}
	switch b[0] {
	case formatBytes:
		if raw, ok := v.(*[]byte); ok {
			*raw = b[1:]
			return nil
		}
		return &FieldError{Want: fmt.Sprintf("%T", v), Have: "plain bytes"}
	case formatMessage:
		if _, ok := v.(*[]byte); ok {
			return &FieldError{Want: "plain bytes", Have: "a message"}
		}
		if err := decoding.Unmarshal(b[1:], v); err != nil {
			return &FieldError{Want: fmt.Sprintf("%T", v), Have: "another message: " + err.Error()}
		}
		return nil
	}
	return &FieldError{Want: fmt.Sprintf("%T", v), Have: fmt.Sprintf("format %d", b[0])}
}
