// Package gather puts single casts together into events for the core, of as many
// as can share a run. Their payloads are copied into memory on loan.
package gather

import (
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/loan"
)

// Casts are the casts that came one after the other since the last Close. The
// zero value has none. Its methods are not safe for concurrent use.
type Casts struct {
	open  core.Cast
	block *loan.Block // with the body of open, if it is worth one
	last  int         // bytes of the cast that was open before
}

// Len is how many casts are open.
func (g *Casts) Len() int { return int(g.open.N) }

// Takes reports whether a cast with a payload of so many bytes can share a run
// with those that are open.
func (g *Casts) Takes(c *core.Cast, payload int) bool {
	o := &g.open
	return o.N > 0 && o.Proc == c.Proc && o.Dest == c.Dest && !o.InSession && !c.InSession && o.Takes(c, msg.CastSize(payload))
}

// Add adds one cast to those that are open, of which there are none or such as
// take it. Its payload is head and then rest; c has neither N nor Body.
func (g *Casts) Add(c *core.Cast, head, rest []byte) {
	if g.open.N == 0 {
		g.open = *c
	} else {
		g.open.Calls = append(g.open.Calls, c.Calls...)
	}
	g.open.N++
	if size := msg.CastSize(len(head) + len(rest)); size > cap(g.open.Body)-len(g.open.Body) {
		g.grow(size)
	}
	g.open.Body = msg.AppendParts(g.open.Body, head, rest)
}

// grow makes room for size more bytes of the body. Who casts much goes on with it.
func (g *Casts) grow(size int) {
	body := g.open.Body
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
		g.open.Body = append(g.block.Bytes(), body...)
	} else {
		g.open.Body = append(make([]byte, 0, want), body...)
	}
	if old != nil {
		old.Return()
	}
}

// Close returns what is open as one event, and begins anew. There has to be some.
func (g *Casts) Close() core.Cast {
	c := g.open
	if g.block != nil {
		c.Loan = g.block
	}
	g.last = len(c.Body)
	g.open, g.block = core.Cast{}, nil
	return c
}
