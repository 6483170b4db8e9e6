package metamorph

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/node"
	"github.com/cohortkit/cohort/internal/transport"
)

// runtime is a world of real nodes.
type runtime struct {
	t       *testing.T
	memory  *transport.Memory // nil: TCP
	nodes   []*node.Node
	changed chan struct{} // holds one when somebody was given items
}

// waitReal is how long a test waits for what must come; only a failing one
// uses it up.
const waitReal = 60 * time.Second

func (w *runtime) Start(machine int, items func([]core.Item)) (Site, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), waitReal)
	defer cancel()
	cfg := node.Config{Name: fmt.Sprintf("m%d", machine), OnItems: func(list []core.Item) {
		items(list)
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}}
	if w.memory != nil {
		cfg.Transport, cfg.Listen = w.memory.Host(cfg.Name), cfg.Name+":0"
	}
	if machine > 0 {
		cfg.Seeds = []string{w.nodes[0].Addr()}
	}
	n, err := node.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	w.nodes = append(w.nodes, n)
	return realSite{n}, nil
}

func (w *runtime) Wait(what string, ready func() bool) error {
	limit := time.NewTimer(waitReal)
	defer limit.Stop()
	for !ready() {
		select {
		case <-w.changed:
		case <-limit.C:
			return fmt.Errorf("waited in vain for %s", what)
		}
	}
	return nil
}

func (w *runtime) close() {
	for _, n := range w.nodes {
		n.Close()
	}
}

type realSite struct{ *node.Node }

func (s realSite) ID() id.Site { return s.Site() }
func (s realSite) Kill()       { s.Close() }

// What carries the frames does not matter: nodes over memory and over TCP have
// the simulator's history.
func TestTransports(t *testing.T) {
	want := plain(t)
	same := func(t *testing.T, w *runtime, v *Variant) {
		t.Helper()
		w.t, w.changed = t, make(chan struct{}, 1)
		defer w.close()
		if d := want.Differs(played(t, w, v)); d != "" {
			t.Errorf("differs from the simulated run:\n%s", d)
		}
	}
	for _, v := range []Variant{
		{Name: "one by one"},
		{Name: "together, large ones too", Batch: 8, Pad: 300 << 10, Window: 1 << 20},
		{Name: "shared sites and idle ones", Place: []int{0, 0, 1, 1, 2, 3}, Idle: 2},
	} {
		t.Run("memory/"+v.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { same(t, &runtime{memory: transport.NewMemory()}, &v) })
		})
		t.Run("memory, slow/"+v.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := transport.NewMemory()
				m.Delay(30 * time.Millisecond)
				same(t, &runtime{memory: m}, &v)
			})
		})
		t.Run("tcp/"+v.Name, func(t *testing.T) { same(t, &runtime{}, &v) })
	}
}
