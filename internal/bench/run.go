package bench

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cohortkit/cohort/internal/crew"
)

// Bench starts runs. Its workers are processes of this program.
type Bench struct {
	Worker  []string      // the arguments that make this program a worker
	Measure time.Duration // how long a run is measured, after a warm-up
	Profile string        // a directory for processor profiles of the workers; empty for none
	Trace   string        // a directory for what the members' systems say of themselves, SYSTEM-RANK.jsonl; empty for none
	Pin     []int         // the processor that each member stays on, by rank, and over again; none for any
	// Congestion is the congestion control of plain TCP's connections; empty for the system's.
	Congestion string
	Network    *Network // that the members are in, each as on a machine of its own; nil for this machine's loopback
}

// Run is what one run came to.
type Run struct {
	System string
	Shape
	Rate    float64 // deliveries a second at the slowest member; without own ones, where none are delivered
	Net     float64 // deliveries a second of others' casts, at those who get some: their mean
	CPU     float64 // processor seconds of all members for a million deliveries
	Allocs  float64 // objects allocated for a delivery
	Bytes   float64 // that they took
	Memory  float64 // bytes, of the largest member
	Used    int     // processors that the Go runtime of a member uses at a time: the least of all
	Sender  Times   // from Cast to the delivery at the sender
	Last    Times   // from Cast to the delivery at the last member
	Call    Times   // from Cast to its replies
	Calls   []Call  // in no order
	Settled uint64  // deliveries in all, each checked; without own ones, where none are delivered
	Passage Passage // through the bench's network, if it has one
	Control string  // TCP's congestion control, if it is plain TCP
}

// Times are durations of a run's casts.
type Times struct {
	P50, P99 time.Duration
	Samples  int
}

// running is a run under way.
type running struct {
	*crew.Crew[report]
	b       *Bench
	system  string
	shape   Shape
	dir     string // with one for each member
	members []*crew.Process
	network emulated
	control string   // TCP's congestion control
	answers []report // by rank, to what all were told last
	times   map[castKey][]time.Duration
	calls   []Call
}

// castKey names a cast of a run.
type castKey struct {
	group int
	cast  uint64 // as in a timing
}

// Run loads a system for a while and checks what it does. An error says that it
// failed, or that it broke what the shape promises.
func (b *Bench) Run(ctx context.Context, system string, s Shape) (*Run, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "cohort-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // nothing depends on it
	c, err := crew.New[report](ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r := &running{Crew: c, b: b, system: system, shape: s, dir: dir, times: map[castKey][]time.Duration{}}
	defer r.network.close()
	run, err := r.run()
	if err != nil && !errors.Is(err, crew.ErrInterrupted) {
		err = fmt.Errorf("%s: %w", system, err)
	}
	return run, err
}

func (r *running) run() (*Run, error) {
	if err := r.start(); err != nil {
		return nil, err
	}
	if err := r.gather(); err != nil {
		return nil, err
	}
	if err := r.all(order{Do: doGo}); err != nil {
		return nil, err
	}
	if err := r.During(min(r.b.Measure/2, time.Second), r.fault); err != nil {
		return nil, err
	}
	before, err := r.mark(true)
	if err != nil {
		return nil, err
	}
	r.network.begin()
	if err := r.During(r.b.Measure, r.fault); err != nil {
		return nil, err
	}
	passage := r.network.end()
	after, err := r.mark(false)
	if err != nil {
		return nil, err
	}
	run, err := r.finish(before, after)
	if run != nil {
		run.Passage = passage
	}
	return run, err
}

// start starts the members' processes, in a network if there is one.
func (r *running) start() error {
	for i := range r.shape.Members {
		place := crew.Place{Apart: r.b.Network != nil}
		if n := len(r.b.Pin); n > 0 {
			place.Processors = []int{r.b.Pin[i%n]}
		}
		p, err := r.StartAt(place, fmt.Sprintf("member %d", i), r.b.Worker...)
		if err != nil {
			return err
		}
		r.members = append(r.members, p)
	}
	if r.b.Network == nil {
		return nil
	}
	return r.network.start(*r.b.Network, r.members)
}

// gather makes the members and lets them join, one after the other.
func (r *running) gather() error {
	dirs := make([]string, r.shape.Members)
	for rank := range dirs {
		dirs[rank] = filepath.Join(r.dir, fmt.Sprint(rank))
		if err := os.Mkdir(dirs[rank], 0o700); err != nil {
			return err
		}
	}
	be := func(rank int) order {
		o := order{Do: doBe, System: r.system, Shape: r.shape, Rank: rank, Dir: dirs[rank], Host: r.network.host(rank), Control: r.b.Congestion}
		if r.b.Trace != "" {
			o.Trace = filepath.Join(r.b.Trace, fmt.Sprintf("%s-%d.jsonl", r.system, rank))
		}
		return o
	}
	if err := r.each(be, slices.Collect(ranks(r.shape.Members))...); err != nil {
		return err
	}
	join := order{Do: doJoin}
	for _, a := range r.answers {
		join.Addrs = append(join.Addrs, a.Addr)
	}
	for rank := range r.shape.Members {
		if err := r.each(func(int) order { return join }, rank); err != nil {
			return err
		}
	}
	if err := r.all(order{Do: doReady}); err != nil {
		return err
	}
	for _, a := range r.answers {
		r.control = cmp.Or(r.control, a.Control)
	}
	return nil
}

// ranks yields 0 to n-1.
func ranks(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// all tells all members the same and waits for their answers.
func (r *running) all(o order) error {
	return r.each(func(int) order { return o }, slices.Collect(ranks(r.shape.Members))...)
}

// each tells members something and waits for their answers.
func (r *running) each(tell func(rank int) order, who ...int) error {
	r.answers = make([]report, r.shape.Members)
	var do string
	for _, rank := range who {
		o := tell(rank)
		do = o.Do
		if err := r.members[rank].Tell(o); err != nil {
			return fmt.Errorf("%s: %w", r.members[rank].Name, err)
		}
	}
	missing := len(who)
	return r.Until(do, func(t crew.Tiding[report]) error {
		if err := r.fault(t); err != nil {
			return err
		}
		if t.Report.Did == do {
			r.answers[slices.Index(r.members, t.From)] = t.Report
			missing--
		}
		return nil
	}, func() bool { return missing == 0 })
}

// fault takes a report: it is an error, or times, or answers something.
func (r *running) fault(t crew.Tiding[report]) error {
	switch {
	case t.Gone:
		return t.From.Failure()
	case t.Report.Fault != "":
		return fmt.Errorf("%s: %s", t.From.Name, t.Report.Fault)
	case t.Report.Times != nil:
		rank := slices.Index(r.members, t.From)
		for b := t.Report.Times; len(b) >= timingSize; b = b[timingSize:] {
			k := castKey{t.Report.Group, binary.LittleEndian.Uint64(b)}
			if r.times[k] == nil {
				r.times[k] = make([]time.Duration, r.shape.Members)
			}
			r.times[k][rank] = max(1, time.Duration(binary.LittleEndian.Uint32(b[8:])))
		}
	case t.Report.Calls != nil:
		r.calls = appendCalls(r.calls, t.Report.Group, slices.Index(r.members, t.From), t.Report.Calls)
	}
	return nil
}

// mark asks what was done so far. The first mark begins what is measured.
func (r *running) mark(begin bool) (list []*Mark, err error) {
	mark := func(rank int) order {
		o := order{Do: doMark, Begin: begin}
		if begin && r.b.Profile != "" {
			o.Profile = filepath.Join(r.b.Profile, fmt.Sprintf("%s-%d.pprof", r.system, rank))
		}
		return o
	}
	if err := r.each(mark, slices.Collect(ranks(r.shape.Members))...); err != nil {
		return nil, err
	}
	for _, a := range r.answers {
		list = append(list, a.Mark)
	}
	return list, nil
}

// finish stops the load, lets everything arrive, and compares.
func (r *running) finish(before, after []*Mark) (*Run, error) {
	if err := r.all(order{Do: doStop}); err != nil {
		return nil, err
	}
	sent := make([][]uint64, r.shape.Groups)
	for g := range sent {
		for _, a := range r.answers {
			sent[g] = append(sent[g], a.Sent[g])
		}
	}
	if err := r.all(order{Do: doSettle, Sent: sent}); err != nil {
		return nil, err
	}
	run := &Run{System: r.system, Shape: r.shape, Control: r.control}
	for rank, a := range r.answers {
		if !slices.Equal(a.Chains, r.answers[0].Chains) {
			return nil, fmt.Errorf("members 0 and %d were delivered the same casts in different orders", rank)
		}
		run.Memory = max(run.Memory, a.Memory)
		run.Settled += a.Checked
	}
	run.sum(before, after)
	run.Sender, run.Last = r.durations()
	run.Calls, run.Call = r.called()
	if r.b.Trace == "" {
		return run, nil
	}
	return run, r.part()
}

// part has the members end by themselves, so that their traces are whole.
func (r *running) part() error {
	missing := len(r.members)
	for _, p := range r.members {
		p.Finish()
	}
	return r.Until("ending", func(t crew.Tiding[report]) error {
		if t.Gone {
			missing--
			return t.From.Err()
		}
		return nil // they see each other go
	}, func() bool { return missing == 0 })
}

// sum derives rates and costs from what members have done between two marks.
func (run *Run) sum(before, after []*Mark) {
	var all, cpu, allocs, bytes, net float64
	getters := 0
	for i, b := range before {
		a := after[i]
		seconds := float64(a.At-b.At) / float64(time.Second)
		rate := float64(a.All-b.All) / seconds
		if a.Others > 0 {
			getters++
			net += float64(a.Others-b.Others) / seconds
		}
		if a.All > 0 && (run.Rate == 0 || rate < run.Rate) {
			run.Rate = rate
		}
		all += float64(a.All - b.All)
		cpu += a.CPU - b.CPU
		allocs += float64(a.Allocs - b.Allocs)
		bytes += float64(a.Bytes - b.Bytes)
		if run.Used == 0 || a.Used < run.Used {
			run.Used = a.Used
		}
	}
	run.Net = net / float64(max(getters, 1))
	all = max(all, 1)
	run.CPU, run.Allocs, run.Bytes = cpu/all*1e6, allocs/all, bytes/all
}

// durations are those of casts that were timed: at their senders, and of those
// that were timed everywhere, at the last.
func (r *running) durations() (sender, last Times) {
	var own, latest []time.Duration
	for k, took := range r.times { // order does not matter: sorted below
		if t := took[k.cast&0xffff]; t > 0 {
			own = append(own, t)
		}
		if !slices.Contains(took, 0) {
			latest = append(latest, slices.Max(took))
		}
	}
	return newTimes(own), newTimes(latest)
}

func newTimes(list []time.Duration) Times {
	if len(list) == 0 {
		return Times{}
	}
	slices.Sort(list)
	return Times{P50: list[len(list)/2], P99: list[len(list)*99/100], Samples: len(list)}
}
