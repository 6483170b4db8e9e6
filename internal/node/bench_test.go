package node

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// caster is a node whose program counts deliveries and casts as fast as the
// window lets it.
type caster struct {
	*Node
	proc, group id.Address
	joined      atomic.Uint64 // the group
	members     atomic.Int64
	got, goal   atomic.Int64
	reached     chan struct{} // closed when got is goal
	own         chan struct{} // one for each own delivery, when timed
	timed       atomic.Bool
	room        atomic.Int64
	freed       chan struct{} // holds one when room has grown
}

const benchWindow = 1 << 20

func (c *caster) take(items []core.Item) {
	var used []core.Event
	for _, i := range items {
		switch i := i.(type) {
		case core.Joined:
			c.joined.Store(uint64(i.Group))
		case core.Viewed:
			c.members.Store(int64(len(i.View.Members)))
		case core.Freed:
			c.room.Add(int64(i.Bytes))
			select {
			case c.freed <- struct{}{}:
			default:
			}
		case core.Casts:
			if c.got.Add(int64(i.Run.N)) == c.goal.Load() {
				close(c.reached)
			}
			if i.Sender == c.proc && c.timed.Load() {
				c.own <- struct{}{}
			}
			used = append(used, core.Used{Proc: i.Proc, Group: i.Group, Since: i.Since, Items: 1})
		}
	}
	if used != nil {
		c.Posts(used...)
	}
}

// benchCasters starts three nodes in one group, over TCP.
func benchCasters(b *testing.B) (all []*caster) {
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	for i := range 3 {
		c := &caster{own: make(chan struct{}, 1), reached: make(chan struct{}), freed: make(chan struct{}, 1)}
		c.room.Store(benchWindow)
		cfg := Config{Name: hostName(i), OnItems: c.take}
		if i > 0 {
			cfg.Seeds = []string{all[0].Addr()}
		}
		n, err := Start(ctx, cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(n.Close)
		c.Node, c.proc = n, id.Process(n.Site(), 1)
		c.Post(core.JoinGroup{Proc: c.proc, Name: "g"})
		all = append(all, c)
	}
	for _, c := range all {
		for c.members.Load() < 3 {
			runtime.Gosched()
		}
		c.group = id.Address(c.joined.Load())
	}
	return all
}

// cast sends n casts of size bytes, in runs of up to so many bytes.
func (c *caster) cast(o msg.Order, n, size, run int) {
	payload := make([]byte, size)
	for n > 0 {
		k := max(1, min(n, run/(size+1)))
		body := make([]byte, 0, k*(size+2))
		for range k {
			body = msg.AppendCast(body, payload)
		}
		bytes := int64((&msg.Run{Body: body}).Size())
		for c.room.Load() < bytes {
			<-c.freed
		}
		c.room.Add(-bytes)
		c.Post(core.Cast{Proc: c.proc, Dest: c.group, Order: o, N: uint32(k), Body: body})
		n -= k
	}
}

// BenchmarkThroughput: all three cast Total; an operation is one cast, which
// makes three deliveries.
func BenchmarkThroughput(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			all := benchCasters(b)
			each := b.N/3 + 1
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for _, c := range all {
				c.goal.Store(int64(3 * each))
			}
			b.ResetTimer()
			for _, c := range all {
				go c.cast(msg.Total, each, size, 16<<10)
			}
			for _, c := range all {
				<-c.reached
			}
			b.ReportMetric(float64(9*each)/b.Elapsed().Seconds(), "deliveries/s")
			steps, events := uint64(0), uint64(0)
			for _, c := range all {
				k := c.Counters()
				steps, events = steps+k.Steps, events+k.Events
			}
			b.ReportMetric(float64(events)/float64(steps), "events/step")
		})
	}
}

// BenchmarkLatency: one cast at a time of one member, from Post to its own delivery.
// It is not the oldest, but as it casts alone the order moves to it after 64 records
// (ADR 25). Then only a safe cast waits for others.
func BenchmarkLatency(b *testing.B) {
	for name, safe := range map[string]bool{"total": false, "safe": true} {
		b.Run(name, func(b *testing.B) {
			all := benchCasters(b)
			c := all[2]
			c.timed.Store(true)
			took := make([]time.Duration, 0, b.N)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				began := time.Now()
				body := msg.AppendCast(make([]byte, 0, 80), make([]byte, 64))
				c.Post(core.Cast{Proc: c.proc, Dest: c.group, Order: msg.Total, Safe: safe, N: 1, Body: body})
				<-c.own
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-us")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-us")
		})
	}
}
