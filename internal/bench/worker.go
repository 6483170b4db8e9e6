package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What a worker is told to do, each answered by one report of that name.
const (
	doBe     = "be"     // be a member of a system: System.Make and Member.Listen
	doJoin   = "join"   // Member.Join
	doReady  = "ready"  // Member.Ready
	doGo     = "go"     // begin to cast
	doMark   = "mark"   // tell what was done and used so far
	doStop   = "stop"   // cast no more; tell how much was
	doSettle = "settle" // wait for all that was cast; tell the hashes and times
)

// order is one line to a worker.
type order struct {
	Do      string     `json:"do"`
	System  string     `json:"system,omitempty"`
	Shape   Shape      `json:"shape"`
	Rank    int        `json:"rank"`
	Profile string     `json:"profile,omitempty"` // of a mark: the file for the processor profile from here on
	Dir     string     `json:"dir,omitempty"`     // Seat.Dir
	Trace   string     `json:"trace,omitempty"`   // Seat.Trace
	Host    string     `json:"host,omitempty"`    // Seat.Host
	Control string     `json:"control,omitempty"` // Seat.Congestion
	Addrs   []string   `json:"addrs,omitempty"`
	Sent    [][]uint64 `json:"sent,omitempty"`  // casts in all, by group and rank
	Begin   bool       `json:"begin,omitempty"` // of a mark: times are kept from here on
}

// report is one line from a worker. One with Times, Calls or a Fault answers nothing.
type report struct {
	Did     string   `json:"did,omitempty"`
	Fault   string   `json:"fault,omitempty"`
	Addr    string   `json:"addr,omitempty"`
	Control string   `json:"control,omitempty"` // TCP's congestion control, of those who know it
	Mark    *Mark    `json:"mark,omitempty"`
	Sent    []uint64 `json:"sent,omitempty"`    // own casts, by group
	Chains  []uint64 `json:"chains,omitempty"`  // by group
	Memory  float64  `json:"memory,omitempty"`  // bytes, at most at a time
	Checked uint64   `json:"checked,omitempty"` // deliveries, of all that were cast
	Group   int      `json:"group,omitempty"`   // of Times
	Times   []byte   `json:"times,omitempty"`   // see ledger.timings
	Calls   []byte   `json:"calls,omitempty"`   // see calls.tell
}

// worker is one member's process.
type worker struct {
	seat   Seat
	member Member
	ledger *ledger
	casts  []uint64 // by group
	calls  calls
	slots  chan struct{} // one for each cast under way, when there is a window
	stop   atomic.Bool
	over   chan struct{} // closed when the last cast is on its way
	began  time.Time
	file   *os.File // of the processor profile while it is written

	mu     sync.Mutex
	out    *json.Encoder
	failed bool
}

// Work is the worker process of a run: it does what in says, until in ends, and
// reports to out. The error says why it could not.
func Work(systems Systems, in io.Reader, out io.Writer) error {
	signal.Ignore(os.Interrupt) // from the terminal; the parent has it too
	w := &worker{out: json.NewEncoder(out), over: make(chan struct{}), began: time.Now()}
	orders := json.NewDecoder(bufio.NewReader(in))
	for {
		var o order
		if err := orders.Decode(&o); err != nil {
			if w.member == nil {
				return nil
			}
			return w.member.Close()
		}
		if err := w.obey(systems, &o); err != nil {
			w.fail(err)
		}
	}
}

// fail tells the first fault; those after it may be its consequences.
func (w *worker) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.failed {
		w.failed = true
		_ = w.out.Encode(report{Fault: err.Error()}) // who does not listen is not told
	}
}

func (w *worker) tell(r *report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(r) // as in fail
}

// obey does one thing and reports it.
func (w *worker) obey(systems Systems, o *order) (err error) {
	r := &report{Did: o.Do}
	switch o.Do {
	case doBe:
		r.Addr, err = w.be(systems, o)
	case doJoin:
		err = w.member.Join(o.Addrs)
	case doReady:
		err = w.member.Ready()
		if m, ok := w.member.(*rawMember); ok {
			r.Control = m.congestion()
		}
	case doGo:
		go w.load()
	case doMark:
		r.Mark = w.mark()
		w.ledger.timed.Store(o.Begin)
		err = w.profile(o.Profile)
	case doStop:
		w.stop.Store(true)
		<-w.over
		r.Sent = w.casts
	case doSettle:
		err = w.settle(o, r)
	default:
		err = fmt.Errorf("nobody can %q", o.Do)
	}
	if err == nil {
		w.tell(r)
	}
	return err
}

func (w *worker) be(systems Systems, o *order) (string, error) {
	system, known := systems[o.System]
	if !known {
		return "", fmt.Errorf("no system %q", o.System)
	}
	if err := o.Shape.Check(); err != nil {
		return "", err
	}
	if o.Shape.Replies != NoReply && !system.Calls {
		return "", fmt.Errorf("members of %s do not reply", o.System)
	}
	w.ledger = newLedger(o.Shape, o.Rank)
	w.ledger.deaf, w.ledger.fail, w.ledger.own = system.Deaf, w.fail, w.own
	w.casts = make([]uint64, o.Shape.Groups)
	if o.Shape.Window > 0 {
		w.slots = make(chan struct{}, o.Shape.Window)
	}
	w.seat = Seat{Shape: o.Shape, Rank: o.Rank, Dir: o.Dir, Trace: o.Trace, Host: o.Host, Congestion: o.Control, Deliver: w.ledger.deliver, Fail: w.fail}
	w.member = system.Make(&w.seat)
	return w.member.Listen()
}

// profile ends the processor profile, and begins one if it has a name.
func (w *worker) profile(name string) (err error) {
	if w.file != nil {
		pprof.StopCPUProfile()
		err, w.file = w.file.Close(), nil
	}
	if name == "" || err != nil {
		return err
	}
	if w.file, err = os.Create(name); err != nil {
		return err
	}
	return pprof.StartCPUProfile(w.file)
}

// own is called when an own cast was delivered.
func (w *worker) own() {
	if w.slots != nil {
		<-w.slots
	}
}

// load casts until it is told to stop.
func (w *worker) load() {
	defer close(w.over)
	s := &w.seat.Shape
	if !s.casts(w.seat.Rank) {
		return
	}
	payloads := slices.Repeat([][]byte{newPayload(s.Size, w.seat.Rank)}, max(1, s.Batch)*s.Groups)
	for i := range payloads {
		payloads[i] = slices.Clone(payloads[i])
	}
	stride := s.stride()
	for k := 0; !w.stop.Load(); k++ {
		if w.slots != nil {
			w.slots <- struct{}{}
		}
		group := k % s.Groups
		lanes := w.ledger.groups[group].lanes
		m := message{sender: w.seat.Rank, group: group, seq: w.casts[group], witness: s.witness(k)}
		m.seen = lanes[m.witness].next.Load()
		if m.seq%stride == 0 {
			m.at = time.Now().UnixNano()
		}
		payload := payloads[k%len(payloads)]
		m.write(payload)
		if err := w.member.Cast(group, payload); err != nil {
			w.fail(fmt.Errorf("cast %d: %w", m.seq, err))
			return
		}
		if s.Replies != NoReply && w.ledger.timed.Load() {
			w.calls = append(w.calls, call{group, m.seq, m.at, time.Duration(time.Now().UnixNano() - m.at)})
		}
		w.casts[group]++
	}
	if err := w.member.Flush(); err != nil {
		w.fail(err)
	}
}

func (w *worker) mark() *Mark {
	m := &Mark{At: time.Since(w.began).Nanoseconds()}
	m.All, m.Others = w.ledger.counts()
	m.use(w.helper())
	return m
}

// helper is the process that works for the member; 0 if none does.
func (w *worker) helper() int {
	if h, ok := w.member.(Helped); ok {
		return h.Helper()
	}
	return 0
}

// settleFor is how long what was cast may take to arrive, when no more is.
const settleFor = 10 * time.Second

// settle waits for all that was cast, and reports what members compare.
func (w *worker) settle(o *order, r *report) error {
	for began := time.Now(); !w.ledger.has(o.Sent); time.Sleep(time.Millisecond) {
		if time.Since(began) > settleFor {
			all, _ := w.ledger.counts()
			return fmt.Errorf("of what was cast only %d have come %v after the last; sent by group and rank: %v", all, settleFor, o.Sent)
		}
	}
	const most = 1 << 16
	for g := range w.seat.Groups {
		w.ledger.timings(g, most, func(b []byte) { w.tell(&report{Group: g, Times: b}) })
		w.calls.tell(g, most, func(b []byte) { w.tell(&report{Group: g, Calls: b}) })
	}
	r.Chains, r.Memory = w.ledger.chains(), PeakMemory()
	r.Checked, _ = w.ledger.counts()
	if pid := w.helper(); pid != 0 {
		r.Memory += peakMemoryOf(pid)
	}
	return nil
}
