// Package gather queues events for the core, puts single casts together into one
// event of as many as can share a run, and bounds what is under way. Payloads are
// copied into memory on loan.
package gather

import (
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/loan"
)

// casts are those that came one after the other since the last close. The zero
// value has none.
type casts struct {
	path  *Path
	kind  Kind
	n     uint32
	body  []byte
	block *loan.Block // with the body, if it is worth one
	last  int         // bytes of the body before
}

// takes reports whether a cast that takes so many bytes of a body can share a run
// with those that are open.
func (g *casts) takes(p *Path, k Kind, size int) bool {
	return g.n > 0 && g.fits(size) && g.kind == k && (g.path == p || *g.path == *p)
}

func (g *casts) fits(size int) bool { return len(g.body)+size <= core.MaxRun }

// add adds one cast like those that are open, for which there is room in the run. It
// takes size bytes of a body.
func (g *casts) add(h Head, payload []byte, size int) {
	g.n++
	if size > cap(g.body)-len(g.body) {
		g.grow(size)
	}
	g.body = h.Append(g.body, payload)
}

// addEach adds casts like those that are open, as long as they fit the run and the
// window, and returns how many.
func (g *casts) addEach(h Head, list [][]byte) int {
	for n, payload := range list {
		size := Size(payload)
		if !g.fits(size) || !g.path.Window.Use(msg.Weight(1, size)) {
			return n
		}
		g.add(h, payload, size)
	}
	return len(list)
}

// grow makes room for size more bytes of the body. Who casts much goes on with it.
func (g *casts) grow(size int) {
	body := g.body
	need := len(body) + size
	want := max(need, 2*cap(body))
	if body == nil {
		want = max(need, min(g.last, flow.MaxBody))
	}
	old := g.block
	if g.block = nil; want >= loan.Least {
		g.block = loan.Take(want)
	}
	if g.block != nil {
		g.body = append(g.block.Bytes(), body...)
	} else {
		g.body = append(make([]byte, 0, want), body...)
	}
	if old != nil {
		old.Return()
	}
}

// close returns what is open as one event, and begins anew. There has to be some.
func (g *casts) close() core.Cast {
	c := g.path.Event(g.kind, g.n, g.body)
	if g.block != nil {
		c.Loan = g.block
	}
	*g = casts{last: len(g.body)}
	return c
}
