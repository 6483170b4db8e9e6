package core

import (
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Output is what a step wants done, in order within each list. The caller
// reuses it; what it points to stays valid and is never changed, but for bodies
// that were lent, when they are returned.
type Output struct {
	Writes  []Write
	Answers []Reception
	Dials   []Dial
	Hangups []id.Site
	Items   []Item
	Facts   []fact.Fact
	Returns []msg.Loan  // nothing here or under way needs them any more
	Wake    effect.Time // step again by then

	// What readers rely on. It has to be known to them before any of Writes is
	// written: what others hear of us may finish a cast that they wait for.
	Terms lease.Terms
	Dues  []Due
}

func (o *Output) reset() {
	clear(o.Writes)
	clear(o.Items)
	o.Dues = o.Dues[:0]
	clear(o.Facts)
	clear(o.Returns)
	o.Writes, o.Answers, o.Dials = o.Writes[:0], o.Answers[:0], o.Dials[:0]
	o.Hangups, o.Items, o.Facts, o.Returns = o.Hangups[:0], o.Items[:0], o.Facts[:0], o.Returns[:0]
	o.Wake = effect.Never
}

// Write a frame to an open connection. One frame may go to many.
type Write struct {
	Conn  uint64
	To    id.Site
	Frame *msg.Frame
}

// Reception answers an Offered connection: take it, counting from Got, or
// close it because its site was excluded (Shun) or is not welcome (Refuse).
type Reception struct {
	Conn   uint64
	Got    uint64
	Shun   bool
	Refuse bool
}

// Dial opens a connection for a lane and keeps trying until Hangup.
type Dial struct {
	Site id.Site
	Addr string
	Lane msg.Lane
}

// Due: whoever begins to read Proc's state in Group from now on waits until
// Settled says Upto. It is lease.Closed when no reads are served any more.
type Due struct {
	Proc, Group id.Address
	Since       uint64 // the membership, as Joined says
	Upto        uint64
}

// Item is something for the program: a type of this file. The items of one
// process and group are its one ordered stream.
type Item interface{ item() }

// The stream of a member.
type (
	// Viewed: the group has a new view. Moved are those that come from the
	// same view as Proc. Log is the entry that made the view, when at hand.
	Viewed struct {
		Proc                id.Address
		View                *view.Group
		Joined, Left, Moved []id.Address
		Why                 []msg.Removal
		Slow                []Slowness
	}
	// Casts were delivered. Each cast in Run has its own number; Duplicate
	// ones never get here. Request tells how to reply to the first.
	Casts struct {
		Proc, Group id.Address
		Since       uint64 // the membership; 0: cast to Proc itself
		View        uint64
		Sender      id.Address // the process that cast, not who relayed it
		Rank        int        // of the member that sent it
		Run         *msg.Run
		Session     uint64 // for which Sender speaks; 0: none
		Listed      uint64 // its place among all casts to lists; 0: not to a list
	}
	// Capture: take Proc's state as it is at this point of the stream and hand
	// it over with StateBlock, at first no more than Upto bytes.
	Capture struct {
		Proc, Group, Joiner id.Address
		Xfer                uint64
		Upto                uint64
	}
	// CaptureRoom: Upto bytes may be handed over in all. Stop ends it.
	CaptureRoom struct {
		Proc, Group, Joiner id.Address
		Xfer                uint64
		Upto                uint64
		Stop                bool
	}
	// Restore begins to feed Proc the state; RestoreBlock is a piece of it, of which
	// the site keeps nothing; RestoreEnd the end, to be answered with Restored. A later Restore starts
	// all over.
	Restore struct {
		Proc, Group id.Address
		Xfer        uint64
	}
	RestoreBlock struct {
		Proc, Group id.Address
		Xfer        uint64
		Bytes       []byte
		Loan        msg.Loan // to be returned when Bytes were read; nil: nothing to return
	}
	RestoreEnd struct {
		Proc, Group id.Address
		Xfer        uint64
		Err         string
	}
	// Settled: what was due up to Upto has been delivered, or is in the state
	// that Proc holds since it was Joined.
	Settled struct {
		Proc, Group id.Address
		Since       uint64
		Upto        uint64
	}
	// Left: Proc is no longer a member since it was Joined; the stream ends. Why is "left", "slow",
	// "unloaded" (the program could not take over the state), "lost" (nobody who holds the state is
	// left), "behind" (the site had to skip what happened: join again) or "halted".
	Left struct {
		Proc, Group id.Address
		Since       uint64
		Why         string
	}
)

// Request is how to reply to the i-th cast of the run.
func (c Casts) Request(i int) Request {
	r := Request{Group: c.Group, Caller: c.Sender, Of: c.View, Session: c.Session}
	if c.Run.Origin != 0 {
		r.Cast = c.Run.OFirst + uint64(i)
	} else {
		r.View, r.Cast = c.View, c.Run.First+uint64(i)
	}
	return r
}

// Slowness is a member whose program did not keep up, as By found: it is set
// aside, or was Dismissed.
type Slowness struct {
	Proc, By  id.Address
	Dismissed bool
}

// ListEnd is what became of a cast to a list.
type ListEnd string

// The ends. Numbered: it is or will be delivered everywhere. NoDestination: one is
// gone, nothing was done. Unknown: this site is out of the system.
const (
	Numbered      ListEnd = "numbered"
	NoDestination ListEnd = "nowhere"
	Unknown       ListEnd = "unknown"
)

// Outside the streams.
type (
	// Joined: Proc's wish to join Name was granted by log entry Since, which
	// tells its memberships apart; the stream begins.
	Joined struct {
		Proc, Group id.Address
		Name        string
		Since       uint64
	}
	// Called is an answer to a call of Proc on Dest, or its end.
	Called struct {
		Proc, Dest id.Address
		Event      call.Event
	}
	// Freed: so many bytes that Proc cast to Dest no longer count.
	Freed struct {
		Proc, Dest id.Address
		Bytes      int
	}
	// Undelivered: Dest is no group and no process; what Proc cast is lost.
	Undelivered struct {
		Proc, Dest id.Address
		Bytes      int
	}
	// SessionOpened: Proc speaks for Session, which has had requests up to Last.
	SessionOpened struct {
		Proc, Dest    id.Address
		Session, Last uint64
	}
	// SessionEnded: Proc speaks for no session: it was closed, has expired, was
	// taken over or is refused, or the group is gone. Its calls have ended.
	SessionEnded struct {
		Proc, Dest id.Address
		Session    uint64
	}
	// Flushed answers FlushGroup. Unknown: the membership ended first.
	Flushed struct {
		Proc, Group id.Address
		ID          uint64
		Unknown     bool
	}
	// ListDone answers CastList.
	ListDone struct {
		Proc id.Address
		ID   uint64
		End  ListEnd
	}
	// Synced answers Sync.
	Synced struct{ ID uint64 }
	// SiteViewed: a new view of the whole system.
	SiteViewed struct {
		View   *view.Site
		Entry  *msg.Entry
		Agreed []id.Site
	}
	// Directory: the log changed a group. Now is nil when it is gone.
	Directory struct {
		Group id.Address
		Now   *view.Group
	}
	// Stalled: no contact with a majority. Resumed: contact again.
	Stalled struct{}
	Resumed struct{}
	// Refused: the system will not let this site in.
	Refused struct{ Why string }
	// Halted is the last item: the site is no longer a member.
	Halted struct{ Why string }
)

func (Viewed) item()        {}
func (Casts) item()         {}
func (Capture) item()       {}
func (CaptureRoom) item()   {}
func (Restore) item()       {}
func (RestoreBlock) item()  {}
func (RestoreEnd) item()    {}
func (Left) item()          {}
func (Joined) item()        {}
func (Called) item()        {}
func (Freed) item()         {}
func (Undelivered) item()   {}
func (SessionOpened) item() {}
func (SessionEnded) item()  {}
func (Flushed) item()       {}
func (ListDone) item()      {}
func (Synced) item()        {}
func (SiteViewed) item()    {}
func (Directory) item()     {}
func (Stalled) item()       {}
func (Resumed) item()       {}
func (Refused) item()       {}
func (Halted) item()        {}
func (Settled) item()       {}
