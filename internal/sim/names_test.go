package sim

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/id"
)

// What a story calls a process is read as just that process.
func TestExactNames(t *testing.T) {
	for _, x := range []struct {
		process id.Address
		exactly string
		told    string
	}{
		{id.Process(1*1296+1, 1), "1#1", "1"},
		{id.Process(3*1296+2, 1), "3#2", "3'"},
		{id.Process(12*1296+3, 2), "12#3.2", "12''.2"},
		{id.Process(64*1296+1295, 64), "64#1295.64", ""},
	} {
		if got := exactly(x.process); got != x.exactly {
			t.Errorf("%v is called %q, want %q", x.process, got, x.exactly)
		}
		if got, ok := exact(x.exactly); !ok || got != x.process {
			t.Errorf("%q is read as %v", x.exactly, got)
		}
		if got := labelled(x.process); x.told != "" && got != x.told {
			t.Errorf("%v is told as %q, want %q", x.process, got, x.told)
		}
	}
	for _, word := range []string{"", "3", "3.2", "#", "3#", "#1", "0#1", "65#1", "3#0", "3#1296", "3#1.", "3#1.0", "3#1.65", "3#1.2.3", "3#1.x"} {
		if got, ok := exact(word); ok {
			t.Errorf("%q is read as %v", word, got)
		}
	}
}

// Programs are found by their names, and what runs no program by none.
func TestProgramNames(t *testing.T) {
	s := newStory()
	for _, line := range []string{"sites 2 of 3 programs 2", "crash 2"} {
		s.do(line)
	}
	if len(s.errs) > 0 {
		t.Fatal(s.errs)
	}
	for word, local := range map[string]uint16{"1": 1, "1.1": 1, "1.2": 2} {
		if p, err := s.program(word); err != nil || p.proc.Local() != local {
			t.Errorf("%q: %v", word, err)
		}
	}
	for _, word := range []string{"1.0", "1.3", "1.x", "1.", "2", "2.1", "3", "4", "x"} {
		if p, err := s.program(word); err == nil {
			t.Errorf("%q is %v", word, p.proc)
		}
	}
	if list, err := s.programs("1,1.2"); err != nil || len(list) != 2 {
		t.Errorf("%d programs: %v", len(list), err)
	}
}

// A client takes only its own answer, or what stories answer with: a name.
func TestAnswers(t *testing.T) {
	long, short := &ask{payload: []byte("3d5e11264sgsf*16")}, &ask{payload: []byte("q")}
	for _, x := range []struct {
		a              *ask
		answer         string
		echoed, signed bool
	}{
		{long, "3d5e1126", true, false}, {long, "q", false, false}, {short, "q", true, false}, {short, "12'.2", false, true}, {short, "direct", false, false},
	} {
		if got := x.a.echoed([]byte(x.answer)); got != x.echoed {
			t.Errorf("%q answers %q: %v", x.answer, x.a.payload, got)
		}
		if got := signed([]byte(x.answer)); got != x.signed {
			t.Errorf("%q is a name: %v", x.answer, got)
		}
	}
}
