package torture

import (
	"fmt"

	"github.com/cohortkit/cohort"
)

// order is what a worker is told, one JSON object a line. The first one says who
// it is; the others have a Do only.
type order struct {
	Do string `json:"do,omitempty"`

	Name      string   `json:"name,omitempty"`
	Listen    string   `json:"listen,omitempty"`
	Advertise string   `json:"advertise,omitempty"`
	Seeds     []string `json:"seeds,omitempty"`
	Trace     string   `json:"trace,omitempty"`
	Origin    uint32   `json:"origin,omitempty"` // of its updates
	Seed      uint64   `json:"seed,omitempty"`   // of its load
	Client    bool     `json:"client,omitempty"` // in no group, and without a vote
	Guest     bool     `json:"guest,omitempty"`  // without a vote
	Apart     bool     `json:"apart,omitempty"`  // as if on a machine of its own
	Forget    uint64   `json:"forget,omitempty"` // an update not to carry out
}

// What a worker is told to do. When it is told nothing any more it leaves in order.
const (
	doHush   = "hush"   // ask for nothing more, wait for what is under way, say "hushed"
	doSettle = "settle" // wait until all has been delivered that anybody has cast, say "settled"
	doTell   = "tell"   // say "state"
	doAnew   = "anew"   // leave all groups, and join them again
	doEnd    = "end"    // end at once
)

// report is what a worker says. Which fields are set depends on the kind.
type report struct {
	Event string `json:"event"`

	// Of a status, which also has what is new since the last one.
	Address cohort.Address `json:"address,omitempty"` // 0 while it comes back
	Views   []viewed       `json:"views,omitempty"`   // by group, of a member
	Acked   [][]uint64     `json:"acked,omitempty"`   // updates by group, whose effect must last
	Times   []int64        `json:"times,omitempty"`   // of successes, in milliseconds since 1970
	Ops     uint64         `json:"ops,omitempty"`
	Unknown uint64         `json:"unknown,omitempty"` // ended without a word
	Twice   []string       `json:"twice,omitempty"`   // updates that were delivered again
	Trouble []string       `json:"trouble,omitempty"` // promises broken

	State []summary `json:"state,omitempty"` // by group
	Why   string    `json:"why,omitempty"`   // it failed to come in
}

// The events of reports.
const (
	eventStarted = "started" // in a system
	eventJoined  = "joined"  // a member, with the state
	eventStatus  = "status"
	eventFailed  = "failed" // to come in: it tries again
	eventHushed  = "hushed"
	eventSettled = "settled"
	eventState   = "state"
)

// viewed is a view of a group as a member had it last.
type viewed struct {
	Number  uint64           `json:"number"`
	Members []cohort.Address `json:"members"`
	Ready   []cohort.Address `json:"ready"`
}

// groups are the names of the groups that all members are in.
var groups = []string{"red", "blue"}

// The entries of each group.
const (
	entryUpdate cohort.Entry = iota + 1
	entryHas
	entrySettled
)

// String writes the view for people: its number, and how many members hold the
// state of how many there are.
func (v viewed) String() string {
	return fmt.Sprintf("%d (%d of %d)", v.Number, len(v.Ready), len(v.Members))
}
