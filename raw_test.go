package cohort_test

import (
	"bytes"
	"context"
	"errors"
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
