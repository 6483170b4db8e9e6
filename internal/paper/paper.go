// Package paper repeats the evaluation of the 1987 paper on Isis with today's
// Cohort: its figure 2, throughput and latency; its figure 3, where the time of
// one Total cast goes; and its Table I, what each tool sends.
//
// Times are of members that are processes on one machine, measured by package
// bench. Figure 3 is read from the traces of such processes. Messages are counted
// in the simulator, where the numbers are exact.
package paper

import (
	"context"
	"os"
	"runtime"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
)

// What is measured. The bytes of a message are those of its payload.
var (
	// Sizes are those of figure 2.
	Sizes = []int{100, 1000, 10_000, 100_000}
	// Destinations are the members that a message goes to, its sender one of them.
	Destinations = []int{2, 3, 5}
	// Orders are those that the paper measures: CBCAST, ABCAST and GBCAST.
	Orders = []string{bench.Causal, bench.Total, bench.Barrier}
)

// members are those of a group when it is not their number that varies.
const members = 3

// Result is all that was measured. Rates are per second and times in microseconds.
type Result struct {
	Date       time.Time    `json:"date"`
	Go         string       `json:"go"`
	Commit     string       `json:"commit,omitempty"` // of what was measured
	Processors int          `json:"processors"`
	Loads      [2]float64   `json:"loads"`   // of the machine in the minute before the first run, and at the end of the last
	Seconds    float64      `json:"seconds"` // of each run, after a warm-up of half of that
	Isis       Isis         `json:"isis"`
	Throughput []Throughput `json:"throughput"`
	Latency    []Latency    `json:"latency"`
	RawP50     [2]float64   `json:"raw_p50_us"` // plain TCP's round trip to both others, before and after
	Breakdown  Breakdown    `json:"breakdown"`
	Table      []Row        `json:"table"`
	Members    int          `json:"table_members"`
}

// Throughput is how much one member casts asynchronously to two others and itself.
type Throughput struct {
	Size       int     `json:"size"`
	BytesPerS  float64 `json:"bytes_per_s"` // delivered at the slowest member
	CastsPerS  float64 `json:"casts_per_s"`
	RawPerS    float64 `json:"raw_bytes_per_s"` // over plain TCP, to the two others
	CPU        float64 `json:"cpu_s_per_million"`
	Deliveries uint64  `json:"deliveries"` // each checked
}

// Latency is how long calls take, one at a time, made by the youngest member.
type Latency struct {
	Order   string  `json:"order"`
	Replies string  `json:"replies"` // own: that of the caller's own member; all
	Members int     `json:"members"`
	Size    int     `json:"size"`
	P50     float64 `json:"p50_us"` // from the call to its return
	P99     float64 `json:"p99_us"`
	LastP50 float64 `json:"last_p50_us"` // from the call to its handling at the last member
	Calls   int     `json:"calls"`
}

// Paper measures.
type Paper struct {
	Worker []string      // the arguments that make this program a worker
	For    time.Duration // how long all may take, about
	Tell   func(string)  // is told what is measured next
}

// The runs, and what each takes but for measuring.
const (
	overhead = 120 * time.Millisecond
	least    = 30 * time.Millisecond // of a run

	leastTraced = 300 * time.Millisecond // of the run of figure 3, which has to have casts
)

func runs() int {
	calls := 2 * len(Orders) * (len(Destinations) + len(Sizes) - 1)
	return 2*len(Sizes) + calls + 2 + 2
}

// measure is how long each run is measured: a warm-up of half of that comes first.
func (p *Paper) measure() time.Duration {
	return max(least, (p.For/time.Duration(runs())-overhead)*2/3)
}

// evaluation is a measurement under way.
type evaluation struct {
	*Paper
	ctx context.Context
	b   bench.Bench
	out *Result
}

// Run measures everything. The error is bench's, or says what the trace or the
// simulator lack.
func (p *Paper) Run(ctx context.Context) (*Result, error) {
	e := &evaluation{Paper: p, ctx: ctx, b: bench.Bench{Worker: p.Worker, Measure: p.measure()}}
	e.out = &Result{
		Date: time.Now().UTC(), Go: runtime.Version(), Commit: bench.Commit(), Processors: runtime.NumCPU(), Seconds: e.b.Measure.Seconds(),
		Loads: [2]float64{bench.Load()}, Isis: Then(), Members: countedMembers,
	}
	for _, do := range []func() error{
		e.table, func() error { return e.roundTrip(0) }, e.throughput, e.latency, e.breakdown, func() error { return e.roundTrip(1) },
	} {
		if err := do(); err != nil {
			return nil, err
		}
	}
	e.out.Loads[1] = bench.Load()
	return e.out, nil
}

func (e *evaluation) table() (err error) {
	e.Tell("Table I: messages, in the simulator")
	e.out.Table, err = Table()
	return err
}

// roundTrip measures plain TCP: one message to two others and their answers.
func (e *evaluation) roundTrip(i int) error {
	e.Tell("plain TCP, one at a time")
	r, err := e.b.Run(e.ctx, bench.Raw, bench.Shape{
		Members: members, Order: bench.FIFO, Size: Sizes[0], Senders: bench.One, Window: 1, Groups: 1,
	})
	if err == nil {
		e.out.RawP50[i] = micros(r.Sender.P50)
	}
	return err
}

func (e *evaluation) throughput() error {
	for _, size := range Sizes {
		e.Tell("figure 2: throughput of Causal casts of " + bytesText(size))
		s := bench.Shape{Members: members, Order: bench.Causal, Size: size, Senders: bench.One, Groups: 1}
		r, err := e.b.Run(e.ctx, bench.Cohort, s)
		if err != nil {
			return err
		}
		s.Order = bench.FIFO
		raw, err := e.b.Run(e.ctx, bench.Raw, s)
		if err != nil {
			return err
		}
		e.out.Throughput = append(e.out.Throughput, Throughput{
			Size: size, BytesPerS: r.Rate * float64(size), CastsPerS: r.Rate, RawPerS: raw.Net * float64(size),
			CPU: r.CPU, Deliveries: r.Settled,
		})
	}
	return nil
}

// latency measures calls against the number of destinations, and against the size.
func (e *evaluation) latency() error {
	for _, replies := range []string{bench.OwnReply, bench.AllReplies} {
		for _, o := range Orders {
			for _, n := range Destinations {
				if err := e.call(o, replies, n, Sizes[0]); err != nil {
					return err
				}
			}
			for _, size := range Sizes[1:] {
				if err := e.call(o, replies, members, size); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (e *evaluation) call(order, replies string, members, size int) error {
	e.Tell("figure 2: " + order + " calls to " + count(members, "member") + ", " + bytesText(size) + ", reply of " + replies)
	r, err := e.b.Run(e.ctx, bench.Cohort, calling(order, replies, members, size))
	if err != nil {
		return err
	}
	e.out.Latency = append(e.out.Latency, Latency{
		Order: order, Replies: replies, Members: members, Size: size,
		P50: micros(r.Call.P50), P99: micros(r.Call.P99), LastP50: micros(r.Last.P50), Calls: r.Call.Samples,
	})
	return nil
}

// calling is the shape of a run of calls. An ABCAST of 1987 had no place where it was
// cheaper, so the order of Total casts is not the caller's.
func calling(order, replies string, members, size int) bench.Shape {
	return bench.Shape{
		Members: members, Order: order, Size: size, Senders: bench.One, Window: 1, Groups: 1, Replies: replies,
		Elsewhere: order == bench.Total,
	}
}

// breakdown takes calls apart. Those that wait for nobody but their own member
// leave the others behind, so the way to another is taken from those that wait for
// all: each finds the members idle.
func (e *evaluation) breakdown() error {
	own, err := e.traced(bench.OwnReply)
	if err != nil {
		return err
	}
	all, err := e.traced(bench.AllReplies)
	if err != nil {
		return err
	}
	e.out.Breakdown = Breakdown{
		Casts: own.Casts, Steps: own.Steps, Call: own.Call,
		RemoteCasts: all.Casts, Remote: all.Remote, Delivered: all.Delivered,
	}
	return nil
}

// traced measures calls whose members write traces, and takes them apart.
func (e *evaluation) traced(replies string) (*Breakdown, error) {
	e.Tell("figure 3: one Total call at a time, traced, reply of " + replies)
	dir, err := os.MkdirTemp("", "cohort-paper-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // nothing depends on it
	b := e.b
	b.Trace, b.Measure = dir, max(b.Measure, leastTraced)
	r, err := b.Run(e.ctx, bench.Cohort, calling(bench.Total, replies, members, Sizes[0]))
	if err != nil {
		return nil, err
	}
	return takeApart(dir, r.Calls)
}

// Find is the latency that was measured so, or nil.
func (r *Result) Find(order, replies string, members, size int) *Latency {
	for i := range r.Latency {
		if l := &r.Latency[i]; l.Order == order && l.Replies == replies && l.Members == members && l.Size == size {
			return l
		}
	}
	return nil
}
