package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/trace"
	"github.com/cohortkit/cohort/internal/transport"
)

// noLeaks fails the test when goroutines of nodes outlive it.
func noLeaks(t *testing.T) {
	t.Cleanup(func() {
		deadline := time.Now().Add(5 * time.Second)
		for {
			buf := make([]byte, 1<<20)
			var left []string
			for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
				if strings.Contains(g, "internal/node.(*") || strings.Contains(g, "internal/transport.(*") {
					left = append(left, g)
				}
			}
			if len(left) == 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("goroutines are left:\n%s", strings.Join(left, "\n\n"))
				return
			}
			runtime.Gosched()
		}
	})
}

// TestThreeNodes: three nodes form a system and a group; casts in all orders
// reach everybody, once, as their order demands.
func TestThreeNodes(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		const each = 50
		orders := []msg.Order{msg.FIFO, msg.Causal, msg.Total}
		all := w.startAll(3)
		for k := range each {
			for _, p := range all {
				for _, o := range orders {
					p.cast(o, k%5 == 4, fmt.Sprint(k))
				}
			}
		}
		all[1].cast(msg.Barrier, false, "barrier")
		want := len(all)*len(orders)*each + 1
		for _, p := range all {
			p.await("all casts", func() bool { return p.has(0) >= want })
			if n := p.has(0); n != want {
				t.Errorf("%s was delivered %d casts, want %d", p.Name(), n, want)
			}
			for _, sender := range all {
				for _, o := range orders {
					next := 0
					for _, d := range p.casts {
						if d.from != sender.proc || d.order != o {
							continue
						}
						if d.body != fmt.Sprint(next) {
							t.Fatalf("%s was delivered %q of %s in place of %d", p.Name(), d.body, sender.Name(), next)
						}
						next++
					}
				}
			}
			if got := totals(p); !slices.Equal(got, totals(all[0])) {
				t.Errorf("%s saw another total order than %s", p.Name(), all[0].Name())
			}
		}
	})
}

func totals(p *program) (list []delivery) {
	for _, d := range p.casts {
		if d.order == msg.Total {
			list = append(list, d)
		}
	}
	return list
}

// TestCutUnderLoad breaks all connections again and again while everybody
// casts: nothing is lost and nothing comes twice.
func TestCutUnderLoad(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		const rounds, burst = 40, 25
		all := w.startAll(3)
		for k := range rounds {
			for _, p := range all {
				var run []string
				for i := range burst {
					run = append(run, fmt.Sprint(k*burst+i))
				}
				p.cast(msg.Total, false, run...)
				p.cast(msg.FIFO, false, run[0], strings.Repeat("x", 300<<10)) // in parts
			}
			w.conns.cut()
			if k%4 == 3 { // let some of it through, and the windows open
				want := len(all) * (k + 1) * burst
				all[0].await("what was cast so far", func() bool { return all[0].has(msg.Total) >= want })
			}
		}
		if w.conns.cuts.Load() < rounds {
			t.Errorf("only %d connections were cut", w.conns.cuts.Load())
		}
		for _, p := range all {
			want := len(all) * rounds * burst
			p.await("all casts", func() bool { return p.has(msg.Total) >= want && p.has(msg.FIFO) >= len(all)*rounds*2 })
			if p.has(msg.Total) != want || p.has(msg.FIFO) != len(all)*rounds*2 {
				t.Errorf("%s was delivered %d and %d casts", p.Name(), p.has(msg.Total), p.has(msg.FIFO))
			}
			if !slices.Equal(totals(p), totals(all[0])) {
				t.Errorf("%s saw another total order", p.Name())
			}
			for _, sender := range all {
				next := 0
				for _, d := range totals(p) {
					if d.from == sender.proc && d.body != fmt.Sprint(next) {
						t.Fatalf("%s was delivered %q of %s in place of %d", p.Name(), d.body, sender.Name(), next)
					} else if d.from == sender.proc {
						next++
					}
				}
			}
			p.sees(all...) // nobody took a broken connection for a crash
		}
	})
}

// TestKill: a node that ends without a word is out of the view long before any
// timeout.
func TestKill(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		all := w.startAll(3, patient)
		all[1].Close()
		killed := time.Now()
		for _, p := range []*program{all[0], all[2]} {
			p.sees(all[0], all[2])
			p.await("a group view without it", func() bool { return len(p.members()) == 2 })
		}
		if took := time.Since(killed); took > patience/3 {
			t.Errorf("it took %v", took)
		}
		if err := all[1].Err(); err != nil {
			t.Errorf("a closed node says %v", err)
		}
	})
}

// patient nodes never suspect anybody for being silent.
func patient(cfg *Config) {
	cfg.Core.Detect.Floor, cfg.Core.Detect.Ceil = 100*effect.Second, 200*effect.Second
}

// TestLeave: a node that departs is told when it is out, and the others why.
func TestLeave(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		all := w.startAll(3, patient)
		for _, i := range []int{0, 2} { // the coordinator, then another
			all[i].Post(core.Depart{})
			select {
			case <-all[i].Done():
			case <-time.After(patience):
				t.Fatal("it never left")
			}
			if err := all[i].Err(); err != nil {
				t.Errorf("%s has left with %v", all[i].Name(), err)
			}
		}
		all[1].sees(all[1])
	})
}

// TestRestart: a node that comes back under its name, at once and at its old
// address, takes the place of its former self.
func TestRestart(t *testing.T) {
	inWorlds(t, func(_ *testing.T, w *world) {
		all := w.startAll(3, patient)
		b := all[1]
		b.Close()
		again := w.start(func(cfg *Config) {
			patient(cfg)
			cfg.Name, cfg.Listen, cfg.Transport = b.Name(), b.Addr(), w.host(1)
		})
		for _, p := range []*program{all[0], all[2], again} {
			p.sees(all[0], again, all[2])
			p.await("the new incarnation", func() bool { return p.site.Has(again.Site()) && !p.site.Has(b.Site()) })
		}
	})
}

// TestNameTaken: a name that is in use is refused, after a while.
func TestNameTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		w.startAll(2)
		began := time.Now()
		_, err := w.tryStart(t.Context(), func(cfg *Config) { cfg.Name = "a" })
		var refused *RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "name a is taken") {
			t.Errorf("the name of another is refused with %v", err)
		}
		if took := time.Since(began); took < refusedFor || took > 2*refusedFor {
			t.Errorf("it took %v", took)
		}
	})
}

// TestNameTakenAndNoTime: who is refused is told so, also by a Start that had not the
// time to ask for as long as its former self might take to be missed.
func TestNameTakenAndNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		w.startAll(2)
		ctx, cancel := context.WithTimeout(t.Context(), refusedFor/2)
		defer cancel()
		_, err := w.tryStart(ctx, func(cfg *Config) { cfg.Name = "a" })
		var seeds *SeedError
		var refused *RefusedError
		if !errors.As(err, &seeds) || !errors.As(err, &refused) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the name of another is refused with %v", err)
		}
		if !strings.Contains(err.Error(), "name a is taken") {
			t.Errorf("it is told %v", err)
		}
	})
}

// TestPartition: the minority stalls, is excluded, and halts when it hears so.
func TestPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		all := w.startAll(3)
		w.memory.Hold("a", "c")
		w.memory.Hold("b", "c")
		all[0].sees(all[0], all[1])
		all[2].await("its stalling", func() bool { return all[2].told(core.Stalled{}) })
		w.memory.Release("a", "c")
		w.memory.Release("b", "c")
		<-all[2].Done()
		var halted *HaltedError
		if err := all[2].Err(); !errors.As(err, &halted) || halted.Why != "excluded" {
			t.Errorf("the excluded node ended with %v", err)
		}
	})
}

func (p *program) told(i core.Item) bool { return slices.Contains(p.other, i) }

// TestShortPartition: who is back before anybody lost patience goes on.
func TestShortPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		all := w.startAll(3)
		for k := range 5 {
			w.memory.Hold("a", "c")
			w.memory.Hold("b", "c")
			for _, p := range all {
				p.cast(msg.Total, true, fmt.Sprint(k))
			}
			time.Sleep(500 * time.Millisecond)
			w.memory.Release("a", "c")
			w.memory.Release("b", "c")
			for _, p := range all {
				p.await("all casts", func() bool { return p.has(msg.Total) == 3*(k+1) })
			}
		}
		for _, p := range all {
			p.sees(all...)
		}
	})
}

// TestLargeRequests: what is not cut up passes in one frame, both ways.
func TestLargeRequests(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		all := w.startAll(2)
		large := strings.Repeat("0123456789abcdef", 2<<20) // 32 MiB
		body := msg.AppendCast(nil, []byte(large))
		all[0].Post(core.Cast{Proc: all[0].proc, Dest: all[1].proc, Order: msg.FIFO, N: 1, Body: body})
		all[1].await("the request", func() bool { return all[1].has(0) == 1 })
		if all[1].casts[0].body != large {
			t.Error("the request came changed")
		}
		if in := all[1].Counters().In[msg.LaneData]; in.Frames != 1 || in.Bytes < 32<<20 {
			t.Errorf("it took %+v", in)
		}
	})
}

// TestPanic: a fault in the core ends its node, and no other.
func TestPanic(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		all := w.startAll(3, patient)
		all[1].Post(&core.Frame{From: all[0].Site()}) // without a frame
		<-all[1].Done()
		var fault *PanicError
		if err := all[1].Err(); !errors.As(err, &fault) || !strings.Contains(string(fault.Stack), "core.(*Site)") {
			t.Errorf("it ended with %v", err)
		}
		all[0].sees(all[0], all[2])
	})
}

// TestInspect: functions run between steps; after the end they do not.
func TestInspect(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		p := w.start()
		var system uint64
		if !p.Inspect(func(s *core.Site) { system = s.System() }) || system == 0 {
			t.Error("a running node could not be inspected")
		}
		p.Close()
		p.Close()
		p.Post(core.Depart{})
		if p.Inspect(func(*core.Site) { t.Error("ran after the end") }) {
			t.Error("a closed node was inspected")
		}
	})
}

// TestTrace: facts are recorded, by a clock that does not go back.
func TestTrace(t *testing.T) {
	inWorlds(t, func(t *testing.T, w *world) {
		var records tracer
		p := w.start(func(cfg *Config) { cfg.Trace = &records })
		p.join()
		p.cast(msg.Total, true, "x")
		p.await("it", func() bool { return p.has(0) == 1 })
		p.Close()
		seen := map[string]bool{}
		last := int64(0)
		for _, r := range records {
			seen[r.Fact.Event()] = true
			if r.Time < last || r.Site != p.Site() {
				t.Errorf("%+v after %d", r, last)
			}
			last = r.Time
		}
		for _, e := range []string{"start", "siteview", "view", "send", "deliver"} {
			if !seen[e] {
				t.Errorf("no %s in the trace", e)
			}
		}
	})
}

type tracer []trace.Record

func (t *tracer) Write(r trace.Record) { *t = append(*t, r) }

// deaf is a network on which a dialer never hears of a connection's end.
type deaf struct{ transport.Transport }

type deafConn struct {
	net.Conn
	hears func() // stops the deafness
	heard <-chan struct{}
}

func (d deaf) Dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := d.Transport.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	heard := make(chan struct{})
	return deafConn{conn, sync.OnceFunc(func() { close(heard) }), heard}, nil
}

func (c deafConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		<-c.heard
	}
	return n, err
}

func (c deafConn) Close() error {
	c.hears()
	return c.Conn.Close()
}

func (c deafConn) SetDeadline(t time.Time) error {
	c.hears()
	return c.Conn.SetDeadline(t)
}

// TestIncomingEnd: a crash that shows only by the end of what the dead site
// sent is noticed as well.
func TestIncomingEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		for i := range 3 {
			w.start(patient, func(cfg *Config) { cfg.Transport = deaf{w.host(i)} })
		}
		synctest.Wait() // all are connected with all
		began := time.Now()
		w.nodes[1].Close()
		w.nodes[0].sees(w.nodes[0], w.nodes[2])
		if took := time.Since(began); took > 0 { // until something was to be written
			t.Errorf("it took %v", took)
		}
	})
}
