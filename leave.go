package cohort

import (
	"context"
	"errors"

	"github.com/cohortkit/cohort/internal/core"
)

// Leave ends the membership when all that this member cast is stable, and waits
// for that. What was delivered before is still handled; what others cast from now
// on need not be delivered. A handler or OnView of the group must not call it: it waits for their
// end. The error is ErrLeft when it was left before; ErrUnknown while the node is coming back,
// after which it is a member again, and when the membership ended in another way meanwhile, by which
// casts may be lost: then Done is closed; ErrLost; or ctx's: then the leaving goes on.
func (g *Group) Leave(ctx context.Context) error {
	d, err := g.depart()
	if err != nil {
		return err
	}
	return d.wait(ctx)
}

// departure is a leaving under way.
type departure struct {
	g       *Group
	resumed int // of the membership that is left
}

// depart begins to leave.
func (g *Group) depart() (departure, error) {
	g.n.mu.Lock()
	l, addr, err := g.place()
	if err != nil {
		g.n.mu.Unlock()
		return departure{}, err
	}
	g.abandoned = true
	d := departure{g, g.resumed}
	g.n.mu.Unlock()
	l.node.Post(core.LeaveGroup{Proc: l.process(g.n.number), Group: addr})
	return d, nil
}

// wait is for the end of a leaving.
func (d departure) wait(ctx context.Context) error {
	n := d.g.n
	if ticket := n.host.Ticket(); !n.await(ctx, ticket, d.g.out) {
		return ctx.Err()
	}
	n.mu.Lock()
	left := d.g.inOrder && d.g.resumed == d.resumed
	n.mu.Unlock()
	if left {
		return nil
	}
	if err := d.g.reason(); !errors.Is(err, ErrLeft) {
		return err
	}
	return ErrUnknown
}

// left notes that the membership has ended in order.
func (g *Group) left() {
	g.n.mu.Lock()
	g.inOrder = true
	g.n.mu.Unlock()
}

// Leave leaves all groups and then the system, in order: nothing this node has
// cast is lost. A handler or OnView must not call it: it waits for their end. If ctx ends first
// the node is closed all the same, which to the others is a crash, and the error is ctx's. If the
// node was coming back after it was excluded, or is excluded meanwhile, it is ErrUnknown: what it
// has cast may be lost. A further process of the node leaves its own groups alone.
func (n *Node) Leave(ctx context.Context) error {
	n.mu.Lock()
	groups := n.memberships()
	if n.number == 1 {
		n.leaving = true
	}
	l, err := n.running()
	n.mu.Unlock()
	failed := n.leaveAll(ctx, groups)
	if n.number != 1 {
		return errors.Join(failed, n.Close())
	}
	if failed == nil && l != nil {
		failed = n.depart(ctx, l)
	} else if failed == nil && !errors.Is(err, ErrLeft) {
		failed = err
	}
	if err := n.Close(); failed == nil {
		failed = err
	}
	return failed
}

// leaveAll leaves groups at once: one whose handlers keep it costs the others nothing.
func (n *Node) leaveAll(ctx context.Context, groups []*Group) (failed error) {
	var under []departure
	for _, g := range groups {
		switch d, err := g.depart(); {
		case err == nil:
			under = append(under, d)
		case !errors.Is(err, ErrLeft):
			failed = err
		}
	}
	for _, d := range under {
		if err := d.wait(ctx); err != nil {
			failed = err
		}
	}
	return failed
}

// depart takes the node out of the system.
func (n *Node) depart(ctx context.Context, l *life) error {
	ticket := n.host.Ticket()
	l.node.Post(core.Depart{})
	if !n.await(ctx, ticket, l.node.Done()) {
		return ctx.Err()
	}
	n.mu.Lock()
	defer n.mu.unlockUnchanged()
	if n.halted != "left" {
		return ErrUnknown
	}
	return nil
}

// Close stops the node at once; to the others it is a crash. It waits until
// nothing of the node runs any more, but for handlers that have not returned.
// The error is that of writing the trace. A further process of the node ends
// alone: to its own program at once, to its groups as one that leaves.
func (n *Node) Close() error {
	if n.number != 1 {
		n.closeProcess()
		return nil
	}
	ticket := n.host.Ticket()
	n.mu.Lock()
	first := !n.closed
	n.closed = true
	l := n.life
	n.mu.Unlock()
	if first {
		close(n.gone)
	}
	if l != nil {
		l.node.Close()
	}
	<-n.done
	n.host.Turn(ticket)
	if first && n.trace != nil {
		return n.trace.Close()
	}
	return nil
}
