package cohort_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/cohortkit/cohort"
)

// CastRaw is Cast of a []byte, and Borrow reads what Raw does.
func TestBytesComeAsTheyAre(t *testing.T) {
	s := newSystem(t, 2)
	type given struct{ raw, borrowed []byte }
	got := make(chan given, 8)
	var g *cohort.Group
	for _, n := range s.nodes {
		var err error
		g, err = n.Join(s.ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
			note: func(r *cohort.Request) { got <- given{r.Raw(), bytes.Clone(r.Borrow())} },
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int{0, 1, 5000, 300_000} {
		b := bytes.Repeat([]byte{7}, size)
		if err := errors.Join(g.CastRaw(s.ctx, cohort.Total, note, b), g.Cast(s.ctx, cohort.Total, note, b)); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if x := <-got; !bytes.Equal(x.raw, b) || !bytes.Equal(x.borrowed, b) {
				t.Errorf("%d bytes come as %d, and %d borrowed", size, len(x.raw), len(x.borrowed))
			}
		}
	}
	if _, ok := errors.AsType[*cohort.ConfigError](g.CastRaw(s.ctx, 0, note, nil)); !ok {
		t.Error("a cast in no order is accepted")
	}
	if err := g.CastRaw(s.ctx, cohort.Total, note, make([]byte, 65<<20)); !errors.Is(err, cohort.ErrTooLarge) {
		t.Errorf("65 MiB: %v", err)
	}
}

// CastEach casts what CastRaw would one by one, though it be more than a window.
func TestCastEach(t *testing.T) {
	s := newSystem(t, 2)
	got := make(chan []byte, 1000)
	var g *cohort.Group
	for i, n := range s.nodes {
		var err error
		g, err = n.Join(s.ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
			note: func(r *cohort.Request) {
				if i == 0 {
					got <- r.Raw()
				}
			},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	var list [][]byte
	for k := range 600 { // 10 MB, and some that are copied outside the locks
		list = append(list, bytes.Repeat([]byte{byte(k)}, []int{0, 1, 60, 1000, 300_000, 40_000}[k%6]>>(k%5)))
	}
	for _, list := range [][][]byte{nil, list[:1], list} {
		if n, err := g.CastEach(s.ctx, cohort.Total, note, list); err != nil || n != len(list) {
			t.Fatalf("%d of %d are cast: %v", n, len(list), err)
		}
		for k, want := range list {
			if b := <-got; !bytes.Equal(b, want) {
				t.Fatalf("payload %d of %d bytes comes as one of %d", k, len(want), len(b))
			}
		}
	}
	if n, err := g.CastEach(s.ctx, cohort.Total, note, [][]byte{{1}, make([]byte, 65<<20), {2}}); n != 1 || !errors.Is(err, cohort.ErrTooLarge) {
		t.Errorf("65 MiB: %d cast, %v", n, err)
	}
	if b := <-got; !bytes.Equal(b, []byte{1}) {
		t.Errorf("what was before it comes as %v", b)
	}
	over, end := context.WithCancel(s.ctx)
	end()
	if n, err := g.CastEach(over, cohort.Total, note, list); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("without time %d are cast: %v", n, err)
	}
}

// given is what a member was given, and by how many calls of its handlers. It is their
// goroutine's until the last cast.
type given struct {
	lines []string
	calls int
}

// handle takes a cast, and those that Next gives if they are wanted.
func (y *given) handle(r *cohort.Request, next bool) {
	y.calls++
	for ok := true; ok; ok = next && r.Next() {
		line := fmt.Sprintf("to %d, %v: %d bytes of %q", r.Entry, r.Order, len(r.Borrow()), r.Borrow()[:min(1, len(r.Borrow()))])
		if r.Has("n") {
			line = fmt.Sprintf("to %d: message %d", r.Entry, r.Int("n"))
		}
		y.lines = append(y.lines, line)
	}
}

// A handler that goes on with Next is given what it would be given by calls: to other
// entries, and other than bytes, comes by a call, in its turn.
func TestNextIsWhatCallsWouldBe(t *testing.T) {
	s := newSystem(t, 2)
	var one, next given
	end := make(chan struct{}, 2)
	last := func(*cohort.Request) { end <- struct{}{} }
	var g *cohort.Group
	for i, y := range []*given{&one, &next} {
		handle := func(r *cohort.Request) { y.handle(r, i == 1) }
		var err error
		if g, err = s.nodes[i].Join(s.ctx, "g", cohort.GroupConfig{
			Handlers: map[cohort.Entry]cohort.Handler{note: handle, note + 1: handle, note + 2: last},
		}); err != nil {
			t.Fatal(err)
		}
	}
	var list [][]byte
	for k := range 500 {
		list = append(list, bytes.Repeat([]byte{byte('a' + k%26)}, []int{0, 1, 60, 125, 126, 127, 300, 20_000}[k%8]))
	}
	each := func(entry cohort.Entry, list [][]byte) {
		if _, err := g.CastEach(s.ctx, cohort.Total, entry, list); err != nil {
			t.Fatal(err)
		}
	}
	for k := range 20 {
		each(note, list[k*20:k*20+20])
		each(note+1, list[k:k+3])
		if err := errors.Join(
			g.Cast(s.ctx, cohort.Total, note, cohort.Message{"n": k}),
			g.CastRaw(s.ctx, cohort.Causal, note, []byte{'x'}),
			g.CastRaw(s.ctx, cohort.Total, note+9, []byte("for nobody")),
		); err != nil {
			t.Fatal(err)
		}
	}
	each(note, list)
	each(note+2, [][]byte{nil})
	<-end
	<-end
	if !slices.Equal(one.lines, next.lines) || len(one.lines) != 20*25+len(list) {
		t.Errorf("by calls come %d casts, by Next %d, or others", len(one.lines), len(next.lines))
	}
	if one.calls != len(one.lines) || next.calls > one.calls/2 {
		t.Errorf("%d casts come by %d calls, with Next by %d", len(one.lines), one.calls, next.calls)
	}
}

// Nothing follows a call, a request that was deferred, or one that a filter saw.
func TestNothingIsNext(t *testing.T) {
	s := newSystem(t, 2)
	got := make(chan bool, 400)
	nexts := func(r *cohort.Request) { got <- r.Next() }
	deferred := func(r *cohort.Request) { r.Defer(); nexts(r) }
	seen := 0
	for i, n := range s.nodes {
		cfg := cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{note: deferred, note + 1: nexts}}
		if i == 1 {
			cfg.Handlers[note] = nexts
			cfg.Filters = []func(*cohort.Request) error{func(*cohort.Request) error { seen++; return nil }}
		}
		g, err := n.Join(s.ctx, "g", cfg)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			continue
		}
		if _, err := g.CastEach(s.ctx, cohort.Total, note, slices.Repeat([][]byte{{1}}, 100)); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if _, err := g.Call(s.ctx, cohort.Total, note+1, []byte{2}, cohort.All); err != nil && !errors.Is(err, cohort.ErrNobody) {
				t.Fatal(err)
			}
		}
	}
	for range 400 {
		if <-got {
			t.Fatal("a request is followed by another that has its own handler to see it")
		}
	}
	if seen != 200 {
		t.Errorf("the filter has seen %d of 200 requests", seen)
	}
}

// BenchmarkCast has three members in this process cast Total as fast as they can, one
// cast at a time by CastRaw, or 64 by CastEach. An operation is a cast with its three
// deliveries; what it allocates is some twenty objects for each run of hundreds of casts.
func BenchmarkCast(b *testing.B) {
	for _, batch := range []int{1, 64} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) { benchmarkCast(b, batch) })
	}
}

func benchmarkCast(b *testing.B, batch int) {
	ctx := b.Context()
	var groups []*cohort.Group
	var seeds []string
	var left atomic.Int64
	done := make(chan struct{})
	for range 3 {
		n, err := cohort.Start(ctx, cohort.Config{Seeds: seeds})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = n.Close() })
		seeds = []string{n.Addr()}
		g, err := n.Join(ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{note: func(r *cohort.Request) {
			n := int64(1)
			for r.Next() {
				n++
			}
			if left.Add(-n) == 0 {
				close(done)
			}
		}}})
		if err != nil {
			b.Fatal(err)
		}
		groups = append(groups, g)
	}
	for _, g := range groups {
		for len(g.View().Members) < len(groups) {
			runtime.Gosched()
		}
	}
	list := slices.Repeat([][]byte{make([]byte, 64)}, batch)
	each := b.N/len(groups)/batch + 1
	left.Store(int64(len(groups) * len(groups) * each * batch))
	b.ReportAllocs()
	b.ResetTimer()
	for _, g := range groups {
		go func() {
			for range each {
				var err error
				if batch > 1 {
					_, err = g.CastEach(ctx, cohort.Total, note, list)
				} else {
					err = g.CastRaw(ctx, cohort.Total, note, list[0])
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
	b.ReportMetric(float64(len(groups)*each*batch)/b.Elapsed().Seconds(), "casts/s")
}
