package cohort

import (
	"github.com/cohortkit/cohort/internal/core"
)

// items sorts what the core has for this program: what belongs to a group goes
// into that group's stream, in order; the rest wakes who waits for it. It runs
// on the core's goroutine and never blocks.
func (l *life) items(items []core.Item) {
	if n := len(items); n > 0 {
		_, l.halting = items[n-1].(core.Halted)
	}
	for _, it := range items {
		switch i := it.(type) {
		case core.Joined:
			l.joined(i)
		case core.Viewed:
			l.stream(i.Proc, i.View.Group, it)
		case core.Casts:
			if i.Group == 0 {
				l.direct(it, i)
			} else {
				l.stream(i.Proc, i.Group, it)
			}
		case core.Capture:
			l.stream(i.Proc, i.Group, it)
		case core.Restore:
			l.stream(i.Proc, i.Group, it)
		case core.RestoreBlock:
			l.stream(i.Proc, i.Group, it)
		case core.RestoreEnd:
			l.stream(i.Proc, i.Group, it)
		case core.Settled:
			l.stream(i.Proc, i.Group, it)
		case core.Left:
			l.left(it, i)
		case core.CaptureRoom:
			if g := l.group(i.Proc, i.Group); g != nil {
				g.room(i)
				if i.Stop { // the capture may still be in the stream
					g.queue.push(l, it)
				}
			}
		default:
			l.other(it)
		}
	}
}

// early takes what comes before the node is started: no group can be meant.
func (l *life) early(items []core.Item) {
	for _, i := range items {
		l.other(i)
	}
}

// met takes a site view.
func (l *life) met(i core.SiteViewed) {
	l.seed(i)
	l.n.retireAll(func(a windowKey) bool { return !a.dest.IsGroup() && !i.View.Has(a.dest.Site()) })
}

// seed remembers where the other nodes are, to come back by them.
func (l *life) seed(i core.SiteViewed) {
	l.n.mu.Lock()
	defer l.n.mu.Unlock()
	l.n.seeds = l.n.seeds[:0]
	for _, m := range i.View.Members {
		l.n.seeds = append(l.n.seeds, m.Addr)
	}
}

func (l *life) other(i core.Item) {
	n := l.n
	switch i := i.(type) {
	case core.Called:
		n.called(i, l.halting)
	case core.Flushed:
		var err error
		if i.Unknown {
			err = ErrUnknown
		}
		n.settle(i.ID, err)
	case core.Synced:
		n.settle(i.ID, nil)
	case core.ListDone:
		n.listDone(i)
	case core.Freed:
		n.sessionHeld(i)
		n.free(windowKey{i.Proc.Local(), i.Dest}, i.Bytes)
	case core.Undelivered:
		a := windowKey{i.Proc.Local(), i.Dest}
		n.free(a, i.Bytes)
		n.retire(a)
	case core.Directory:
		if i.Now == nil {
			n.retireAll(func(a windowKey) bool { return a.dest == i.Group })
		}
	case core.SessionOpened:
		n.sessionOpened(i)
	case core.SessionEnded:
		n.sessionEnded(i)
	case core.SiteViewed:
		l.met(i)
	case core.Stalled:
		n.setStalled(true)
	case core.Resumed:
		n.setStalled(false)
	case core.Halted:
		n.mu.Lock()
		n.halted = i.Why
		n.mu.Unlock()
	}
}

func (n *system) setStalled(on bool) {
	n.mu.Lock()
	n.stalled = on
	n.mu.Unlock()
}

// group is the membership of a process here in a group, or nil.
func (l *life) group(proc, a Address) *Group {
	g := l.groups[membership{proc, a}]
	if g == nil {
		return nil
	}
	l.n.mu.Lock()
	defer l.n.mu.unlockUnchanged()
	if g.life != l || g.addr != a { // it has ended, and its end is on its way here
		return nil
	}
	return g
}

// joined ties a waiting Group to its address. One that nobody waits for any
// more leaves again.
func (l *life) joined(i core.Joined) {
	n := l.n
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, g := range n.groups {
		if g.life == l && g.name == i.Name && g.addr == 0 && g.n.number == i.Proc.Local() {
			g.addr = i.Group
			l.groups[membership{i.Proc, i.Group}] = g
			l.sit(g, seatKey{i.Proc, i.Group, i.Since})
			if g.abandoned {
				l.node.Post(core.LeaveGroup{Proc: i.Proc, Group: i.Group})
			}
			return
		}
	}
	l.node.Post(core.LeaveGroup{Proc: i.Proc, Group: i.Group, Gone: true}) // its Group has ended
}

// direct gives what is cast to a process by its own address to its handlers, or
// declines it.
func (l *life) direct(it core.Item, i core.Casts) {
	l.n.mu.Lock()
	g := l.n.directs[i.Proc.Local()]
	l.n.mu.unlockUnchanged()
	if g == nil || !g.queue.push(l, it) {
		l.declineAll(i)
	}
}

// declineAll is for casts to a process that does not handle them.
func (l *life) declineAll(i core.Casts) {
	l.decline(i, 0)
	l.node.Post(core.Used{Proc: i.Proc, Items: 1})
}

// decline gives null answers to calls of a process that it will not handle, from one on.
func (l *life) decline(i core.Casts, from int) {
	for k := from; i.Run.Call && k < int(i.Run.N); k++ {
		l.node.Post(core.Answer{Proc: i.Proc, Request: i.Request(k), Null: true})
	}
}

func (l *life) stream(proc, a Address, i core.Item) {
	if g := l.group(proc, a); g != nil {
		if _, ok := i.(core.Viewed); ok && !closed(g.coming) {
			close(g.coming)
		}
		g.queue.push(l, i)
	}
}

// left takes the end of a membership, also of one that its Group has ended before.
func (l *life) left(it core.Item, i core.Left) {
	l.unseat(seatKey{i.Proc, i.Group, i.Since})
	if g := l.group(i.Proc, i.Group); g != nil {
		g.queue.push(l, it)
	}
	delete(l.groups, membership{i.Proc, i.Group})
	l.n.closeWindow(windowKey{i.Proc.Local(), i.Group})
}
