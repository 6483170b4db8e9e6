package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
)

// comparison is all systems under all loads, several times.
type comparison struct {
	rounds  int
	measure time.Duration
	peers   []peer
	commit  string   // of what measures; empty if nobody can tell
	absent  []string // who was left out, and why
	tell    func(string)

	began   time.Time
	load    [2]float64 // of the machine, before the first measurement, and the most before any
	figures []*figure
}

// figure is one system under one load. Its lists are by round.
type figure struct {
	System  string    `json:"system"`
	Load    string    `json:"load"`
	Order   string    `json:"order"`    // checked
	Net     []float64 `json:"net"`      // casts of others a second, at each who gets some
	Ratio   []float64 `json:"raw"`      // that, to plain TCP's in the same round; not measured without it
	P50     []float64 `json:"p50_us"`   // to the delivery at the sender
	P99     []float64 `json:"p99_us"`   // the same
	Last    []float64 `json:"last_us"`  // median to the delivery at the last member
	CPU     []float64 `json:"cpu"`      // processor seconds for a million deliveries
	Allocs  []float64 `json:"allocs"`   // for a delivery
	Memory  []float64 `json:"rss_mb"`   // of the largest member
	Checked uint64    `json:"checked"`  // deliveries
	Failed  []string  `json:"failures"` // rounds that broke what the system promises, or did not come to an end
}

// run measures. A peer that fails in a round has no figures of it, and says why.
func (c *comparison) run(ctx context.Context) error {
	c.began = time.Now()
	c.leaveOut()
	b := bench.Bench{Worker: []string{asWorker}, Measure: c.measure}
	for round := range c.rounds {
		for _, l := range loads() {
			var raw float64
			for _, p := range c.peers {
				if !p.bears(l) {
					continue
				}
				c.noteLoad()
				s := l.Shape
				s.Order = p.order
				f := c.figure(p.name, l.name, p.order)
				run, err := b.Run(ctx, p.name, s)
				switch {
				case ctx.Err() != nil:
					return ctx.Err()
				case err != nil:
					f.Failed = append(f.Failed, err.Error())
					c.tell(fmt.Sprintf("round %d, %s: %v", round+1, l.name, err))
					continue
				}
				if p.name == bench.Raw {
					raw = run.Net
				}
				f.add(run, raw)
				c.tell(fmt.Sprintf("round %d, %-20s %-17s %12.0f/s  p50 %8.1f us", round+1, l.name, p.name, run.Net, f.P50[len(f.P50)-1]))
			}
		}
	}
	return nil
}

// choose is the peers with a name that matches, one or more.
func choose(pattern string) (list []peer, err error) {
	names, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, p := range peers() {
		known = append(known, p.name)
		if names.MatchString(p.name) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no system has a name like %q; there are: %s", pattern, strings.Join(known, "; "))
	}
	return list, nil
}

// leaveOut goes on without the peers that this machine cannot run.
func (c *comparison) leaveOut() {
	c.peers = slices.DeleteFunc(c.peers, func(p peer) bool {
		err := p.lack()
		if err != nil {
			why := fmt.Sprintf("%s is left out: %v", p.name, err)
			c.absent = append(c.absent, why)
			c.tell(why)
		}
		return err != nil
	})
}

func (c *comparison) noteLoad() {
	now := bench.Load()
	if len(c.figures) == 0 {
		c.load[0] = now
	}
	c.load[1] = max(c.load[1], now)
}

// figure is that of a system under a load; it is made when there is none.
func (c *comparison) figure(system, load, order string) *figure {
	i := slices.IndexFunc(c.figures, func(f *figure) bool { return f.System == system && f.Load == load })
	if i < 0 {
		i = len(c.figures)
		c.figures = append(c.figures, &figure{System: system, Load: load, Order: order})
	}
	return c.figures[i]
}

func (f *figure) add(r *bench.Run, raw float64) {
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	f.Net = append(f.Net, r.Net)
	if raw > 0 {
		f.Ratio = append(f.Ratio, r.Net/raw)
	}
	f.P50, f.P99, f.Last = append(f.P50, us(r.Sender.P50)), append(f.P99, us(r.Sender.P99)), append(f.Last, us(r.Last.P50))
	f.CPU, f.Allocs, f.Memory = append(f.CPU, r.CPU), append(f.Allocs, r.Allocs), append(f.Memory, r.Memory/1e6)
	f.Checked += r.Settled
}

// spread is what is shown of a list: the middle, and the ends.
type spread struct{ median, least, most float64 }

func spreadOf(list []float64) spread {
	if len(list) == 0 {
		return spread{}
	}
	s := slices.Sorted(slices.Values(list))
	return spread{median: (s[(len(s)-1)/2] + s[len(s)/2]) / 2, least: s[0], most: s[len(s)-1]}
}
