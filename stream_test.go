package cohort

import (
	"fmt"
	"testing"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// runOf is a run of casts to entry 1, each a []byte that says which it is.
func runOf(n int) core.Casts {
	r := &msg.Run{N: uint32(n)}
	for k := range n {
		r.Body = msg.AppendParts(r.Body, [2]byte{1, formatBytes}, fmt.Appendf(nil, "cast %d", k))
	}
	return core.Casts{Run: r}
}

// Casts that nobody answers or defers are handled without allocating for each.
func TestCastsAllocateNothing(t *testing.T) {
	got := 0
	g := &Group{handlers: []Handler{1: func(r *Request) { got += len(r.Raw()) }}}
	run := runOf(100)
	if n := testing.AllocsPerRun(50, func() { g.casts(nil, run) }); n > 0 {
		t.Errorf("%v allocations for a run of 100 casts", n)
	}
	if got == 0 {
		t.Error("nothing was handled")
	}
}

// A deferred request is its handler's for good, though later casts come.
func TestDeferKeepsARequest(t *testing.T) {
	var kept []*Request
	g := &Group{handlers: []Handler{1: func(r *Request) {
		if len(kept)%2 == 0 {
			r.Defer()
		}
		kept = append(kept, r)
	}}}
	g.casts(nil, runOf(8))
	for k := 0; k < len(kept); k += 2 {
		if want := fmt.Sprintf("cast %d", k); string(kept[k].Raw()) != want {
			t.Errorf("the request deferred as %q reads %q", want, kept[k].Raw())
		}
	}
	if len(kept) != 8 || kept[1] == kept[3] {
		t.Errorf("%d handled; one that comes after a deferred one must be another", len(kept))
	}
	other := runOf(1)
	other.Session = 7
	g.casts(nil, other)
	if n := kept[0].Session(); n != 0 {
		t.Errorf("a deferred request is of session %d when one of that came", n)
	}
}
