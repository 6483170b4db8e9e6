package cohort

import (
	"context"
	"errors"

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

// errRetired: there is, or can be, another window in place of this one.
var errRetired = errors.New("cohort: this window is retired")

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
		case w.Retired():
			return errRetired
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

// retire drops a window if nothing is on the way by it: its destination may be gone, and
// else there is another with the next cast.
func (n *system) retire(a windowKey) {
	n.mu.Lock()
	if w := n.windows[a]; w == nil || !w.Retire() {
		n.mu.unlockUnchanged()
		return
	}
	delete(n.windows, a)
	n.mu.Unlock()
}

// retireAll does the same with many.
func (n *system) retireAll(which func(windowKey) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for a, w := range n.windows { // order does not matter: each by itself
		if which(a) && w.Retire() {
			delete(n.windows, a)
		}
	}
}

// closeWindow ends a window: its process is a member no more.
func (n *system) closeWindow(a windowKey) {
	n.mu.Lock()
	w := n.windows[a]
	delete(n.windows, a)
	n.mu.Unlock()
	if w != nil {
		w.Close()
	}
}
