package cohort_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

type base struct {
	Name string `json:",omitempty"`
	note string
}

// ledger has what a state may have.
type ledger struct {
	base
	Done    map[string]int `json:",omitempty"`
	List    []base         `json:",omitempty"`
	Last    *int           `json:",omitempty"`
	Inner   base
	At      time.Time `json:"at,omitzero"`
	Any     any       `json:",omitempty"`
	Own     *self     `json:",omitempty"`
	Skipped int       `json:"-"`
	hidden  int
}

// self reads itself, and adds.
type self struct{ sum, times int }

func (s *self) MarshalJSON() ([]byte, error) { return json.Marshal(s.sum) }

func (s *self) UnmarshalJSON(b []byte) error {
	s.times++
	return json.Unmarshal(b, &s.sum)
}

// A state that is restored replaces the one before, whatever of that is missing in it;
// what encoding/json does not know of stays.
func TestJSONReplaces(t *testing.T) {
	one := 1
	full := func() *ledger {
		return &ledger{
			base: base{"base", "kept"}, Done: map[string]int{"deleted by the others": 1}, List: []base{{"a", "lost"}, {"b", ""}}, Last: &one,
			Inner: base{"inner", "kept"}, At: time.Unix(1, 0), Any: map[string]any{"x": 1}, Own: &self{sum: 3}, Skipped: 2, hidden: 3,
		}
	}
	for name, c := range map[string]struct{ read, want *ledger }{
		"nothing": {&ledger{}, &ledger{base: base{note: "kept"}, Inner: base{note: "kept"}, Skipped: 2, hidden: 3}},
		"other": {
			&ledger{Done: map[string]int{"b": 2}, List: []base{{"", "never sent"}}, Own: &self{sum: 4}, Skipped: 8, hidden: 9},
			&ledger{
				base: base{note: "kept"}, Done: map[string]int{"b": 2}, List: []base{{}}, Inner: base{note: "kept"}, Own: &self{sum: 4, times: 1},
				Skipped: 2, hidden: 3,
			},
		},
	} {
		state := full()
		carry(t, c.read, state)
		if !reflect.DeepEqual(state, c.want) {
			t.Errorf("%s: it has become %+v, want %+v", name, state, c.want)
		}
	}
	m, own, p := map[string]int{"a": 1}, self{sum: 1, times: 5}, full()
	carry(t, &map[string]int{"b": 2}, &m)
	carry(t, &self{sum: 2}, &own)
	carry(t, new(*ledger), &p)
	if want := map[string]int{"b": 2}; !reflect.DeepEqual(m, want) || own != (self{2, 6}) || p != nil {
		t.Errorf("a map, what reads itself, and a pointer become %v, %v, %v", m, own, p)
	}
}

// carry takes the state of one value over into another.
func carry(t *testing.T, from, to any) {
	t.Helper()
	write, err := cohort.JSON(from).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if err := cohort.JSON(to).Restore(&b); err != nil {
		t.Fatal(err)
	}
}

// What a program has put into interfaces and embedded pointers says what is to be read.
func TestJSONReadsIntoWhatIsThere(t *testing.T) {
	type pair struct {
		*base
		Shape fmt.Stringer
		Any   any
	}
	from := &pair{&base{"new", ""}, &shape{Sides: 3}, &shape{}}
	to := &pair{&base{"old", "kept"}, &shape{Sides: 4, Color: "lost", seen: 5}, &shape{Sides: 6, Color: "lost"}}
	carry(t, from, to)
	want := &pair{&base{"new", "kept"}, &shape{Sides: 3, seen: 5}, &shape{}}
	if !reflect.DeepEqual(to, want) {
		t.Errorf("%+v %v %v, want %+v %v %v", to.base, to.Shape, to.Any, want.base, want.Shape, want.Any)
	}
}

type shape struct {
	Sides int    `json:",omitempty"`
	Color string `json:",omitempty"`
	seen  int
}

func (s *shape) String() string { return fmt.Sprint(s.Sides, s.Color, s.seen) }

// What is no JSON changes nothing.
func TestJSONIsReadWhole(t *testing.T) {
	m := map[string]int{"a": 1}
	for _, text := range []string{"", `{"b":2`, `{} {}`} {
		if err := cohort.JSON(&m).Restore(strings.NewReader(text)); err == nil || len(m) != 1 || m["a"] != 1 {
			t.Errorf("%q: %v, and it is %v", text, err, m)
		}
	}
	for _, v := range []any{nil, m, (*int)(nil)} {
		if err := cohort.JSON(v).Restore(strings.NewReader("1")); err == nil {
			t.Errorf("%T can be read into", v)
		}
	}
}
