package cohort

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/flow"
)

// windowsLeft waits until no more than so many windows are left, and returns how many are.
func windowsLeft(n *Node, most int) (left int) {
	for at := time.Now(); time.Since(at) < 10*time.Second; {
		n.life.node.Inspect(func(*core.Site) {
			n.mu.Lock()
			left = len(n.windows)
			n.mu.Unlock()
		})
		if left <= most {
			break
		}
	}
	return left
}

// beside is another process at a node.
func beside(t *testing.T, n *Node) *Node {
	t.Helper()
	p, err := n.Process()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Groups come and go; who has cast to them keeps no windows of those that are gone.
func TestGroupsThatAreGoneLeaveNoWindows(t *testing.T) {
	n, _ := alone(t, GroupConfig{})
	p := beside(t, n)
	for range 5 {
		g, err := n.Join(t.Context(), "passing", GroupConfig{})
		if err != nil {
			t.Fatal(err)
		}
		c := p.Client(g.Address())
		if _, err := c.Call(t.Context(), Total, 1, nil, 1); !errors.Is(err, ErrNobody) {
			t.Fatal(err)
		}
		if err := p.Client(g.Address(), n.Address()).Cast(t.Context(), Total, 1, nil); err != nil {
			t.Fatal(err)
		}
		if err := g.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 3 { // to nobody
			if err := c.Cast(t.Context(), FIFO, 1, nil); err != nil {
				t.Error(err)
			}
		}
		if err := p.Client(g.Address(), n.Address()).Cast(t.Context(), Total, 1, nil); !errors.Is(err, ErrNoGroup) {
			t.Errorf("a cast to a list of which one is gone: %v", err)
		}
	}
	if left := windowsLeft(n, 0); left > 0 {
		t.Errorf("%d windows are left", left)
	}
}

// Who waits for room at a destination that goes is let in, and told nothing wrong.
func TestWhoWaitsForRoomAtWhoIsGone(t *testing.T) {
	n, g := alone(t, GroupConfig{})
	c := beside(t, n).Client(g.Address())
	r, err := c.route()
	if err != nil || !r.Window.Take(flow.RequestWindow) {
		t.Fatal(err)
	}
	waits := &asked{Context: t.Context(), waits: make(chan struct{})}
	done := make(chan error)
	go func() { done <- c.Cast(waits, FIFO, 1, make([]byte, 100<<10)) }()
	<-waits.waits
	if err := g.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.life.other(core.Undelivered{Proc: r.Proc, Dest: r.Dest, Bytes: flow.RequestWindow})
	if err := <-done; err != nil {
		t.Error(err)
	}
	if left := windowsLeft(n, 0); left > 0 {
		t.Errorf("%d windows are left", left)
	}
}

// Whoever casts while his window is dropped finds another, and the room that is taken is
// given back.
func TestCastsWhileWindowsAreDropped(t *testing.T) {
	n, g := alone(t, GroupConfig{Handlers: map[Entry]Handler{1: func(r *Request) { _ = r.Reply(nil) }}})
	c := beside(t, n).Client(g.Address())
	list := n.Client(g.Address(), beside(t, n).Address())
	all, one := func(windowKey) bool { return true }, []byte("x")
	dropped := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer close(dropped)
		for ctx.Err() == nil {
			n.retireAll(all)
		}
	}()
	var casts sync.WaitGroup
	each := func(f func() error) {
		casts.Go(func() {
			for range 100 {
				if err := f(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	each(func() error { return c.Cast(t.Context(), FIFO, 1, one) })
	each(func() error { _, err := c.Call(t.Context(), Total, 1, one, 1); return err })
	each(func() error { return list.Cast(t.Context(), Total, 1, one) })
	casts.Wait()
	stop()
	<-dropped
	stale, err := c.route()
	if err != nil {
		t.Fatal(err)
	}
	for left := 1; left > 0; n.retireAll(all) {
		n.mu.Lock()
		left = len(n.windows)
		n.mu.Unlock()
	}
	stale.turn = n.mu.turn.Load() // as between finding and using it
	c.known.Store(stale)
	if err := c.Cast(t.Context(), FIFO, 1, one); err != nil {
		t.Errorf("by a window that is retired: %v", err)
	}
}
