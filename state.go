package cohort

import (
	coding "encoding"
	"encoding/json"
	"io"
	"reflect"
)

// State is what a joiner is given: the group's state, as each member holds it.
type State interface {
	// Snapshot captures the state between two deliveries and returns a function
	// that writes it. Snapshot is called in the group's stream and should be
	// quick (copy, or share and copy on write); write runs later in another
	// goroutine, while the stream goes on, and must write what was captured;
	// what is large and never changes again with WriteShared.
	Snapshot() (write func(io.Writer) error, err error)
	// Restore replaces the state by what r yields, to its end. Nothing of the
	// stream is delivered while it runs. It may be called again from the
	// beginning, when a donor fails. If it returns an error the membership ends with
	// that, and what was cast before may not have been sent.
	Restore(r io.Reader) error
}

// WriteShared writes p to w. If that is what the function of a State's Snapshot is
// given, p is sent from where it is, and not copied: nobody may change it from
// then on. To any other writer it is an ordinary Write.
func WriteShared(w io.Writer, p []byte) (int, error) {
	if f, ok := w.(*feed); ok && len(p) >= leastShared {
		return f.share(p)
	}
	return w.Write(p)
}

// leastShared is what is large enough to be a block, or the end of one, by itself.
const leastShared = 16 << 10

// JSON is the State of a value that encoding/json can write and read: pass a
// pointer to it. It suits states of up to some megabytes. Restore replaces all that
// encoding/json knows of, also what is not in what it reads: maps, slices and pointers
// are new ones. Fields that are unexported or tagged "-" stay as they are. A value with
// methods of its own for reading JSON sees to all that itself.
func JSON(v any) State { return jsonState{v} }

type jsonState struct{ v any }

func (s jsonState) Snapshot() (func(io.Writer) error, error) {
	data, err := json.Marshal(s.v)
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) error { _, err := WriteShared(w, data); return err }, nil
}

func (s jsonState) Restore(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v := reflect.ValueOf(s.v)
	if v.Kind() != reflect.Pointer || v.IsNil() || readsItself(v.Type()) {
		return json.Unmarshal(data, s.v)
	}
	read := reflect.New(v.Type().Elem()) // to read into v would leave what is not in data
	if err := json.Unmarshal(data, read.Interface()); err != nil {
		return err
	}
	replace(v.Elem(), read.Elem())
	return nil
}

// readsItself reports whether a type of pointers has methods of its own for reading JSON.
func readsItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Unmarshaler]()) || t.Implements(reflect.TypeFor[coding.TextUnmarshaler]())
}

// replace sets old to what was read, but for the fields that encoding/json does not know.
func replace(old, read reflect.Value) {
	t := old.Type()
	if t.Kind() != reflect.Struct || readsItself(reflect.PointerTo(t)) {
		if old.CanSet() {
			old.Set(read)
		}
		return
	}
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("json") != "-" && (f.IsExported() || f.Anonymous) {
			replace(old.Field(i), read.Field(i))
		}
	}
}
