package core

import (
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Bodies of casts, and pieces of state (package xfer), are in memory that is lent to the site, and handed back in the
// plain case alone: nobody fails, nothing is forwarded, no connection breaks. What
// comes otherwise is never handed back, and left to the garbage collector, so that
// none of the rare paths need know of loans.

// lent is a run whose body is on loan.
type lent struct {
	last   uint64 // its last entry
	breaks uint64 // Site.breaks when it was sent or came
	loan   msg.Loan
}

// borrow notes the loan of a run that has become held. Runs that are kept beyond
// their delivery are none to be handed back, nor are those that several members at
// this site share.
func (c *installed) borrow(rank int, r *msg.Run, breaks uint64) {
	if r.Loan == nil || c.shared || r.Origin != 0 || r.Session != nil || r.Listed != nil {
		return
	}
	c.lent[rank] = append(c.lent[rank], lent{r.Last(), breaks, r.Loan})
}

// handBack hands back what all members hold and our program has used: nobody will
// ask us to forward it, and of our own casts the sessions have nothing to send
// again. Not so in a flush, for what was forwarded waits in sessions; and not once
// a connection has broken, which may still be writing what another brought to all.
func (m *member) handBack(c *installed) {
	if len(m.targets) > 0 {
		return
	}
	for rank, list := range c.lent {
		n := 0
		for upto := min(c.released[rank], c.handled[rank]); n < len(list) && list[n].last <= upto; n++ {
			if list[n].breaks == m.s.breaks || rank != c.rank {
				m.s.out.Returns = append(m.s.out.Returns, list[n].loan)
			}
		}
		c.lent[rank] = fifo.Drop(list, n)
	}
}
