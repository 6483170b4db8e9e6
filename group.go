package cohort

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// Handler handles one cast. A group's handlers, OnView and Snapshot run one at
// a time, in the order of the group's stream; a slow one delays what comes after
// it at this member, and in the end the senders, but never the protocol. A
// handler that must wait calls Defer and answers later. Cast waits for room: handlers that
// cast much, to their own group or each other's, do it from another goroutine.
type Handler func(*Request)

// GroupConfig is what a member brings to a group.
type GroupConfig struct {
	// Handlers handle what is cast to the group. Casts to other entries are
	// declined.
	Handlers map[Entry]Handler
	// State is given to those who join after us, and taken from those who were
	// before. Without it members join with nothing. All members of a group need one, or
	// none: who joins with a State and is to be fed by a member without gets an error.
	State State
	// Replaces is a member that leaves when we are in: migration. We are given the
	// state while it goes on; then, in one view, it is gone and we have its rank, and
	// its Group ends with ErrLeft. It needs a State. If that member goes before, even
	// to join again, we are a member like any other.
	Replaces Address
	// OnView is called with every view, in order with the casts.
	OnView func(View)
	// Conservative makes the casts of this member, but FIFO ones, wait until no
	// failure can take away what they may depend on in other groups: a round trip
	// when it turns from one group to another. Of groups that it has only heard of
	// it waits for the handlers, so none of these should wait for such a cast in
	// turn. Without it whoever is delivered a cast is delivered what it depends on
	// in other groups before it, unless that is lost with everybody who had it.
	Conservative bool
	// SlowAfter is how long a cast of this member may wait to be handled at another
	// before that one counts as slow; 0 is for ever: then senders wait for the
	// slowest member once their window is full. A slow member is set aside: it
	// stays a member and is delivered everything, but it is not in View.Ready,
	// answers no calls, serves no Read, and nobody waits for it, until it has handled all that it
	// was given. Give all members of a group the same.
	SlowAfter time.Duration
	// SlowLeaves has slow members taken out of the group instead: the Group ends
	// with ErrLeft. Without it, one that is set aside and falls behind by 64 MiB is
	// taken out as well, but joins again by itself, with the state of the others.
	SlowLeaves bool
	// Filters see each request before its handler; the first error declines it
	// and is what the caller gets.
	Filters []func(*Request) error
}

// Group is this node's membership of a group. Its methods are safe for
// concurrent use.
type Group struct {
	peer
	name string
	cfg  GroupConfig

	// Under n.mu.
	life      *life
	addr      Address
	abandoned bool
	resumed   int  // how often the membership was joined again
	inOrder   bool // it ended by being left, as it then was
	direct    bool // none: it stands for a process's own address

	handlers []Handler // by entry
	readers  readers

	queue  *queue
	feeds  feeds
	spare  *Request      // to be used again; the stream's goroutine only, as are
	asked  *Request      // that which is handled, if it is a call's,
	lent   *delivery     // the same,
	loader *loader       // and
	loaded chan struct{} // closed when loader's Restore has returned
	torn   bool          // a Restore has begun that is not known to have made the state whole; the same

	mu      sync.Mutex
	view    View
	coming  chan struct{} // closed when the first view is next, by the core's goroutine
	in      chan struct{} // closed when the first view was handled
	entered bool
	out     chan struct{} // closed when the membership has ended for good
	why     error

	restoreErr error
}

// Join makes the node a member of the group called name, which it creates if
// there is none, and waits until it holds the group's state and the first view
// was handled. Others may leave then: the last that counts as one who holds the state waits
// until we do, a moment later, in a view with us among its Ready. If they fail before, the Group
// ends with ErrLost.
//
// If ctx ends first the node does not become a member, or leaves at once; what of its program
// runs then still runs to its end, and the next Join of that name waits for that. If only our own
// OnView of the first view has yet to return, Join waits for it whatever ctx says: others
// may have left the state to us. The error is a *ConfigError, ErrJoined, ErrLost, ErrUnknown,
// ErrLeft after Close, what State.Restore returned, or ctx's.
func (n *Node) Join(ctx context.Context, name string, cfg GroupConfig) (*Group, error) {
	if name == "" || len(name) > 255 {
		return nil, &ConfigError{Field: "name", What: "has to have 1 to 255 bytes"}
	}
	if cfg.SlowAfter < 0 || cfg.SlowLeaves && cfg.SlowAfter == 0 {
		return nil, &ConfigError{Field: "SlowAfter", What: "has to be more than 0, as SlowLeaves needs it, or 0 for no member to be slow"}
	}
	if cfg.Replaces != 0 && cfg.State == nil {
		return nil, &ConfigError{Field: "Replaces", What: "needs a State to take over"}
	}
	if slices.ContainsFunc(cfg.Filters, func(f func(*Request) error) bool { return f == nil }) {
		return nil, &ConfigError{Field: "Filters", What: "has one that is nil"}
	}
	g := &Group{
		name: name, cfg: cfg, handlers: byEntry(cfg.Handlers), queue: newQueue(),
		coming: make(chan struct{}), in: make(chan struct{}), out: make(chan struct{}),
	}
	g.peer = peer{n: n, dest: g.place, bounds: ofMembers}
	l, err := n.enter(ctx, g)
	if err != nil {
		return nil, err
	}
	ticket := n.host.Ticket()
	n.host.Go(g.run)
	l.node.Post(g.wish(l))
	select {
	case <-g.in:
	case <-g.out:
	case <-ctx.Done():
		if closed(g.coming) {
			select {
			case <-g.in:
			case <-g.out:
			}
		}
	}
	n.host.Turn(ticket)
	switch {
	case closed(g.in):
		return g, nil
	case closed(g.out):
		return nil, g.reason()
	}
	g.abandon()
	return nil, ctx.Err()
}

// enter makes g the node's Group of its name. It waits for the end of one that
// nobody wants any more.
func (n *Node) enter(ctx context.Context, g *Group) (*life, error) {
	for {
		ticket := n.host.Ticket()
		n.mu.Lock()
		l, err := n.running()
		if n.leaving {
			err = ErrLeft
		}
		i := slices.IndexFunc(n.groups, func(o *Group) bool { return o.name == g.name && o.n.number == n.number })
		switch {
		case err != nil:
			n.mu.Unlock()
			return nil, err
		case i < 0:
			g.life = l
			n.groups = append(n.groups, g)
			n.mu.Unlock()
			return l, nil
		case !n.groups[i].abandoned:
			n.mu.Unlock()
			return nil, ErrJoined
		}
		former := n.groups[i].out
		n.mu.Unlock()
		if !n.await(ctx, ticket, former) {
			return nil, ctx.Err()
		}
	}
}

// byEntry is a table of handlers, faster than a map.
func byEntry(m map[Entry]Handler) (list []Handler) {
	for e, h := range m { // order does not matter: each has its place
		if extra := int(e) + 1 - len(list); extra > 0 {
			list = append(list, make([]Handler, extra)...)
		}
		list[e] = h
	}
	return list
}

// handler is the one of an entry, or nil.
func (g *Group) handler(e Entry) Handler {
	if int(e) < len(g.handlers) {
		return g.handlers[e]
	}
	return nil
}

// wish is what the core is asked for. Only the first membership that comes to something
// takes the place of another.
func (g *Group) wish(l *life) core.JoinGroup {
	g.mu.Lock()
	replaces := g.cfg.Replaces
	if g.entered {
		replaces = 0
	}
	g.mu.Unlock()
	return core.JoinGroup{
		Proc: l.process(g.n.number), Name: g.name, Stateful: g.cfg.State != nil, Replaces: replaces, Conservative: g.cfg.Conservative,
		Patience: core.Patience{After: g.cfg.SlowAfter.Nanoseconds(), Dismiss: g.cfg.SlowLeaves},
	}
}

// abandon leaves a group that is not entered yet, now or when it is.
func (g *Group) abandon() {
	n := g.n
	n.mu.Lock()
	g.abandoned = true
	l, addr := g.life, g.addr
	n.mu.Unlock()
	switch {
	case l == nil: // it need not come back with the node, and ends when what came to it is handled
		g.queue.push(nil, core.Left{Why: "left"})
	case addr != 0:
		l.node.Post(core.LeaveGroup{Proc: l.process(g.n.number), Group: addr})
	}
}

// address is the group's address in the current incarnation, and the incarnation.
func (g *Group) address() (*life, Address, error) {
	g.n.mu.Lock()
	defer g.n.mu.unlockUnchanged()
	return g.place()
}

// place is address with n.mu held.
func (g *Group) place() (*life, Address, error) {
	n := g.n
	switch {
	case n.closed || n.over || n.ended || g.abandoned:
		return nil, 0, ErrLeft
	case g.life == nil || g.life != n.life || g.addr == 0:
		if closed(g.out) {
			return nil, 0, g.reason()
		}
		return nil, 0, ErrUnknown
	}
	return g.life, g.addr, nil
}

// Name is the group's name.
func (g *Group) Name() string { return g.name }

// Address is the group's address, accepted wherever a process's is.
func (g *Group) Address() Address { _, a, _ := g.address(); return a }

// View is the view last handled.
func (g *Group) View() View {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.view
}

// CastRaw is Cast of a []byte, for those who cast millions a second: a []byte that
// becomes an any costs an allocation.
func (g *Group) CastRaw(ctx context.Context, order Order, entry Entry, b []byte, opts ...Option) error {
	_, err := g.sendBytes(ctx, order, gather.Head{Entry: byte(entry), Format: formatBytes}, b, nil, opts)
	return err
}

// CastEach is CastRaw of each payload of the list, in their order, and costs less
// than as many calls. It returns how many it has cast: all of them when the error is
// nil. Others may be delivered what other goroutines cast in between.
func (g *Group) CastEach(ctx context.Context, order Order, entry Entry, list [][]byte, opts ...Option) (int, error) {
	return g.sendEach(ctx, order, gather.Head{Entry: byte(entry), Format: formatBytes}, list, opts)
}

// Flush waits until every member holds all that this member has cast or was
// delivered: no failure can undo it any more. Use it before telling the world
// outside (footnote 3 of the 1987 paper). Others go on meanwhile.
//
// A membership that the node has joined again by itself, because the system had excluded the node or
// the member was slow, is another one, and Flush speaks for that alone. It begins with a view
// that has this process among its Joined: whether what was cast before that OnView
// was delivered is unknown. The error is ErrUnknown
// when the membership ends meanwhile and the node joins again by itself, else what ended
// it, or ctx's.
func (g *Group) Flush(ctx context.Context) error {
	ticket := g.n.host.Ticket()
	l, addr, err := g.address()
	if err != nil {
		return err
	}
	p := newPending(0)
	callID, err := g.n.register(l, p)
	if err != nil {
		return err
	}
	l.node.Post(core.FlushGroup{Proc: l.process(g.n.number), Group: addr, ID: callID})
	select {
	case <-p.done:
	case <-g.out:
	case <-ctx.Done():
	}
	g.n.host.Turn(ticket)
	switch {
	case closed(p.done) && p.err != nil:
		return g.unsent(p.err)
	case closed(p.done):
		return nil
	case closed(g.out):
		return g.reason()
	}
	g.n.unregister(callID)
	return ctx.Err()
}

// Done is closed when the membership has ended for good, for whatever reason Err
// says. A membership that the node resumes by itself after an exclusion has not ended.
func (g *Group) Done() <-chan struct{} { return g.out }

// Err says why the membership has ended, nil while it has not: ErrLeft after
// Leave or Close, and when another took its place, the others had it taken out for being
// slow, a function of the program ended its goroutine, or the node does not come back as
// it was alone and has no seeds; ErrLost when the state is lost (join again to begin with
// what this program still holds, if it was not just being given another's); or what
// State.Restore returned.
func (g *Group) Err() error { return g.reason() }

func (g *Group) reason() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.why
}

// finish ends the membership for good. Nobody handles any more what comes to it: if it is
// still one to the others, or is again because the node has come back since it ended, it
// is left. Who joins anew asks after that, as the lock is held.
func (g *Group) finish(why error) {
	n := g.n
	n.mu.Lock()
	n.groups = slices.DeleteFunc(n.groups, func(o *Group) bool { return o == g })
	if g.life != nil && g.addr != 0 {
		g.life.node.Post(core.LeaveGroup{Proc: g.life.process(n.number), Group: g.addr, Gone: true})
	}
	g.life, g.addr = nil, 0
	n.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.out:
	default:
		g.why = why
		close(g.out)
	}
	g.feeds.close()
	g.queue.close()
}

// cutOff is called when the incarnation has ended; the group joins again with
// the next one, unless the node is closing or it was to be left. Then it ends when what
// came to it is handled.
func (g *Group) cutOff(l *life, closing bool) {
	n := g.n
	n.mu.Lock()
	mine := g.life == l
	if mine {
		g.life, g.addr = nil, 0
		g.resumed++
	}
	parts := mine && g.abandoned
	n.mu.Unlock()
	g.feeds.close()
	if mine {
		g.readers.unseat()
	}
	switch {
	case mine && closing:
		g.finish(ErrLeft)
	case parts:
		g.queue.push(l, core.Left{Why: "left"}) // nobody else says so
	}
}

// again joins once more, after this node had to skip what the group did.
func (g *Group) again(l *life) {
	g.n.mu.Lock()
	mine := g.life == l
	if mine {
		g.addr = 0
		g.resumed++
	}
	g.n.mu.Unlock()
	if mine {
		g.feeds.close() // the next membership hands over a state of its own
		g.feeds.open()
		l.node.Post(g.wish(l))
	}
}

// rejoin asks for all groups again in a new incarnation.
func (n *system) rejoin(l *life) {
	n.mu.Lock()
	groups := slices.DeleteFunc(slices.Clone(n.groups), func(g *Group) bool {
		return g.life == l || g.abandoned // who has just joined, or ends
	})
	for _, g := range groups {
		g.life, g.addr = l, 0
	}
	n.mu.Unlock()
	for _, g := range groups {
		g.feeds.open()
		l.node.Post(g.wish(l))
	}
}
