package cohort_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/cohortkit/cohort"
)

// lines is a log that can be searched while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// full is a disk without room.
type full struct{}

var errFull = errors.New("no room is left")

func (full) Write([]byte) (int, error) { return 0, errFull }

// A trace that cannot be written is told of when it fails, once, and when the node is
// closed; the node works on.
func TestTraceFails(t *testing.T) {
	log := &lines{}
	s := newSystem(t, 0)
	n := s.start(cohort.Config{Trace: full{}, Logger: slog.New(slog.NewTextHandler(log, nil))})
	g, err := n.Join(s.ctx, "g", cohort.GroupConfig{})
	if err != nil {
		t.Fatal(err)
	}
	cast := func() {
		if err := g.Cast(s.ctx, cohort.FIFO, note, cohort.Message{}); err != nil {
			t.Fatal(err)
		}
	}
	for log.count("trace failed") == 0 {
		cast()
	}
	cast()
	if err := n.Close(); !errors.Is(err, errFull) {
		t.Errorf("closed with %v", err)
	}
	if told := log.count("trace failed"); told != 1 || log.count(errFull.Error()) != 1 {
		t.Errorf("told %d times", told)
	}
}

// What led to a Start that failed is in the trace.
func TestTraceOfAFailedStart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	var trace bytes.Buffer
	_, err = cohort.Start(t.Context(), cohort.Config{Listen: addr, Seeds: []string{addr}, Trace: &trace})
	if _, ok := errors.AsType[*cohort.SeedError](err); !ok {
		t.Fatal(err)
	}
	if !strings.HasPrefix(trace.String(), `{"trace":"cohort"`) {
		t.Errorf("the trace holds %q", trace.String())
	}
}
