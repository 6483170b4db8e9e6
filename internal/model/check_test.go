package model

import (
	"errors"
	"strings"
	"testing"
)

// jugs holds 0 to 3 and 0 to 5 litres; the puzzle is to have 4.
type jugs struct{ small, large int }

var errFour = errors.New("four litres")

func pour(s jugs, out *Steps[jugs]) {
	out.Must(jugs{3, s.large}, "fill small")
	out.Must(jugs{s.small, 5}, "fill large")
	out.Must(jugs{0, s.large}, "empty small")
	out.Must(jugs{s.small, 0}, "empty large")
	n := min(s.small, 5-s.large)
	out.Must(jugs{s.small - n, s.large + n}, "to large", n)
	n = min(s.large, 3-s.small)
	out.Must(jugs{s.small + n, s.large - n}, "to small", n)
}

func never(jugs) error { return nil }

func TestShortestTrace(t *testing.T) {
	r := Check(Machine[jugs]{Init: []jugs{{}}, Next: pour, Holds: func(s jugs) error {
		if s.large == 4 {
			return errFour
		}
		return nil
	}}, 1000)
	if r.Failure == nil || !errors.Is(r.Failure.Why, errFour) || r.Whole {
		t.Fatalf("got %+v", r)
	}
	if got := len(r.Failure.Trace) - 1; got != 6 || r.Depth != 6 {
		t.Errorf("%d steps at depth %d, want the 6 of the shortest way:\n%v", got, r.Depth, r.Failure)
	}
	if text := r.Failure.String(); !strings.Contains(text, "6  to large(") && !strings.Contains(text, "6  to small(") {
		t.Errorf("the trace does not show its last step:\n%s", text)
	}
}

func TestAllStatesOnce(t *testing.T) {
	r := Check(Machine[jugs]{Init: []jugs{{}, {3, 5}}, Next: pour, Holds: never}, 1000)
	// Of 24 pairs those where neither jug is empty or full cannot be reached.
	if r.States != 16 || !r.Whole || r.Failure != nil {
		t.Errorf("got %+v, want all 16 states", r)
	}
	if r := Check(Machine[jugs]{Init: []jugs{{}}, Next: pour, Holds: never}, 5); r.Whole || r.States < 5 {
		t.Errorf("got %+v, want a search cut short", r)
	}
}

func TestPlainAndSights(t *testing.T) {
	m := Machine[jugs]{
		Init: []jugs{{}}, Next: pour, Holds: never,
		Plain: func(s jugs) jugs { return jugs{s.small, 0} },
		Sights: []Sight[jugs]{
			{"small is full", func(s jugs) bool { return s.small == 3 }},
			{"large is full", func(s jugs) bool { return s.large == 5 }},
		},
	}
	r := Check(m, 1000)
	if r.States != 2 || len(r.Missed) != 1 || r.Missed[0] != "large is full" {
		t.Errorf("got %+v, want 2 states and one sight missed", r)
	}
}

func TestStuck(t *testing.T) {
	count := func(last int, may bool) Result {
		return Check(Machine[int]{
			Init: []int{0},
			Next: func(n int, out *Steps[int]) {
				if n < 3 {
					out.When(!may, n+1, "count", n)
				}
			},
			Holds: func(int) error { return nil },
			Done:  func(n int) bool { return n == last },
		}, 1000)
	}
	if r := count(3, false); r.Failure != nil || r.States != 4 {
		t.Errorf("got %+v, want 4 states", r)
	}
	if r := count(2, false); r.Failure == nil || !errors.Is(r.Failure.Why, ErrStuck) || len(r.Failure.Trace) != 4 {
		t.Errorf("got %+v, want it stuck at 3", r)
	}
	if r := count(3, true); r.Failure == nil || len(r.Failure.Trace) != 1 {
		t.Errorf("got %+v, want it stuck at once: nothing must happen", r)
	}
}

func TestFingerprintsGrow(t *testing.T) {
	f := newFingerprints()
	for round := range 2 {
		for h := range uint64(20_000) {
			if isNew := f.add(h << 40); isNew != (round == 0) {
				t.Fatalf("round %d: add(%d) = %v", round, h, isNew)
			}
		}
	}
}

func TestSet(t *testing.T) {
	s := Of(5, 1).With(3).Without(5)
	if s != Of(1, 3) || s.String() != "{1 3}" || s.Len() != 2 || s.Min() != 1 || s.Has(5) || !All(4).Covers(s) || s.Covers(All(4)) {
		t.Errorf("%v is wrong", s)
	}
}
