// Package fact is the vocabulary in which a site says what it did.
//
// Facts are what the judges read, what time-space diagrams are drawn from and
// what logs and explanations are made of. A fact is a plain value: it names
// what happened at one site, never what anybody thinks of it. docs/trace.md
// gives the meaning of every field for strangers' programs.
package fact

import "github.com/cohortkit/cohort/internal/core/id"

// Fact is one thing that happened at one site.
type Fact interface {
	// Event is the fact's name in a trace.
	Event() string
}

// Order names the four orders in a trace.
type Order string

// The orders of a cast.
const (
	FIFO    Order = "fifo"
	Causal  Order = "causal"
	Total   Order = "total"
	Barrier Order = "barrier"
)

// A Member of a site view.
type Member struct {
	Site   id.Site `json:"site"`
	Name   string  `json:"name,omitempty"`
	Weight uint32  `json:"weight"`
	// Machine is the same for sites that see each other die; 0 is nobody's but its own.
	Machine uint64 `json:"machine,omitempty,string"`
}

// A Removal says why a site is no longer in the view.
type Removal struct {
	Site     id.Site   `json:"site"`
	Evidence string    `json:"evidence"` // "crash", "timeout" or "left"
	Accusers []id.Site `json:"accusers,omitempty"`
}

// Site membership.
type (
	// Start is the first fact of a site. Founder starts a system; others join one.
	Start struct {
		Name    string `json:"name,omitempty"`
		Founder bool   `json:"founder,omitempty"`
		Least   uint64 `json:"least,omitempty"` // what a view must weigh to go on after an exclusion
	}
	// SiteView: the site installed a site view, as the log's entry Index says.
	// Jumped: it lagged, nobody had the entries it lacked any more, and it took
	// the state instead; views in between it never had.
	SiteView struct {
		Seq     uint64    `json:"seq"`
		Index   uint64    `json:"index"`
		Hash    uint64    `json:"hash,string"` // of the log up to and with Index
		Members []Member  `json:"members"`     // oldest first
		Joined  []id.Site `json:"joined,omitempty"`
		Removed []Removal `json:"removed,omitempty"`
		Agreed  []id.Site `json:"agreed,omitempty"` // who accepted, where this site knows it
		Jumped  bool      `json:"jumped,omitempty"`
	}
	// Applied: the site applied log entry Index; Hash chains all entries so far.
	Applied struct {
		Index uint64 `json:"index"`
		Hash  uint64 `json:"hash,string"`
	}
	// Accepted: as an acceptor of view ViewSeq the site accepted an entry.
	Accepted struct {
		Index   uint64  `json:"index"`
		ViewSeq uint64  `json:"vseq"`
		Round   uint64  `json:"round"`
		Owner   id.Site `json:"owner"`
	}
	// Takeover: the site leads the view with a ballot it had to win.
	Takeover struct {
		ViewSeq uint64 `json:"vseq"`
		Round   uint64 `json:"round"`
	}
	// Heir: in view ViewSeq the site votes for Of as well, which ran on the same
	// machine and is dead.
	Heir struct {
		ViewSeq uint64  `json:"vseq"`
		Of      id.Site `json:"of"`
	}
	// Suspect: the site accuses another; Cleared takes it back.
	Suspect struct {
		Site     id.Site `json:"of"`
		Evidence string  `json:"evidence"`
		Cleared  bool    `json:"cleared,omitempty"`
	}
	// Stall: the site lost contact with a majority; Resume: it has it again.
	Stall  struct{}
	Resume struct{}
	// Halt is the last fact of a site that learned it was excluded, or left.
	Halt struct {
		Why string `json:"why"` // "excluded", "left", "behind", "stalled"
	}
	// Crash is written by the simulator, at the instant it kills a site.
	Crash struct{}
	// Quiet is written by who makes faults when they have ended; what must
	// happen in the end is judged at the end of the trace. Alive are the sites
	// that run.
	Quiet struct {
		Alive []id.Site `json:"alive"`
	}
)

// Groups. Proc is the member at this site whose doing the fact is. View is the
// log index that made the group view, which with Group identifies it.
type (
	// View: a group view was installed.
	View struct {
		Proc    id.Address   `json:"p"`
		Group   id.Address   `json:"g"`
		Name    string       `json:"name,omitempty"`
		View    uint64       `json:"v"`
		Seq     uint64       `json:"seq"`
		Attempt uint64       `json:"attempt"` // flush that led here
		Members []id.Address `json:"members"` // ranked by age
		Ready   []id.Address `json:"ready"`   // those that hold the state
		Joined  []id.Address `json:"joined,omitempty"`
		Left    []id.Address `json:"left,omitempty"`
		Moved   []id.Address `json:"moved,omitempty"` // came from the same view as Proc
	}
	// Send: Proc sent N casts in View, numbered from First in Proc's stream.
	Send struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		View   uint64     `json:"v"`
		First  uint64     `json:"first"`
		N      uint32     `json:"n"`
		Order  Order      `json:"order"`
		Safe   bool       `json:"safe,omitempty"`
		Call   bool       `json:"call,omitempty"`
		Origin id.Address `json:"origin,omitempty"` // process outside the group for which Proc relays
		OFirst uint64     `json:"ofirst,omitempty"` // number of the first one at its origin
		Strong bool       `json:"strong,omitempty"` // what was seen of other groups before it was held back could not be lost any more
		Later  uint64     `json:"later,omitempty"`  // so many View, Deliver and Outcome of Proc came since it was held back for that
		Void   bool       `json:"void,omitempty"`   // no program's: it opens or ends a session, or gives casts to lists their places
	}
	// Made: Proc's program cast N to Group, as the member it is since entry Since; or
	// from outside, where First is the number of the first among what it asked. Send
	// follows, in that order, when they are sent. Copies of answers count.
	Made struct {
		Proc  id.Address `json:"p"`
		Group id.Address `json:"g"`
		Since uint64     `json:"since,omitempty"`
		First uint64     `json:"first,omitempty"`
		N     uint32     `json:"n"`
		Order Order      `json:"order"`
	}
	// Held: Proc's site holds everything of Sender's stream up to Upto. Said for
	// casts of every order, before anybody is told.
	Held struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		View   uint64     `json:"v"`
		Sender id.Address `json:"from"`
		Upto   uint64     `json:"upto"`
	}
	// Deliver: N casts of Sender were delivered to Proc. Pos is the position
	// of the first in the view's total order, 0 for other orders. A Duplicate
	// was taken off the stream but kept from the user: another relay had
	// brought the same request before. Session is whose request it was; a Void one
	// was kept from the user because its sender does not speak for any, or because
	// it opens or ends one.
	Deliver struct {
		Proc      id.Address `json:"p"`
		Group     id.Address `json:"g"`
		View      uint64     `json:"v"`
		Sender    id.Address `json:"from"`
		First     uint64     `json:"first"`
		N         uint32     `json:"n"`
		Order     Order      `json:"order"`
		Safe      bool       `json:"safe,omitempty"`
		Pos       uint64     `json:"pos,omitempty"`
		Origin    id.Address `json:"origin,omitempty"`
		OFirst    uint64     `json:"ofirst,omitempty"`
		Duplicate bool       `json:"dup,omitempty"`
		Session   uint64     `json:"session,omitempty"`
		Void      bool       `json:"void,omitempty"`
	}
	// Stable: Proc knows that every member of View holds Sender's stream up to Upto.
	Stable struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		View   uint64     `json:"v"`
		Sender id.Address `json:"from"`
		Upto   uint64     `json:"upto"`
	}
	// Sequencer: in View the order of Total casts goes from Proc to Of, or if they
	// are the same, Proc has taken it.
	Sequencer struct {
		Proc  id.Address `json:"p"`
		Group id.Address `json:"g"`
		View  uint64     `json:"v"`
		Of    id.Address `json:"of"`
	}
	// Op: log entry Index changed Group, at each site beside Applied; one for
	// each group, also when nobody came or went and only a new view is made.
	// Joined are in order of rank. Left are all members when the group vanished;
	// who left and came back is in both.
	Op struct {
		Index  uint64       `json:"index"`
		Group  id.Address   `json:"g"`
		Joined []id.Address `json:"joined,omitempty"`
		Left   []id.Address `json:"left,omitempty"`
		Ready  []id.Address `json:"ready,omitempty"` // members that hold the state from here on
		Aside  []id.Address `json:"aside,omitempty"` // members that hold it, and do not count as ready until they have caught up
		// Heirs took the places of Left ones: each after the one it replaced.
		Heirs []id.Address `json:"heirs,omitempty"`
	}
	// Session: at this point of Proc's stream a client session was opened, taken
	// over by another process, closed by its client or expired. Client speaks for
	// it; requests up to Last were delivered before.
	Session struct {
		Proc    id.Address `json:"p"`
		Group   id.Address `json:"g"`
		View    uint64     `json:"v"`
		Session uint64     `json:"session"`
		What    string     `json:"what"` // "open", "taken", "closed" or "expired"
		Client  id.Address `json:"client"`
		Holder  id.Address `json:"holder,omitempty"` // the first process of the program that Client is of
		Last    uint64     `json:"last,omitempty"`
	}
	// Block: Proc stopped sending in View because Attempt will end it.
	Block struct {
		Proc    id.Address `json:"p"`
		Group   id.Address `json:"g"`
		View    uint64     `json:"v"`
		Attempt uint64     `json:"attempt"`
	}
	// FlushOK: Proc reported what it holds of View and ignores removed senders.
	FlushOK struct {
		Proc    id.Address `json:"p"`
		Group   id.Address `json:"g"`
		View    uint64     `json:"v"`
		Attempt uint64     `json:"attempt"`
	}
	// Cut: Proc learned the cut of View, one count for each rank.
	Cut struct {
		Proc    id.Address `json:"p"`
		Group   id.Address `json:"g"`
		View    uint64     `json:"v"`
		Attempt uint64     `json:"attempt"`
		Counts  []uint64   `json:"cut"`
	}
	// Drop: casts of a removed sender that the cut holds but nobody may
	// deliver, because a cast they depend on is lost.
	Drop struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		View   uint64     `json:"v"`
		Sender id.Address `json:"from"`
		First  uint64     `json:"first"`
		N      uint32     `json:"n"`
	}
	// Leave is Proc's last fact in Group; Why is "left", "slow", "unloaded" (its
	// program could not take over the state), "lost", "behind" or "halted". Unsent is
	// how many casts its program had made that were not sent and never will be.
	Leave struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		Why    string     `json:"why"`
		Unsent uint64     `json:"unsent,omitempty"`
	}
	// FlushCall: Proc asked for everything it sent or was delivered to become
	// stable; FlushDone answers the call of the same ID. Queued is how many casts its
	// program had made before, with copies of answers, that were not sent yet: they
	// are the next that Proc sends, but for what it relays and Void ones.
	FlushCall struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		ID     uint64     `json:"id"`
		Queued uint64     `json:"queued,omitempty"`
	}
	FlushDone struct {
		Proc  id.Address `json:"p"`
		Group id.Address `json:"g"`
		ID    uint64     `json:"id"`
	}
	// ListCast: Proc brings its cast ID to all of Dests, under its site's number Num.
	// An attempt that fails is followed by another. ListDone ends it: End is
	// "numbered", "nowhere" or "unknown".
	ListCast struct {
		Proc  id.Address   `json:"p"`
		ID    uint64       `json:"id"`
		Num   uint64       `json:"num"`
		Dests []id.Address `json:"dests"`
	}
	ListDone struct {
		Proc id.Address `json:"p"`
		ID   uint64     `json:"id"`
		Num  uint64     `json:"num"`
		End  string     `json:"end"`
	}
	// Brought: Proc keeps what Caller brought to it or to its group under Num.
	// Listed: it was given that, and Number is its place among all casts to lists.
	// Group and View are 0 for a process.
	Brought struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		View   uint64     `json:"v"`
		Caller id.Address `json:"caller"`
		Num    uint64     `json:"num"`
	}
	Listed struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		View   uint64     `json:"v"`
		Caller id.Address `json:"caller"`
		Num    uint64     `json:"num"`
		Number uint64     `json:"number"`
	}
	// ReadCall: Proc's program begins a linearizable read of its state. ReadDone
	// answers the call of the same ID: the state was that of View with so many
	// casts of each rank handled and those to lists up to number Lists, or Err says
	// why there is no answer, "stalled".
	// Both are the simulator's word: a real read tells nobody.
	ReadCall struct {
		Proc  id.Address `json:"p"`
		Group id.Address `json:"g"`
		ID    uint64     `json:"id"`
	}
	ReadDone struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		ID     uint64     `json:"id"`
		View   uint64     `json:"v,omitempty"`
		Counts []uint64   `json:"counts"`
		Lists  uint64     `json:"lists,omitempty"`
		Err    string     `json:"err,omitempty"`
	}
)

// State transfer.
type (
	// Snapshot: Proc, the donor, captured its state for To when it had
	// delivered in View exactly Counts of each rank (and all of earlier views).
	Snapshot struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		View   uint64     `json:"v"`
		To     id.Address `json:"to"`
		Xfer   uint64     `json:"xfer"`
		Counts []uint64   `json:"counts"`
	}
	// Loaded: Proc, the joiner, holds the state From captured under Xfer.
	Loaded struct {
		Proc   id.Address `json:"p"`
		Group  id.Address `json:"g"`
		View   uint64     `json:"v"` // the snapshot's
		From   id.Address `json:"from"`
		Xfer   uint64     `json:"xfer"`
		Counts []uint64   `json:"counts"`
	}
	// Digest is the application's own word about its state: in the simulator,
	// a sum over the casts it has applied. Xfer is 0 outside a transfer.
	Digest struct {
		Proc  id.Address `json:"p"`
		Group id.Address `json:"g"`
		Xfer  uint64     `json:"xfer,omitempty"`
		Sum   uint64     `json:"sum,string"`
	}
)

// Calls. ID is the caller's own number for the call. Group may be the address
// of a process: then only that process is asked.
type (
	// Call: Caller asks Group and wants Want replies, -1 for all.
	Call struct {
		Caller id.Address `json:"p"`
		Group  id.Address `json:"g"`
		ID     uint64     `json:"id"`
		Want   int        `json:"want"`
		Order  Order      `json:"order"`
	}
	// Asked ties a call to its request: number Cast of Caller's stream in View,
	// or, with View 0, number Cast of what Caller outside has asked of Group.
	Asked struct {
		Caller id.Address `json:"p"`
		Group  id.Address `json:"g"`
		ID     uint64     `json:"id"`
		View   uint64     `json:"v"`
		Cast   uint64     `json:"cast"`
		// Session is whose request it is, where the caller knows the number yet.
		Session uint64     `json:"session,omitempty"`
		Holder  id.Address `json:"holder,omitempty"` // the first process of the program that Caller is of
	}
	// Reply: Proc answered a request of Caller. Cast identifies the request:
	// as in Asked. In a Session, Sum stands for what the reply says: it is given
	// again to whoever repeats the request. Copied: the program wanted a copy of it
	// cast to the group first; that is number Copy of Proc's stream in CopyView.
	Reply struct {
		Proc     id.Address `json:"p"`
		Group    id.Address `json:"g"`
		Caller   id.Address `json:"to"`
		View     uint64     `json:"v,omitempty"`
		Cast     uint64     `json:"cast"`
		Null     bool       `json:"null,omitempty"`
		Session  uint64     `json:"session,omitempty"`
		Sum      uint64     `json:"sum,omitempty,string"`
		Copied   bool       `json:"copied,omitempty"`
		CopyView uint64     `json:"cview,omitempty"`
		Copy     uint64     `json:"copy,omitempty"`
	}
	// Outcome: Caller counts Member once, as "reply", "null" or "failed". Without a
	// Member, as "void": it begins to count anew.
	Outcome struct {
		Caller id.Address `json:"p"`
		Group  id.Address `json:"g"`
		ID     uint64     `json:"id"`
		Member id.Address `json:"member,omitempty"`
		Kind   string     `json:"kind"`
	}
	// Done: the call ended. Err is empty, "nobody", "lost", "unknown",
	// "cancelled", or of a session's request "refused" and "spent".
	Done struct {
		Caller id.Address `json:"p"`
		Group  id.Address `json:"g"`
		ID     uint64     `json:"id"`
		Err    string     `json:"err,omitempty"`
	}
)

// Event names, one for each type.
func (Start) Event() string     { return "start" }
func (SiteView) Event() string  { return "siteview" }
func (Applied) Event() string   { return "applied" }
func (Accepted) Event() string  { return "accepted" }
func (Takeover) Event() string  { return "takeover" }
func (Heir) Event() string      { return "heir" }
func (Suspect) Event() string   { return "suspect" }
func (Stall) Event() string     { return "stall" }
func (Resume) Event() string    { return "resume" }
func (Halt) Event() string      { return "halt" }
func (Crash) Event() string     { return "crash" }
func (Quiet) Event() string     { return "quiet" }
func (View) Event() string      { return "view" }
func (Op) Event() string        { return "op" }
func (Made) Event() string      { return "made" }
func (Send) Event() string      { return "send" }
func (Held) Event() string      { return "held" }
func (Deliver) Event() string   { return "deliver" }
func (Stable) Event() string    { return "stable" }
func (Sequencer) Event() string { return "sequencer" }
func (Session) Event() string   { return "session" }
func (Block) Event() string     { return "block" }
func (FlushOK) Event() string   { return "flushok" }
func (Cut) Event() string       { return "cut" }
func (Drop) Event() string      { return "drop" }
func (Leave) Event() string     { return "leave" }
func (FlushCall) Event() string { return "flushcall" }
func (FlushDone) Event() string { return "flushdone" }
func (ListCast) Event() string  { return "listcast" }
func (ListDone) Event() string  { return "listdone" }
func (Brought) Event() string   { return "brought" }
func (Listed) Event() string    { return "listed" }
func (ReadCall) Event() string  { return "readcall" }
func (ReadDone) Event() string  { return "readdone" }
func (Snapshot) Event() string  { return "snapshot" }
func (Loaded) Event() string    { return "loaded" }
func (Digest) Event() string    { return "digest" }
func (Call) Event() string      { return "call" }
func (Asked) Event() string     { return "asked" }
func (Reply) Event() string     { return "reply" }
func (Outcome) Event() string   { return "outcome" }
func (Done) Event() string      { return "done" }
