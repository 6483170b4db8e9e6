package node

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// noLeaks fails the test when goroutines of nodes outlive it.
func noLeaks(t *testing.T) {
	t.Cleanup(func() {
		deadline := time.Now().Add(5 * time.Second)
		for {
			buf := make([]byte, 1<<20)
			var left []string
			for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
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
