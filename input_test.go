package cohort_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

func TestBadInput(t *testing.T) {
	s := newSystem(t, 1)
	n := s.nodes[0]
	short, cancel := context.WithTimeout(s.ctx, 300*time.Millisecond)
	defer cancel()
	_, err := cohort.Start(short, cohort.Config{Seeds: []string{"127.0.0.1:1"}})
	var seeds *cohort.SeedError
	if !errors.As(err, &seeds) || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("an unknown seed: %v", err)
	}
	_, err = cohort.Start(s.ctx, cohort.Config{Listen: n.Addr()})
	if _, ok := errors.AsType[*cohort.ListenError](err); !ok {
		t.Errorf("a port in use: %v", err)
	}
	var config *cohort.ConfigError
	if _, err = cohort.Start(s.ctx, cohort.Config{Name: strings.Repeat("n", 256)}); !errors.As(err, &config) {
		t.Errorf("a name too long: %v", err)
	}
	for what, cfg := range map[string]cohort.Config{
		"a negative time":               {SessionTimeout: -1},
		"a founder that has no vote":    {NoVote: true, Expect: 1, Seeds: []string{"127.0.0.1:1"}},
		"sooner out of touch than ever": {HaltAfter: -1},
	} {
		if _, err = cohort.Start(s.ctx, cfg); !errors.As(err, &config) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err = n.Join(s.ctx, "g", cohort.GroupConfig{Filters: []func(*cohort.Request) error{nil}}); !errors.As(err, &config) {
		t.Errorf("a filter that is nil: %v", err)
	}
	if _, err = n.Join(s.ctx, strings.Repeat("g", 256), cohort.GroupConfig{}); !errors.As(err, &config) {
		t.Errorf("a group's name too long: %v", err)
	}
	g := s.join(n, newDiary())
	if _, err = n.Join(s.ctx, "g", cohort.GroupConfig{}); !errors.Is(err, cohort.ErrJoined) {
		t.Errorf("joining twice: %v", err)
	}
	if _, err = n.Lookup(s.ctx, "nothing"); !errors.Is(err, cohort.ErrNoGroup) {
		t.Errorf("no such group: %v", err)
	}
	if err = g.Cast(s.ctx, 9, note, cohort.Message{}); !errors.As(err, &config) {
		t.Errorf("no such order: %v", err)
	}
	if _, err = g.Call(s.ctx, cohort.FIFO, echo, nil, cohort.All-1); !errors.As(err, &config) {
		t.Errorf("fewer replies than none: %v", err)
	}
	if err = g.Cast(s.ctx, cohort.FIFO, note, func() {}); err == nil {
		t.Error("a function was cast")
	}
	if _, err = n.Client(12345).Call(s.ctx, cohort.FIFO, echo, cohort.Message{}, 1); !errors.Is(err, cohort.ErrNobody) {
		t.Errorf("a process nobody knows: %v", err)
	}
	if err = g.Leave(s.ctx); err != nil {
		t.Fatal(err)
	}
	if err = g.Cast(s.ctx, cohort.FIFO, note, cohort.Message{}); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("a cast after leaving: %v", err)
	}
	if err = g.Leave(s.ctx); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("leaving twice: %v", err)
	}
}
