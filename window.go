package cohort

import (
	"context"

	"github.com/cohortkit/cohort/internal/node"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// windowKey names a window: what one process casts to one destination.
type windowKey struct {
	number uint16
	dest   Address
}

// window is that of the incarnation that runs, with mu held.
func (n *system) window(a windowKey, limit int) *gather.Window {
	w := n.windows[a]
	if w == nil {
		w = n.life.node.Window(limit)
		n.windows[a] = w
	}
	return w
}

// acquire takes room in a window, and waits for it.
func acquire(ctx context.Context, host node.Host, w *gather.Window, size int) error {
	take := func() bool { return w.Take(size) }
	if ctx.Err() == nil && take() {
		return nil
	}
	return awaitRoom(ctx, host, w, size, take)
}

// awaitRoom waits for room in a window, and has take try to get it, until it does.
func awaitRoom(ctx context.Context, host node.Host, w *gather.Window, size int, take func() bool) error {
	ticket := host.Ticket()
	for {
		room := w.Room(size)
		select {
		case <-room:
		case <-ctx.Done():
		}
		host.Turn(ticket)
		switch {
		case w.Closed():
			return ErrUnknown
		case ctx.Err() != nil:
			w.Forget(room)
			return ctx.Err()
		case take():
			return nil
		}
	}
}

// free gives room back to a window, if there still is one.
func (n *system) free(a windowKey, size int) {
	n.mu.Lock()
	w := n.windows[a]
	n.mu.unlockUnchanged()
	if w != nil {
		w.Release(size)
	}
}

func (n *system) closeWindow(a windowKey) {
	n.mu.Lock()
	w := n.windows[a]
	delete(n.windows, a)
	n.mu.Unlock()
	if w != nil {
		w.Close()
	}
}
