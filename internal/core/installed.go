package core

import (
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
	"github.com/cohortkit/cohort/internal/core/mcast"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/order"
	"github.com/cohortkit/cohort/internal/core/stable"
	"github.com/cohortkit/cohort/internal/core/vclock"
	"github.com/cohortkit/cohort/internal/core/view"
)

// installed is all that a member derives from one view. It is made when the
// view is installed and thrown away with it; nothing of an old view lives on.
type installed struct {
	view    *view.Group
	rank    int
	sites   []id.Site // where the other members are
	streams *mcast.Streams
	gate    *lease.Gate // the member's
	queue   *order.Queue
	stable  *stable.Matrix

	sent    uint64 // entries in our own stream
	barrier bool   // we sent a Barrier cast: the rest waits for the next view

	used     []uint64 // entries of each stream our program has used
	given    []int    // and how many runs of each it has yet to use
	unacked  int      // bytes received since the last acknowledgement
	unsaid   int      // bytes used since it
	heldNews bool     // we hold more than we told
	usedNews bool
	urgent   bool   // somebody waits for a cast to become safe
	wanted   bool   // somebody asked for an acknowledgement, once we hold wantedUpto
	cleared  uint64 // we told that nothing of views up to this one is left
	released vclock.Time

	lent    [][]lent // runs of each stream whose bodies are on loan (loans.go)
	handled []uint64 // entries of each that our program has done with
	shared  bool     // with another member at this site

	wantedUpto vclock.Time
	asked      vclock.Time             // up to here a conservative cast in another group asked for stability
	told       map[id.Address]*msg.Dep // what our casts of this view have named of other groups
	joiners    bool                    // some members began with this view
	fresh      []id.Address            // those members
	reported   uint64                  // attempt
	settled    bool                    // our program has been shown this view, and so the following count
	seen       []msg.Seen              // requests from outside delivered before this view
	clients    msg.SessionTable
	clock      uint64
}

// holdsWanted reports whether we hold what somebody asked us to acknowledge.
func (c *installed) holdsWanted() bool {
	return vclock.Time(c.streams.Vector()).Covers(c.wantedUpto)
}

func newInstalled(v *view.Group, m *member) *installed {
	n, me := len(v.Members), m.proc
	m.gate.Turn(n)
	c := &installed{
		view: v, rank: v.Rank(me),
		streams: mcast.New(n), gate: &m.gate, stable: stable.New(n),
		used: make([]uint64, n), given: make([]int, n), released: vclock.New(n), wantedUpto: vclock.New(n),
		asked: vclock.New(n), lent: make([][]lent, n), handled: make([]uint64, n),
	}
	emit := func(rank int, r *msg.Run, pos uint64) { m.emit(c, rank, r, pos) }
	c.queue = order.New(order.Config{
		Me: c.rank, Lead: v.Lead(), Heirs: v.Ready(), Tenure: m.s.cfg.Tenure,
		Past:  func(deps []msg.Dep) bool { return m.s.delivered(m.proc, deps) },
		Holds: func(rank int, part vclock.Time) { c.stable.Held(rank, part) },
	}, emit)
	local := 0
	for _, m := range v.Members {
		if m.Proc.Site() == me.Site() {
			local++
		}
	}
	c.shared = local > 1
	for _, s := range v.Sites() {
		if s != me.Site() || c.shared {
			c.sites = append(c.sites, s)
		}
	}
	return c
}

// past is all we have sent and been delivered. When every member holds that,
// none of what we sent can be lost, nor what it depends on.
func (c *installed) past() vclock.Time {
	t := c.queue.Done().Clone()
	t[c.rank] = c.sent
	return t
}

// append puts a run at the end of our own stream and sends it to the others.
func (c *installed) append(r *msg.Run, fx *effect.Effects) {
	r.First = c.sent + 1
	c.sent = r.Last()
	c.streams.Receive(c.rank, r, false)
	c.hold(c.rank, r)
	eachData(c.view, c.rank, r, 0, func(m msg.Message) {
		for _, s := range c.sites {
			fx.Data(s, m)
		}
	})
}

// eachData wraps a run of rank's stream, in parts if it is too large for a frame.
func eachData(v *view.Group, rank int, r *msg.Run, attempt uint64, send func(msg.Message)) {
	if len(r.Body) <= maxBody {
		send(&msg.Data{Group: v.Group, View: v.Index, Sender: uint16(rank), Attempt: attempt, Run: r})
		return
	}
	if r.N > 1 {
		head, tail := r.Cut(r.N / 2)
		eachData(v, rank, head, attempt, send)
		eachData(v, rank, tail, attempt, send)
		return
	}
	for at := 0; at < len(r.Body); at += maxBody {
		piece := *r
		piece.Body = r.Body[at:min(at+maxBody, len(r.Body))]
		send(&msg.Part{
			Group: v.Group, View: v.Index, Sender: uint16(rank), Attempt: attempt,
			Offset: uint64(at), Total: uint64(len(r.Body)), Run: &piece,
		})
	}
}

// took notes entries that have become held. What the sender had delivered when
// it sent them it holds as well, and its own stream of course.
func (c *installed) took(rank int, r *msg.Run) {
	c.hold(rank, r)
	c.heldNews = true // of what is our own, others know by holding it
	c.unacked += r.Size()
	if rank != c.rank {
		row := make([]uint64, len(c.used))
		copy(row, r.Time)
		row[rank] = r.Last()
		c.stable.Held(rank, row)
	}
}

// hold notes a run that has become held.
func (c *installed) hold(rank int, r *msg.Run) {
	c.queue.Add(rank, r)
	if r.Safe || r.Order == msg.Barrier {
		c.gate.Hold(rank, r.Last())
	}
}

// release lets go of what every member holds and we have delivered.
func (c *installed) release(tell func(rank int, upto uint64)) {
	done, all := c.queue.Done(), c.stable.Stable()
	for rank := range c.released {
		if upto := min(done[rank], all[rank]); upto > c.released[rank] {
			c.released[rank] = upto
			c.streams.Release(rank, upto)
			tell(rank, upto)
		}
	}
}
