// Package gather puts single casts together into events for the core, of as many
// as can share a run, and bounds what is under way. Payloads are copied into memory
// on loan.
package gather

import (
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/loan"
)

// Lane is what casts have in common that can share a run.
type Lane struct {
	Proc  id.Address
	Dest  id.Address
	Order msg.Order
	Safe  bool
}

// Event is a cast to the lane of n payloads in body.
func (l Lane) Event(n uint32, body []byte) core.Cast {
	return core.Cast{Proc: l.Proc, Dest: l.Dest, Order: l.Order, Safe: l.Safe, N: n, Body: body}
}

// Casts are the casts that came one after the other since the last Close. The
// zero value has none. Its methods are not safe for concurrent use.
type Casts struct {
	lane  Lane
	n     uint32
	body  []byte
	block *loan.Block // with the body, if it is worth one
	last  int         // bytes of the body before
}

// Len is how many casts are open.
func (g *Casts) Len() int { return int(g.n) }

// Takes reports whether a cast that takes so many bytes of a body can share a run
// with those that are open.
func (g *Casts) Takes(l Lane, size int) bool {
	return g.n > 0 && g.lane == l && len(g.body)+size <= core.MaxRun
}

// Add adds one cast to those that are open, of which there are none or such as
// take it. Its payload is head and then rest, and takes size bytes of a body.
func (g *Casts) Add(l Lane, head [2]byte, rest []byte, size int) {
	g.lane = l
	g.n++
	if size > cap(g.body)-len(g.body) {
		g.grow(size)
	}
	g.body = msg.AppendParts(g.body, head, rest)
}

// grow makes room for size more bytes of the body. Who casts much goes on with it.
func (g *Casts) grow(size int) {
	body := g.body
	need := len(body) + size
	want := max(need, 2*cap(body))
	if body == nil {
		want = max(need, min(g.last, loan.Largest))
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

// Close returns what is open as one event, and begins anew. There has to be some.
func (g *Casts) Close() core.Cast {
	c := g.lane.Event(g.n, g.body)
	if g.block != nil {
		c.Loan = g.block
	}
	*g = Casts{last: len(g.body)}
	return c
}
