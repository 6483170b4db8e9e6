package events

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/cohortkit/cohort"
)

// What a worker is told to do, each answered by one report of that name.
const (
	doStart = "start" // cohort.Start, with Seeds
	doHold  = "hold"  // make room for a state of Bulk bytes; with Fill, make it
	doJoin  = "join"  // Node.Join of the groups From to Upto
	doReady = "ready" // wait until all groups have Members who hold the state
	doCall  = "call"  // a Total cast that all members of the group From answer
	doWatch = "watch" // tell (didView) when all groups have a view without Gone
	doLoad  = "load"  // begin to cast to the group 0, one each Pause; 0 is as many as may be
	doHush  = "hush"  // cast no more
	doTimes = "times" // of own casts delivered from Since until Began, and of those under way from then to Until
	doUse   = "use"   // what was sent and used so far
	doServe = "serve" // write the state to who connects to the address that is told
	doFetch = "fetch" // read it there, plainly
	doReads = "reads" // Group.Read, one after the other, for Pause
	doLeave = "leave" // Node.Leave
)

// didView is what a worker reports unasked, after doWatch.
const didView = "view"

// order is one line to a worker.
type order struct {
	Do      string         `json:"do"`
	Name    string         `json:"name,omitempty"`
	Seeds   []string       `json:"seeds,omitempty"`
	Host    string         `json:"host,omitempty"`  // where others reach this one; empty for the loopback
	Apart   bool           `json:"apart,omitempty"` // as if on a machine of its own
	Bulk    int            `json:"bulk,omitempty"`
	Fill    bool           `json:"fill,omitempty"`
	From    int            `json:"from,omitempty"`
	Upto    int            `json:"upto,omitempty"`
	State   bool           `json:"state,omitempty"` // the groups have one
	Members int            `json:"members,omitempty"`
	Gone    cohort.Address `json:"gone,omitempty"`
	Pause   time.Duration  `json:"pause,omitempty"`
	Since   int64          `json:"since,omitempty"` // nanoseconds since 1970, as all times of day
	Began   int64          `json:"began,omitempty"`
	Until   int64          `json:"until,omitempty"`
	Addr    string         `json:"addr,omitempty"`
}

// report is one line from a worker.
type report struct {
	Did      string         `json:"did,omitempty"`
	Fault    string         `json:"fault,omitempty"`
	Addr     string         `json:"addr,omitempty"`
	Address  cohort.Address `json:"address,omitempty"`
	Took     time.Duration  `json:"took,omitempty"` // by what was ordered
	At       int64          `json:"at,omitempty"`   // when it was done
	Sum      uint32         `json:"sum,omitempty"`  // checksum of the state
	Fed      int            `json:"fed,omitempty"`  // joiners that this member has given the state
	Excluded int            `json:"excluded,omitempty"`
	Count    int            `json:"count,omitempty"` // of reads
	P99      time.Duration  `json:"p99,omitempty"`   // of the casts before
	Max      time.Duration  `json:"max,omitempty"`   // of those under way
	Use      *use           `json:"use,omitempty"`
}

// worker is one process.
type worker struct {
	member *member

	mu  sync.Mutex
	out *json.Encoder
}

// Work is the process of a member: it does what in says, until in ends, and
// reports to out.
func Work(in io.Reader, out io.Writer) error {
	signal.Ignore(os.Interrupt) // from the terminal; the parent has it too
	w := &worker{out: json.NewEncoder(out)}
	w.member = newMember(w.tell)
	orders := json.NewDecoder(bufio.NewReader(in))
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			return w.member.close()
		}
		r := &report{Did: o.Do}
		began := time.Now()
		if err := w.obey(&o, r); err != nil {
			w.tell(&report{Fault: fmt.Sprintf("%s: %v", o.Do, err)})
			continue
		}
		now := time.Now()
		if r.Took == 0 {
			r.Took = now.Sub(began)
		}
		r.At = now.UnixNano()
		w.tell(r)
	}
}

func (w *worker) tell(r *report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(r) // who does not listen is not told
}

// obey does one thing.
func (w *worker) obey(o *order, r *report) (err error) {
	m := w.member
	switch o.Do {
	case doStart:
		err = m.start(o, r)
	case doHold:
		err = m.state.hold(o.Bulk, o.Fill)
	case doJoin:
		err = m.join(o)
	case doReady:
		err = m.ready(o.Members, r)
	case doCall:
		err = m.call(o)
	case doWatch:
		m.watch(o.Gone)
	case doLoad:
		m.load.begin(m, o.Pause)
	case doHush:
		err = m.load.end()
	case doTimes:
		m.load.times.around(o, r)
	case doUse:
		r.Use = m.host.use()
	case doServe:
		r.Addr, err = m.state.serve(m.addr)
	case doFetch:
		r.Took, err = m.state.fetch(o.Addr)
	case doReads:
		r.Count, r.Took, err = m.reads(o.Pause)
	case doLeave:
		err = m.leave()
	default:
		err = fmt.Errorf("nobody can do that")
	}
	return err
}
