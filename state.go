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
	// that, and what was cast before may not have been sent. After a Join that failed
	// the state may be half another's; then Restore has returned, unless the node or its
	// process was closed or ctx ended.
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
// are new ones, but what an interface points to is emptied and read into. Fields that are
// unexported or tagged "-" stay as they are. A value with methods of its own for reading
// JSON sees to all that itself.
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
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return err
	}
	if v := reflect.ValueOf(s.v); v.Kind() == reflect.Pointer && !v.IsNil() && !readsItself(v.Type()) {
		empty(v.Elem()) // what is not in data would stay
	}
	return json.Unmarshal(data, s.v)
}

// readsItself reports whether a type of pointers has methods of its own for reading JSON.
func readsItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Unmarshaler]()) || t.Implements(reflect.TypeFor[coding.TextUnmarshaler]())
}

// empty makes v what encoding/json reads a new value into. What an interface points to,
// and an embedded pointer, say what is to be read: those stay, and are emptied.
func empty(v reflect.Value) {
	switch t := v.Type(); {
	case t.Kind() == reflect.Struct && !readsItself(reflect.PointerTo(t)):
		for i := range t.NumField() {
			f, x := t.Field(i), v.Field(i)
			switch {
			case f.Tag.Get("json") == "-":
			case f.Anonymous && f.Type.Kind() == reflect.Pointer && !x.IsNil():
				empty(x.Elem())
			case f.Anonymous || f.IsExported():
				empty(x)
			}
		}
	case t.Kind() == reflect.Interface && !v.IsNil() && v.Elem().Kind() == reflect.Pointer && !v.Elem().IsNil():
		empty(v.Elem().Elem())
	case v.CanSet():
		v.SetZero()
	}
}
