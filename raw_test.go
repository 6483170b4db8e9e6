package cohort_test

import (
	"bytes"
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
