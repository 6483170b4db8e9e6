package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/crew"
)

// asWorker makes a run of the test program a worker.
const asWorker = "as-a-worker"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asWorker {
		systems := Ours()
		systems["keeper"] = System{Make: func(s *Seat) Member { return &keeper{newCohort(s), s.Dir} }}
		systems["broken"] = System{Make: func(s *Seat) Member { return &broken{Member: newCohort(s)} }}
		if err := Work(systems, os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// keeper keeps something, and does not tidy up.
type keeper struct {
	Member
	dir string
}

func (k *keeper) Ready() error {
	if err := os.WriteFile(filepath.Join(k.dir, "kept"), []byte("x"), 0o600); err != nil {
		return err
	}
	return k.Member.Ready()
}

// Members are killed: what they keep goes all the same.
func TestNothingIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for system, fails := range map[string]bool{"keeper": false, "broken": true} {
		if _, err := newBench().Run(t.Context(), system, small); (err != nil) != fails {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: left are %v, %v", system, left, err)
		}
	}
}

// broken changes one of the casts it is given.
type broken struct {
	Member
	casts int
}

func (b *broken) Cast(group int, payload []byte) error {
	if b.casts++; b.casts == 100 {
		payload[len(payload)/2] ^= 1
	}
	return b.Member.Cast(group, payload)
}

var small = Shape{Members: 3, Order: Total, Size: 64, Senders: All, Groups: 1}

func newBench() *Bench { return &Bench{Worker: []string{asWorker}, Measure: 300 * time.Millisecond} }

func TestRun(t *testing.T) {
	for name, change := range map[string]func(*Shape){
		"fifo":          func(s *Shape) { s.Order = FIFO },
		"causal":        func(s *Shape) { s.Order = Causal },
		"total":         func(*Shape) {},
		"barrier":       func(s *Shape) { s.Order, s.Window = Barrier, 4 },
		"safe":          func(s *Shape) { s.Safe = true },
		"large, window": func(s *Shape) { s.Size, s.Window, s.Senders = 300<<10, 8, One },
		"batches":       func(s *Shape) { s.Batch, s.Groups = 7, 2 },
		"groups":        func(s *Shape) { s.Groups, s.Members = 3, 2 },
	} {
		t.Run(name, func(t *testing.T) {
			s := small
			change(&s)
			r, err := newBench().Run(t.Context(), Cohort, s)
			if err != nil {
				t.Fatal(err)
			}
			if r.Settled == 0 || r.Settled%uint64(s.Members) != 0 {
				t.Errorf("%+v", r)
			}
			if s.Window == 0 {
				return // a busy machine may do little in so short a time
			}
			if r.Rate <= 0 || r.Net <= 0 || r.Sender.Samples == 0 || r.Sender.P50 <= 0 || r.Sender.P99 < r.Sender.P50 || r.Last.P50 <= 0 {
				t.Errorf("times %+v and %+v", r.Sender, r.Last)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	for _, window := range []int{0, 1, 64} {
		s := small
		s.Window = window
		var told []string
		r, err := newBench().Compare(t.Context(), s, func(system string) { told = append(told, system) })
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(told, []string{Raw, Cohort, Raw}) {
			t.Errorf("measured %v", told)
		}
		if r.RawRatio <= 0 || r.RawNoise < 1 || r.MsgsPerS <= 0 || r.MsgsPerS < r.Net/2 || (r.P50Ratio > 0) != (window > 0) {
			t.Errorf("window %d: %+v", window, r)
		}
	}
}

// A bench that measures what is wrong must fail, and say why.
func TestBrokenSystem(t *testing.T) {
	_, err := newBench().Run(t.Context(), "broken", small)
	if err == nil || !strings.Contains(err.Error(), "is not what was cast") {
		t.Error(err)
	}
	if _, err := newBench().Run(t.Context(), "nothing", small); err == nil || !strings.Contains(err.Error(), "no system") {
		t.Error(err)
	}
}

func TestInterrupted(t *testing.T) {
	b := newBench()
	b.Measure = time.Hour
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt()
	if _, err := b.Run(interrupted, Cohort, small); !errors.Is(err, crew.ErrInterrupted) {
		t.Error(err)
	}
}

func TestShapeCheck(t *testing.T) {
	for _, change := range []func(*Shape){
		func(s *Shape) { s.Members = 1 },
		func(s *Shape) { s.Order = "some" },
		func(s *Shape) { s.Size = LeastSize - 1 },
		func(s *Shape) { s.Senders = "two" },
		func(s *Shape) { s.Window = -1 },
		func(s *Shape) { s.Groups = 0 },
		func(s *Shape) { s.Window, s.Replies = 1, "some" },
		func(s *Shape) { s.Replies = OwnReply },
		func(s *Shape) { s.Batch, s.Size = 65, 16<<20 },
		func(s *Shape) { s.Groups, s.Size = 65, 16<<20 },
		func(s *Shape) { s.Batch, s.Groups, s.Size = 4096, 1000, 16<<20 },
		func(s *Shape) { s.Window, s.Size = 1<<16, 16<<10+1 },
	} {
		s := small
		if s.Check() != nil {
			t.Fatal("the plain one is refused")
		}
		if change(&s); s.Check() == nil {
			t.Errorf("accepts %+v", s)
		}
	}
	for _, change := range []func(*Shape){ // as much as a sender may have room for
		func(s *Shape) { s.Batch, s.Size = 64, 16<<20 },
		func(s *Shape) { s.Batch, s.Groups, s.Size = 1024, 1000, 1<<10 },
		func(s *Shape) { s.Window, s.Size = 1<<16, 16<<10 },
	} {
		s := small
		if change(&s); s.Check() != nil {
			t.Errorf("refuses %+v", s)
		}
	}
}

// A call returns when its replies are there, at its own member or at all.
func TestCalls(t *testing.T) {
	for _, replies := range []string{OwnReply, AllReplies} {
		s := small
		s.Senders, s.Window, s.Replies = One, 1, replies
		b := newBench()
		b.Trace = t.TempDir()
		r, err := b.Run(t.Context(), Cohort, s)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Calls) == 0 || r.Call.Samples != len(r.Calls) || r.Call.P50 < r.Sender.P50 {
			t.Errorf("%s: %d calls, %+v, handled %+v", replies, len(r.Calls), r.Call, r.Sender)
		}
		for _, c := range r.Calls {
			if last := slices.Max(c.Handled); c.Caller != 2 || c.Took < c.Handled[2] || replies == AllReplies && c.Took < last {
				t.Fatalf("%s: %+v", replies, c)
			}
		}
		for rank := range s.Members {
			if text, err := os.ReadFile(filepath.Join(b.Trace, fmt.Sprintf("cohort-%d.jsonl", rank))); err != nil || !strings.HasSuffix(string(text), "}\n") {
				t.Errorf("the trace of member %d: %v", rank, err)
			}
		}
	}
	s := small
	s.Window, s.Replies = 1, OwnReply
	if _, err := newBench().Run(t.Context(), Raw, s); err == nil || !strings.Contains(err.Error(), "do not reply") {
		t.Error(err)
	}
}
