// Package xfer feeds the group's state to a joiner.
//
// The joiner asks a member that holds the state. That member captures it
// between two deliveries and says at which cut; blocks follow on their own lane
// as the joiner grants credit, while the group works on. The joiner keeps back
// what it is delivered meanwhile. When the state is in, and the joiner itself
// has been delivered all that the state covers, it drops that and hands on the
// rest. If the donor goes, it asks the next one. It does so as well when the
// view ends without something the state covers: the donor had been delivered
// what then was lost with others, and such a state must not live on.
//
// Requires: the capture is taken in the donor's order of deliveries.
// Guarantees: T1, T2, T4; memory at both ends is bounded by flow.XferWindow and
// flow.JoinBacklog.
package xfer

import (
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/vclock"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Donor is the giving side of one transfer.
type Donor struct {
	Joiner id.Address
	Xfer   uint64
	Marks  []msg.SessionReplies // how far sessions had come at the capture
	sent   uint64
	limit  uint64
	lent   []lent
}

// lent is memory with a piece of the state.
type lent struct {
	end    uint64 // of the piece
	breaks uint64
	loan   msg.Loan
}

// NewDonor answers m.
func NewDonor(m *msg.XferAsk) *Donor {
	return &Donor{Joiner: m.Joiner, Xfer: m.Xfer, limit: flow.XferWindow}
}

// Upto is how many bytes may be sent in all.
func (d *Donor) Upto() uint64 { return d.limit }

// Credit raises the limit and reports whether that makes room.
func (d *Donor) Credit(upto uint64) bool {
	if upto <= d.limit {
		return false
	}
	d.limit = upto
	return true
}

// Block wraps the next piece of the state.
func (d *Donor) Block(group id.Address, b []byte) *msg.XferBlock {
	d.sent += uint64(len(b))
	return &msg.XferBlock{Group: group, Joiner: d.Joiner, Xfer: d.Xfer, Bytes: b}
}

// Lend notes that the piece sent last is on loan; breaks counts the connections
// that broke before.
func (d *Donor) Lend(l msg.Loan, breaks uint64) { d.lent = append(d.lent, lent{d.sent, breaks, l}) }

// Read returns the loans of what the joiner's program has read, as its credit says,
// but for what may still be under way on a connection that broke since.
func (d *Donor) Read(breaks uint64) (back []msg.Loan) {
	n := 0
	for ; n < len(d.lent) && d.lent[n].end+flow.XferWindow <= d.limit; n++ {
		if d.lent[n].breaks == breaks {
			back = append(back, d.lent[n].loan)
		}
	}
	d.lent = d.lent[n:]
	return back
}

// End closes the transfer.
func (d *Donor) End(group id.Address, err string) *msg.XferEnd {
	return &msg.XferEnd{Group: group, Joiner: d.Joiner, Xfer: d.Xfer, Size: d.sent, Err: err}
}

// Joiner is the receiving side.
type Joiner struct {
	Xfer  uint64 // the transfer under way; each ask has a new number
	Donor view.GroupMember
	Begun *msg.XferBegin
	got   uint64
	used  uint64
	told  uint64
	Ended bool
	// Restored: the program has made the state its own, as far as it knows.
	Restored bool
	Replies  []msg.SessionReplies // what the donor's program had answered in sessions
	past     []Past
}

// Past is how a view ended for the joiner: what it had been delivered.
type Past struct {
	View uint64
	Done vclock.Time
}

// maxPasts bounds the ended views a joiner remembers while it is fed.
const maxPasts = 64

// Turn notes how a view ended.
func (j *Joiner) Turn(view uint64, done vclock.Time) {
	if j.Begun != nil && view > j.Begun.View {
		return
	}
	if j.past = append(j.past, Past{view, done}); len(j.past) > maxPasts {
		j.past = j.past[1:]
	}
}

// Sound reports whether the joiner has been delivered all that the state
// covers; lost, whether it never will be. Now is the view it is in.
func (j *Joiner) Sound(now uint64, done vclock.Time) (sound, lost bool) {
	if j.Begun == nil || j.Begun.View > now {
		return false, false
	}
	if j.Begun.View == now {
		return done.Covers(j.Begun.Counts), false
	}
	for _, p := range j.past {
		if p.View == j.Begun.View {
			ok := p.Done.Covers(j.Begun.Counts)
			return ok, !ok
		}
	}
	return false, true
}

// Ask turns to donor and forgets what another has sent so far. Transfers are
// numbered by the joiner's view and rank in it, so that no two in a group share
// a number.
func (j *Joiner) Ask(v *view.Group, me id.Address, donor view.GroupMember) *msg.XferAsk {
	base := v.Index<<24 | uint64(v.Rank(me)&0xffff)<<8
	*j = Joiner{Xfer: max(j.Xfer, base) + 1, Donor: donor, told: flow.XferWindow, past: j.past}
	return &msg.XferAsk{Group: v.Group, View: v.Index, Joiner: me, Donor: donor.Proc, Xfer: j.Xfer}
}

// Begin takes the cut of the transfer under way.
func (j *Joiner) Begin(m *msg.XferBegin) bool {
	if m.Xfer != j.Xfer || j.Begun != nil {
		return false
	}
	j.Begun = m
	return true
}

// Block takes a piece and reports whether it belongs to the transfer under way.
func (j *Joiner) Block(m *msg.XferBlock) bool {
	if m.Xfer != j.Xfer || j.Begun == nil || j.Ended {
		return false
	}
	j.got += uint64(len(m.Bytes))
	return true
}

// End takes the end and reports whether everything before it arrived.
func (j *Joiner) End(m *msg.XferEnd) bool {
	if m.Xfer != j.Xfer || j.Begun == nil || j.Ended || m.Size != j.got {
		return false
	}
	j.Ended = true
	return true
}

// Got is how many bytes of the state have come.
func (j *Joiner) Got() uint64 { return j.got }

// Used notes bytes that the program has read, and returns the new limit for
// the donor when it is worth a message, else 0.
func (j *Joiner) Used(n int) (limit uint64) {
	j.used += uint64(n)
	if next := j.used + flow.XferWindow; next-j.told >= flow.XferWindow/4 {
		j.told = next
		return next
	}
	return 0
}

// Covers reports whether the state includes entry last of rank's stream in view.
func (j *Joiner) Covers(view uint64, rank int, last uint64) bool {
	if view != j.Begun.View {
		return view < j.Begun.View
	}
	return rank < len(j.Begun.Counts) && last <= j.Begun.Counts[rank]
}
