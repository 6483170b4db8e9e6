package node

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/why"
	"github.com/cohortkit/cohort/internal/transport"
)

// notes is a log that a test reads.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *notes) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// lines are those with all of texts.
func (l *notes) lines(texts ...string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		all := true
		for _, t := range texts {
			all = all && strings.Contains(line, t)
		}
		if all {
			found = append(found, line)
		}
	}
	return found
}

// logged gives each node a log of its own.
func logged(logs map[string]*notes) func(*Config) {
	return func(cfg *Config) {
		l := &notes{}
		logs[cfg.Name] = l
		cfg.Logger = slog.New(slog.NewTextHandler(l, nil))
	}
}

// TestWaitsAreLogged: what waits for long is logged, ever more seldom, and once
// more when it goes on; who asks is told the same.
func TestWaitsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		logs := map[string]*notes{}
		all := w.startAll(3, patient, logged(logs))
		time.Sleep(time.Minute)
		if lines := logs["a"].lines("msg=waits"); len(lines) > 0 {
			t.Fatalf("nothing waits, and it says %q", lines)
		}
		w.memory.Hold("b", "c")
		w.memory.Hold("a", "c")
		all[0].cast(msg.Total, true, "x")
		time.Sleep(22 * time.Second)
		if lines := logs["a"].lines("msg=waits", "what=delivery", "not stable: c has not acknowledged it", "group=g", "do="); len(lines) != 3 { // after 5, 10 and 20 s
			t.Errorf("of a cast that waits it says %q", lines)
		}
		waits, _ := all[0].Explain()
		if len(waits) == 0 || waits[0].What != why.Delivery || time.Duration(waits[0].For) < 21*time.Second {
			t.Errorf("asked, it says %v", waits)
		}
		w.memory.Release("a", "c")
		w.memory.Release("b", "c")
		all[0].await("the cast", func() bool { return all[0].has(msg.Total) == 1 })
		time.Sleep(2 * time.Second)
		if lines := logs["a"].lines(`msg="goes on"`, "cast 1 of a (safe total)"); len(lines) != 1 {
			t.Errorf("of a cast that goes on it says %q", lines)
		}
		if waits, _ := all[0].Explain(); len(waits) > 0 {
			t.Errorf("in the end it says %v", &waits[0])
		}
	})
}

// TestReasonsAreLogged: of a stall and an exclusion both sides say why.
func TestReasonsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		logs := map[string]*notes{}
		all := w.startAll(3, logged(logs))
		w.memory.Hold("a", "c")
		w.memory.Hold("b", "c")
		all[0].sees(all[0], all[1])
		all[2].await("its stalling", func() bool { return all[2].told(core.Stalled{}) })
		w.memory.Release("a", "c")
		w.memory.Release("b", "c")
		<-all[2].Done()
		for _, want := range []struct {
			node  string
			texts []string
		}{
			{"a", []string{"msg=removed", "name=c", "timeout, it was silent for too long; seen by "}},
			{"c", []string{"stalled: out of touch with a majority", "out of touch with a, b: votes in touch 1, needed 2"}},
			{"c", []string{"msg=halted", "why=excluded", "timeout, it was silent for too long; seen by "}},
		} {
			if lines := logs[want.node].lines(want.texts...); len(lines) != 1 {
				t.Errorf("%s does not say %q once, but\n%s", want.node, want.texts, logs[want.node].text.String())
			}
		}
	})
}
