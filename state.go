package cohort

import (
	"bytes"
	"encoding/json"
	"io"
)

// State is what a joiner is given: the group's state, as each member holds it.
type State interface {
	// Snapshot captures the state between two deliveries and returns a function
	// that writes it. Snapshot is called in the group's stream and should be
	// quick (copy, or share and copy on write); write runs later in another
	// goroutine, while the stream goes on, and must write what was captured.
	Snapshot() (write func(io.Writer) error, err error)
	// Restore replaces the state by what r yields, to its end. Nothing of the
	// stream is delivered while it runs. It may be called again from the
	// beginning, when a donor fails.
	Restore(r io.Reader) error
}

// JSON is the State of a value that encoding/json can write and read: pass a
// pointer to it. It suits states of up to some megabytes.
func JSON(v any) State { return jsonState{v} }

type jsonState struct{ v any }

func (s jsonState) Snapshot() (func(io.Writer) error, error) {
	data, err := json.Marshal(s.v)
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) error { _, err := w.Write(data); return err }, nil
}

func (s jsonState) Restore(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return json.NewDecoder(bytes.NewReader(data)).Decode(s.v)
}
