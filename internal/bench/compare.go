package bench

import (
	"context"
	"math"
	"runtime"
	"time"
)

// Result is Cohort beside plain TCP, in one invocation. Rates are per second,
// times in microseconds.
type Result struct {
	Order     string  `json:"order"`
	Safe      bool    `json:"safe"`
	Members   int     `json:"members"`
	Senders   string  `json:"senders"`
	Size      int     `json:"size"`
	Window    int     `json:"window"`
	Batch     int     `json:"batch"`
	Groups    int     `json:"groups"`
	Elsewhere bool    `json:"elsewhere,omitempty"`
	Seconds   float64 `json:"seconds"`

	MsgsPerS  float64 `json:"msgs_per_s"` // delivered to the handler, at the slowest member
	MBPerS    float64 `json:"mb_per_s"`
	P50       float64 `json:"p50_us"` // from Cast to the delivery at the sender
	P99       float64 `json:"p99_us"`
	LastP50   float64 `json:"last_p50_us"` // to the delivery at the last member
	LastP99   float64 `json:"last_p99_us"`
	Samples   int     `json:"samples"`
	CPU       float64 `json:"cpu_s_per_million"`   // processor seconds of all members, for a million deliveries
	Allocs    float64 `json:"allocs_per_msg"`      // at all members, for each delivery
	AllocSize float64 `json:"alloc_bytes_per_msg"` // of these
	Memory    float64 `json:"rss_mb"`              // of the largest member, at most
	Checked   uint64  `json:"checked"`             // deliveries, all of them

	Net       float64    `json:"net_msgs_per_s"`   // others' casts, at each who gets some
	RawBefore float64    `json:"raw_before_per_s"` // the same over plain TCP
	RawAfter  float64    `json:"raw_after_per_s"`
	RawRatio  float64    `json:"raw_ratio"` // Net to the mean of both
	RawNoise  float64    `json:"raw_noise"` // the larger of both to the smaller: 1 is a quiet machine
	RawCPU    float64    `json:"raw_cpu_s_per_million"`
	RawWith   string     `json:"raw_congestion,omitempty"` // plain TCP's congestion control
	RawP50    [2]float64 `json:"raw_p50_us"`               // with a window: round trip to all others, before and after
	RawP99    [2]float64 `json:"raw_p99_us"`
	P50Ratio  float64    `json:"p50_ratio"` // with a window: P50 to the mean of RawP50

	Network    string      `json:"network,omitempty"`     // of the members; if none, loopback
	Passage    *Passage    `json:"passage,omitempty"`     // through it
	RawPassage *[2]Passage `json:"raw_passage,omitempty"` // of plain TCP, before and after

	Processors int     `json:"processors"`
	Pin        []int   `json:"pin,omitempty"` // that each member stays on
	Used       int     `json:"gomaxprocs"`    // of them, that each member's Go uses at a time
	Load       float64 `json:"load"`          // of the machine in the minute before
}

// Compare measures plain TCP, Cohort, and plain TCP again, each of the latter for
// half the time. Tell is called before each.
func (b *Bench) Compare(ctx context.Context, s Shape, tell func(system string)) (*Result, error) {
	plain := s
	plain.Order, plain.Safe, plain.Groups, plain.Elsewhere = FIFO, false, 1, false
	half := *b
	half.Measure, half.Profile = b.Measure/2, ""
	load := Load()
	var runs [3]*Run
	for i, what := range []struct {
		b      *Bench
		system string
		shape  Shape
	}{{&half, Raw, plain}, {b, Cohort, s}, {&half, Raw, plain}} {
		tell(what.system)
		var err error
		if runs[i], err = what.b.Run(ctx, what.system, what.shape); err != nil {
			return nil, err
		}
	}
	return newResult(b, runs[0], runs[1], runs[2], load), nil
}

func newResult(b *Bench, before, ours, after *Run, load float64) *Result {
	r := &Result{
		Order: ours.Order, Safe: ours.Safe, Members: ours.Members, Senders: ours.Senders, Size: ours.Size,
		Window: ours.Window, Batch: max(1, ours.Batch), Groups: ours.Groups, Elsewhere: ours.Elsewhere, Seconds: b.Measure.Seconds(),
		MsgsPerS: Rounded(ours.Rate), MBPerS: Rounded(ours.Rate * float64(ours.Size) / 1e6),
		P50: micros(ours.Sender.P50), P99: micros(ours.Sender.P99),
		LastP50: micros(ours.Last.P50), LastP99: micros(ours.Last.P99), Samples: ours.Sender.Samples,
		CPU: Rounded(ours.CPU), Allocs: Rounded(ours.Allocs), AllocSize: Rounded(ours.Bytes),
		Memory: Rounded(ours.Memory / 1e6), Checked: ours.Settled,
		Net: Rounded(ours.Net), RawBefore: Rounded(before.Net), RawAfter: Rounded(after.Net),
		RawCPU:     Rounded((before.CPU + after.CPU) / 2),
		RawWith:    before.Control,
		RawP50:     [2]float64{micros(before.Sender.P50), micros(after.Sender.P50)},
		RawP99:     [2]float64{micros(before.Sender.P99), micros(after.Sender.P99)},
		Processors: runtime.NumCPU(), Used: ours.Used, Pin: b.Pin, Load: load,
	}
	if low := min(before.Net, after.Net); low > 0 {
		r.RawRatio = Rounded(ours.Net * 2 / (before.Net + after.Net))
		r.RawNoise = Rounded(max(before.Net, after.Net) / low)
	}
	if raw := r.RawP50[0] + r.RawP50[1]; raw > 0 {
		r.P50Ratio = Rounded(r.P50 * 2 / raw)
	}
	if b.Network != nil {
		r.Network, r.Passage = b.Network.String(), &ours.Passage
		r.RawPassage = &[2]Passage{before.Passage, after.Passage}
	}
	return r
}

func micros(d time.Duration) float64 { return Rounded(float64(d) / float64(time.Microsecond)) }

// Rounded keeps four significant digits.
func Rounded(x float64) float64 {
	if x == 0 {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}
