package cohort_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/node"
)

const add = cohort.Entry(7)

// counter is a state without a lock: handlers write it, reads look at it.
type counter struct{ N int }

func (s *system) count(ctx context.Context, n *cohort.Node) (*cohort.Group, *counter) {
	s.t.Helper()
	c := &counter{}
	g, err := n.Join(ctx, "counter", cohort.GroupConfig{
		State: cohort.JSON(c),
		Handlers: map[cohort.Entry]cohort.Handler{add: func(r *cohort.Request) {
			c.N++
			_ = r.Reply([]byte{1})
		}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return g, c
}

// Whoever reads anywhere sees all that was answered anywhere before, and
// nothing that nobody has asked for.
func TestReadsAreLinearizable(t *testing.T) {
	s := newSystem(t, 3)
	var asked, answered atomic.Int64
	var wg sync.WaitGroup
	for i := range s.nodes {
		g, c := s.count(s.ctx, s.nodes[i])
		wg.Go(func() {
			for range 150 {
				asked.Add(1)
				if _, err := g.Call(s.ctx, cohort.Total, add, []byte{1}, 1, cohort.Safe()); err != nil {
					t.Error(err)
					return
				}
				answered.Add(1)
			}
		})
		wg.Go(func() {
			for answered.Load() < 450 && !t.Failed() {
				before, saw := answered.Load(), 0
				if err := g.Read(s.ctx, func() { saw = c.N }); err != nil {
					t.Error(err)
					return
				}
				if after := asked.Load(); int64(saw) < before || int64(saw) > after {
					t.Errorf("a read saw %d, %d were answered before it and %d asked for after", saw, before, after)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A joiner that comes while others write reads as well as anybody.
func TestAJoinerReadsAtOnce(t *testing.T) {
	s := newSystem(t, 2)
	first, _ := s.count(s.ctx, s.nodes[0])
	for k := range 20 {
		if _, err := first.Call(s.ctx, cohort.Total, add, []byte{1}, cohort.All, cohort.Safe()); err != nil {
			t.Fatal(err)
		}
		if k == 10 {
			g, c := s.count(s.ctx, s.nodes[1])
			saw := 0
			if err := g.Read(s.ctx, func() { saw = c.N }); err != nil || saw != 11 {
				t.Fatalf("it saw %d of 11: %v", saw, err)
			}
		}
	}
}

// The majority is gone while a reader looks: what it saw does not count, and the
// next one is refused. Who does not mind may still look.
func TestNobodyReadsWithoutAMajority(t *testing.T) {
	s := newSystem(t, 0)
	s.ctx = node.OnHost(s.ctx, node.Apart{}) // or the last one would have the votes of its machine
	for range 3 {
		s.start(cohort.Config{})
	}
	var groups []*cohort.Group
	var last *counter
	for _, n := range s.nodes {
		g, c := s.count(s.ctx, n)
		groups, last = append(groups, g), c
	}
	if _, err := groups[0].Call(s.ctx, cohort.Total, add, []byte{1}, cohort.All, cohort.Safe()); err != nil {
		t.Fatal(err)
	}
	looked := 0
	err := groups[2].Read(s.ctx, func() {
		if looked++; looked > 1 {
			return
		}
		_ = s.nodes[0].Close()
		_ = s.nodes[1].Close()
		for !s.nodes[2].Stalled() && s.ctx.Err() == nil {
			runtime.Gosched()
		}
	})
	if looked != 1 || !errors.Is(err, cohort.ErrUnknown) {
		t.Errorf("after %d looks: %v", looked, err)
	}
	if err := groups[2].Read(s.ctx, func() { t.Error("a read without a majority") }); !errors.Is(err, cohort.ErrUnknown) {
		t.Errorf("the next: %v", err)
	}
	saw := 0
	if groups[2].Peek(func() { saw = last.N }); saw != 1 {
		t.Errorf("a peek saw %d", saw)
	}
}

func TestNobodyReadsAfterTheEnd(t *testing.T) {
	s := newSystem(t, 2)
	g, _ := s.count(s.ctx, s.nodes[0])
	h, _ := s.count(s.ctx, s.nodes[1])
	if err := h.Read(s.ctx, func() {}); err != nil { // now the group can do without the first
		t.Fatal(err)
	}
	if err := g.Leave(s.ctx); err != nil {
		t.Fatal(err)
	}
	if err := g.Read(s.ctx, func() {}); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("after leaving: %v", err)
	}
	if err := h.Read(s.ctx, func() {}); err != nil {
		t.Errorf("who stays: %v", err)
	}
	if err := s.nodes[1].Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.Read(s.ctx, func() {}); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("after closing: %v", err)
	}
}

// How many reads one member of three serves, while nobody writes and while
// another writes as fast as it can.
func BenchmarkRead(b *testing.B) {
	for _, writes := range []bool{false, true} {
		name := map[bool]string{false: "idle", true: "updates"}[writes]
		b.Run(name, func(b *testing.B) { benchmarkRead(b, writes) })
	}
}

func benchmarkRead(b *testing.B, writes bool) {
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	c := &counter{}
	var groups []*cohort.Group
	var seeds []string
	for i := range 3 {
		n, err := cohort.Start(ctx, cohort.Config{Seeds: seeds})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = n.Close() })
		seeds = []string{n.Addr()}
		cfg := cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{add: func(*cohort.Request) {}}}
		if i == 2 {
			cfg.Handlers[add] = func(*cohort.Request) { c.N++ }
		}
		g, err := n.Join(ctx, "counter", cfg)
		if err != nil {
			b.Fatal(err)
		}
		groups = append(groups, g)
	}
	if writes {
		wg.Go(func() {
			for ctx.Err() == nil {
				_ = groups[1].Cast(ctx, cohort.Total, add, []byte{1}, cohort.Safe())
			}
		})
	}
	look := func() (saw int) {
		if err := groups[2].Read(ctx, func() { saw = c.N }); err != nil {
			b.Error(err)
		}
		return saw
	}
	before := look() // there is a lease
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() && !b.Failed() {
			look()
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
	if writes {
		b.ReportMetric(float64(look()-before)/b.Elapsed().Seconds(), "updates/s")
	}
}
