// Package change leads a group from one view to the next: the log has said
// that a view follows, here the survivors agree on what was delivered before it.
//
//	collect  every member tells the oldest what it holds (FlushOK)
//	cut      the oldest fixes, for each stream, how much is delivered: all that
//	         a living sender sent, of a removed one the most any survivor
//	         holds; who lacks something gets it from who has it (Cut)
//	acknowledge  all survivors hold the cut (CutAck)
//	install  everybody delivers the rest, then the view (Install)
//
// The attempt is the log index that made the view. A failure meanwhile makes a
// later entry, hence a higher attempt that replaces this one. What was
// acknowledged by all stays agreed: streams are closed and senders silent from
// the first FlushOK on, so a later attempt finds the same cut.
//
// Requires: every member of the view reports what it holds, truthfully.
// Guarantees: V5, V7, O8; terminates when the log stops changing the group.
package change

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Coordinator gathers one attempt. The oldest member of the coming view has
// the role: it was in every view that any other survivor has installed.
type Coordinator struct {
	target *view.Group
	oks    []*msg.FlushOK // by rank in target
	cut    *msg.Cut
	movers []id.Address // who must acknowledge the cut
	acked  []id.Address
	done   bool
}

// NewCoordinator starts the attempt that leads to target.
func NewCoordinator(target *view.Group) *Coordinator {
	return &Coordinator{target: target, oks: make([]*msg.FlushOK, len(target.Members))}
}

// Attempt is the log index this coordinator works on.
func (c *Coordinator) Attempt() uint64 { return c.target.Index }

// OK takes a member's report; a later one replaces an earlier.
func (c *Coordinator) OK(m *msg.FlushOK) {
	if r := c.target.Rank(m.From); r >= 0 && m.Attempt == c.target.Index && c.cut == nil {
		c.oks[r] = m
	}
}

// Behind lists members that have yet to install a view which others already
// have, and that view's attempt: it must be finished first. Complete is false
// while reports are missing.
func (c *Coordinator) Behind() (attempt uint64, who []id.Address, complete bool) {
	for _, ok := range c.oks {
		if ok == nil {
			return 0, nil, false
		}
		attempt = max(attempt, ok.View)
	}
	_, settled := c.Before(attempt)
	complete = true
	for r, ok := range c.oks {
		if ok.View >= attempt || c.target.Members[r].Joined > attempt {
			continue
		}
		if ok.View == 0 && !settled {
			complete = false // it has to be told what was seen, and nobody can yet
			continue
		}
		who = append(who, ok.From)
		c.oks[r] = nil // it reports again
	}
	return attempt, who, complete || len(who) > 0
}

// Before is what outsiders had asked of a group before a view.
type Before struct {
	Seen    []msg.Seen
	Clients msg.SessionTable
	Clock   uint64 // after that of all that was delivered
}

// Before is what a member that has installed view attempt, and delivered all
// that came before it, told of that; and whether any could tell.
func (c *Coordinator) Before(attempt uint64) (b Before, settled bool) {
	for _, ok := range c.oks {
		if ok != nil && ok.View == attempt && ok.Settled {
			return Before{Seen: ok.Seen, Clients: ok.Clients, Clock: ok.Clock}, true
		}
	}
	return b, false
}

// Cut fixes the cut of view old, which all that moved from it have installed.
// It returns nil if nobody moves: then the new view can be installed at once.
func (c *Coordinator) Cut(old *view.Group) *msg.Cut {
	if c.cut != nil || old == nil {
		return c.cut
	}
	var movers []*msg.FlushOK
	short := false
	for r, ok := range c.oks {
		if ok.View != old.Index {
			continue
		}
		if len(ok.Held) != len(old.Members) { // it does not say what it holds: that is no report
			c.oks[r], short = nil, true
		}
		movers = append(movers, ok)
	}
	if len(movers) == 0 || short {
		return nil
	}
	for _, ok := range movers {
		c.movers = append(c.movers, ok.From)
	}
	cut := &msg.Cut{Group: c.target.Group, Attempt: c.target.Index, View: old.Index, Counts: make([]uint64, len(old.Members))}
	for s, m := range old.Members {
		holder := -1
		for i, ok := range movers {
			if ok.From == m.Proc { // it lives: all that it sent
				cut.Counts[s], holder = ok.Held[s], -1
				break
			}
			if ok.Held[s] > cut.Counts[s] {
				cut.Counts[s], holder = ok.Held[s], i
			}
		}
		if holder < 0 {
			continue
		}
		for _, ok := range movers {
			if ok.Held[s] < cut.Counts[s] {
				cut.Forward = append(cut.Forward, msg.Forwarding{
					Sender: uint16(s), Holder: movers[holder].From, To: ok.From, From: ok.Held[s],
				})
			}
		}
	}
	c.cut = cut
	return cut
}

// Movers are the members that go from the old view to the new.
func (c *Coordinator) Movers() []id.Address { return c.movers }

// Ack takes a member's acknowledgement of the cut and reports whether it was
// the last: then the view can be installed.
func (c *Coordinator) Ack(m *msg.CutAck) bool {
	if c.cut == nil || c.done || m.Attempt != c.target.Index || !slices.Contains(c.movers, m.From) {
		return false
	}
	if !slices.Contains(c.acked, m.From) {
		c.acked = append(c.acked, m.From)
	}
	if len(c.acked) < len(c.movers) {
		return false
	}
	c.done = true
	return true
}

// Target is the view the attempt leads to.
func (c *Coordinator) Target() *view.Group { return c.target }

// Missing lists whose reports the attempt waits for or, once there is a cut,
// whose acknowledgements.
func (c *Coordinator) Missing() (reports, acks []id.Address) {
	if c.cut != nil {
		for _, p := range c.movers {
			if !c.done && !slices.Contains(c.acked, p) {
				acks = append(acks, p)
			}
		}
		return nil, acks
	}
	for r, ok := range c.oks {
		if ok == nil {
			reports = append(reports, c.target.Members[r].Proc)
		}
	}
	return reports, nil
}

// String draws the attempt's state, for people.
func (c *Coordinator) String() string {
	var missing []id.Address
	for r, ok := range c.oks {
		if ok == nil {
			missing = append(missing, c.target.Members[r].Proc)
		}
	}
	return fmt.Sprintf("leads attempt %d: no report of %v, cut %v, acknowledged by %v of %v", c.target.Index, missing, c.cut != nil, c.acked, c.movers)
}
