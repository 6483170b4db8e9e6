package cohort_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cohortkit/cohort"
)

// TestCastsToSeveralComeInOneOrder has two groups that share a node, and a process,
// and three nodes that cast to all of them at once.
func TestCastsToSeveralComeInOneOrder(t *testing.T) {
	const casts = 20
	s := newSystem(t, 4)
	diaries := map[string]*diary{}
	join := func(n int, name string) cohort.Address {
		d := newDiary()
		diaries[fmt.Sprintf("%d in %s", n, name)] = d
		g, err := s.nodes[n].Join(s.ctx, name, cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
			note: func(r *cohort.Request) { d.add(r.Text("text")) },
		}})
		if err != nil {
			t.Fatal(err)
		}
		return g.Address()
	}
	red := join(0, "red")
	join(1, "red")
	blue := join(1, "blue")
	join(2, "blue")
	direct := newDiary()
	diaries["3 itself"] = direct
	err := s.nodes[3].Receive(map[cohort.Entry]cohort.Handler{note: func(r *cohort.Request) {
		if r.Group() != nil || r.Rank() >= 0 {
			t.Error("a cast to a process has a group")
		}
		direct.add(r.Text("text"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n, node := range s.nodes[:3] {
		all.Go(func() {
			c := node.Client(red, blue, s.nodes[3].Address(), red)
			for k := range casts {
				if err := c.Cast(s.ctx, cohort.Total, note, cohort.Message{"text": fmt.Sprintf("%d-%d", n, k)}); err != nil {
					t.Error(err)
				}
			}
			if err := c.Cast(s.ctx, cohort.Total, note, cohort.Message{"text": fmt.Sprintf("end-%d", n)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var first []string
	for who, d := range diaries { // order does not matter: all are to be alike
		ends := 0
		list := d.await(t, "the ends", func(line string) bool {
			if strings.HasPrefix(line, "end-") {
				ends++
			}
			return ends == 3
		})
		if first == nil {
			first = list
		}
		if !slices.Equal(first, list) || len(list) != 3*(casts+1) {
			t.Errorf("%s: %q,\nelsewhere %q", who, list, first)
		}
	}
}

func TestCastsToSeveralThatCannotBe(t *testing.T) {
	s := newSystem(t, 2)
	d := newDiary()
	g := s.join(s.nodes[0], d)
	gone, err := s.nodes[1].Join(s.ctx, "gone", cohort.GroupConfig{})
	if err != nil {
		t.Fatal(err)
	}
	address := gone.Address()
	if err := gone.Leave(s.ctx); err != nil {
		t.Fatal(err)
	}
	c := s.nodes[1].Client(g.Address(), address)
	if err := c.Cast(s.ctx, cohort.Total, note, cohort.Message{"text": "nowhere"}); !errors.Is(err, cohort.ErrNoGroup) {
		t.Errorf("to a group that is gone: %v", err)
	}
	for what, err := range map[string]error{
		"a Barrier": c.Cast(s.ctx, cohort.Barrier, note, cohort.Message{}),
		"a call":    func() error { _, err := c.Call(s.ctx, cohort.Total, note, cohort.Message{}, 1); return err }(),
		"a session": func() error { _, err := c.Session(s.ctx, ""); return err }(),
	} {
		if _, ok := errors.AsType[*cohort.ConfigError](err); !ok {
			t.Errorf("%s for several: %v", what, err)
		}
	}
	for _, o := range []cohort.Order{cohort.FIFO, cohort.Causal} {
		if err := s.nodes[1].Client(g.Address(), s.nodes[0].Address()).Cast(s.ctx, o, note, cohort.Message{"text": "one by one"}); err != nil {
			t.Error(err)
		}
	}
	if list := d.await(t, "a cast", is("one by one")); slices.Contains(list, "nowhere") {
		t.Errorf("what was not delivered everywhere was delivered: %q", list)
	}
	if err := s.nodes[0].Receive(nil); err != nil {
		t.Error(err)
	}
	if err := s.nodes[0].Receive(nil); !errors.Is(err, cohort.ErrJoined) {
		t.Errorf("handlers set twice: %v", err)
	}
}

// BenchmarkCastToTwoGroups has one node cast to two groups of two, in casts that
// wait for nothing but their own decision.
func BenchmarkCastToTwoGroups(b *testing.B) {
	for _, askers := range []int{1, 64} {
		b.Run(fmt.Sprintf("askers=%d", askers), func(b *testing.B) {
			ctx := b.Context()
			var nodes []*cohort.Node
			for range 3 {
				cfg := cohort.Config{}
				if len(nodes) > 0 {
					cfg.Seeds = []string{nodes[0].Addr()}
				}
				n, err := cohort.Start(ctx, cfg)
				if err != nil {
					b.Fatal(err)
				}
				defer func() { _ = n.Close() }()
				nodes = append(nodes, n)
			}
			var dests []cohort.Address
			for k, name := range []string{"red", "blue"} {
				for _, n := range nodes[k : k+2] {
					g, err := n.Join(ctx, name, cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{note: func(*cohort.Request) {}}})
					if err != nil {
						b.Fatal(err)
					}
					if n == nodes[k] {
						dests = append(dests, g.Address())
					}
				}
			}
			c := nodes[2].Client(dests[0], dests[1])
			b.SetParallelism((askers + 1) / 2)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := c.Cast(ctx, cohort.Total, note, []byte("to both")); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "casts/s")
		})
	}
}
