package node

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// TestChurn: while nodes die and come and connections break, the two that stay
// are delivered the same, and all that they cast.
func TestChurn(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inWorlds(t, func(t *testing.T, w *world) { churn(t, w, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

func churn(t *testing.T, w *world, r *rand.Rand) {
	const rounds = 25
	all := slices.Clone(w.startAll(4))
	stay := all[:2:2]
	for k := range rounds {
		for _, p := range all {
			for range r.IntN(10) {
				p.cast(msg.Total, false, p.Name(), fmt.Sprint(k))
			}
		}
		for _, p := range stay {
			p.cast(msg.Total, r.IntN(2) == 0, fmt.Sprint("round ", k))
		}
		switch r.IntN(3) {
		case 0:
			w.conns.cut()
		case 1:
			i := len(stay) + r.IntN(len(all)-len(stay))
			all[i].Close()
			all = slices.Delete(all, i, i+1)
			fallthrough
		default:
			if len(all) < 4 {
				p := w.start()
				p.join()
				all = append(all, p)
			}
		}
	}
	for _, p := range stay {
		p.await("all that stays", func() bool {
			n := 0
			for _, d := range p.casts {
				if len(d.body) > 5 && d.body[:5] == "round" {
					n++
				}
			}
			return n == len(stay)*rounds
		})
	}
	for _, p := range all {
		p.sees(all...)
		p.await("the last group view", func() bool { return len(p.members()) == len(all) })
	}
	// What the two cast last comes after all that others did.
	for _, p := range stay {
		p.cast(msg.Barrier, false, "end")
	}
	for _, p := range stay {
		p.await("the end", func() bool { return p.has(msg.Barrier) == len(stay) })
	}
	if a, b := totals(stay[0]), totals(stay[1]); !slices.Equal(a, b) {
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("after %d alike %s was delivered %v and %s %v", i, stay[0].Name(), a[i], stay[1].Name(), b[i])
			}
		}
		t.Fatalf("%d and %d deliveries", len(a), len(b))
	}
}
