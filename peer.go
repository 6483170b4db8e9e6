package cohort

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/call"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/mcast"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// maxReply is the largest reply, and the largest request from outside a group.
const maxReply = 1 << 20

// bounds are of a peer's casts, in bytes: those under way, and one.
type bounds struct{ window, cast int }

var (
	ofMembers   = bounds{window: flow.Window, cast: mcast.MaxCast}
	ofOutsiders = bounds{window: flow.RequestWindow, cast: maxReply}
)

// peer is whom casts and calls go to: a group this node is in, or another
// destination.
type peer struct {
	n       *Node
	dest    func() (*life, Address, error) // with n.mu held
	bounds  bounds
	session *session              // nil without one
	known   atomic.Pointer[route] // the last that was found
}

// Client casts and calls to a destination this node is no member of: a group,
// by way of a member, or a process; or casts to several. One that Session returned
// has a session. Its methods are safe for concurrent use.
type Client struct {
	peer
	addr Address
	more []Address
}

// Client returns a client of a group or process with that address, or of several:
// see Client.Cast. Lookup finds a group's address by name.
func (n *Node) Client(a Address, more ...Address) *Client {
	c := &Client{addr: a, more: dedupe(a, more)}
	c.peer = peer{n: n, bounds: ofOutsiders, dest: func() (*life, Address, error) {
		l, err := n.running()
		return l, c.addr, err
	}}
	return c
}

// Address is whom the client casts to, of several the first.
func (c *Client) Address() Address { return c.addr }

// Reply is one member's answer to a call. Its Fields read the message.
type Reply struct {
	Fields
	From Address
	// Err is a *RemoteError when the member's handler answered with an error.
	Err     error
	payload []byte
}

// Raw is the payload of a reply that was made with a []byte.
func (r *Reply) Raw() []byte {
	if len(r.payload) > 0 && r.payload[0] == formatBytes {
		return r.payload[1:]
	}
	return nil
}

// Into decodes the reply into v, a pointer.
func (r *Reply) Into(v any) error {
	if r.Err != nil {
		return r.Err
	}
	return decode(r.payload, v)
}

// Cast sends v to entry at every member and returns when it is on its way. It
// waits while more than a window of earlier casts is not handled everywhere,
// until ctx ends. v is a Message, a []byte, or what encodes as CBOR. The error is
// ErrUnknown while the node is coming back, ErrLeft, ErrLost, ErrTooLarge, a
// *ConfigError for the order, why v cannot be encoded, or ctx's: then it was not sent.
//
// A Client waits while 2 MiB are not yet where it has to be, and nobody tells it that
// its destination is gone: Call does, by ErrNobody.
func (p *peer) Cast(ctx context.Context, order Order, entry Entry, v any, opts ...Option) error {
	_, err := p.send(ctx, order, entry, v, nil, opts)
	return err
}

// Call sends v to entry at every member and waits for want replies, or All. It
// ends at once when nobody is left who could answer: with ErrNobody and the
// replies there were. Members that decline or fail do not count. Other errors
// are ErrUnknown, ErrLost, ErrLeft and ctx's; the request may have been carried
// out then, but for ErrLeft of a client: see Session for the three outcomes. What
// keeps it from being sent is told as by Cast. A handler must not wait for a call of
// its own group: its own answer would have to come first.
func (p *peer) Call(ctx context.Context, order Order, entry Entry, v any, want int, opts ...Option) ([]Reply, error) {
	if want < All {
		return nil, &ConfigError{Field: "want", What: "is neither a number of replies nor All"}
	}
	ticket := p.n.host.Ticket()
	pend := newPending(want)
	callID, err := p.send(ctx, order, entry, v, pend, opts)
	if err != nil {
		return nil, err
	}
	if p.n.await(ctx, ticket, pend.done) {
		return pend.result()
	}
	if p.session != nil {
		p.session.giveUp(pend)
		return nil, ctx.Err()
	}
	p.n.unregister(callID)
	if r, err := p.route(); err == nil {
		r.life.node.Post(core.CancelCall{Proc: r.Proc, Dest: r.Dest, ID: callID})
	}
	return nil, ctx.Err()
}

func (p *peer) send(ctx context.Context, order Order, entry Entry, v any, pend *pending, opts []Option) (uint64, error) {
	format, payload, err := encoded(v)
	if err != nil {
		return 0, err
	}
	return p.sendBytes(ctx, order, gather.Head{Entry: byte(entry), Format: format}, payload, pend, opts)
}

// sendBytes sends head and payload.
func (p *peer) sendBytes(ctx context.Context, order Order, head gather.Head, payload []byte, pend *pending, opts []Option) (uint64, error) {
	if order < FIFO || order > Barrier {
		return 0, &ConfigError{Field: "order", What: "is none of FIFO, Causal, Total, Barrier"}
	}
	if gather.HeadSize+len(payload) > p.bounds.cast {
		return 0, ErrTooLarge
	}
	if p.session != nil {
		return 0, p.session.ask(ctx, order, body(head, payload), pend)
	}
	k := kind(order, opts)
	for r, err := p.route(); ; r, err = p.find() {
		if err != nil {
			return 0, err
		}
		small := pend == nil && len(payload) <= smallPayload
		if small && ctx.Err() == nil && r.life.node.Cast(&r.Path, k, head, payload) {
			return 0, nil
		}
		callID := uint64(0)
		if small {
			err = p.sendWhenRoom(ctx, r, k, head, payload)
		} else {
			callID, err = p.sendWhole(ctx, r, k, head, payload, pend)
		}
		if !errors.Is(err, errRetired) { // else the route leads there no more
			return callID, err
		}
	}
}

// sendWhenRoom sends what its window had no room for.
func (p *peer) sendWhenRoom(ctx context.Context, r *route, k gather.Kind, head gather.Head, payload []byte) error {
	return p.unsent(awaitRoom(ctx, p.n.host, r.Window, msg.Weight(1, gather.Size(payload)), func() bool {
		return r.life.node.Cast(&r.Path, k, head, payload)
	}))
}

// smallPayload is the most that is copied with a lock held.
const smallPayload = flow.MaxBody - gather.HeadSize

// sendWhole sends a call, or what takes long to copy.
func (p *peer) sendWhole(ctx context.Context, r *route, k gather.Kind, head gather.Head, payload []byte, pend *pending) (uint64, error) {
	if err := acquire(ctx, p.n.host, r.Window, msg.Weight(1, gather.Size(payload))); err != nil {
		return 0, p.unsent(err)
	}
	ev := r.Event(k, 1, body(head, payload))
	if pend == nil {
		r.life.node.Post(ev)
		return 0, nil
	}
	p.n.mu.Lock() // numbers of calls must reach the core in order
	defer p.n.mu.Unlock()
	callID, err := p.n.enroll(r.life, pend)
	if err != nil {
		return 0, err
	}
	ev.Calls = []core.CallSpec{{ID: callID, Want: pend.want}}
	r.life.node.Post(ev)
	return callID, nil
}

// unsent is why what waited for room was not sent: if its window was closed, the reason
// for which nothing can be sent now.
func (p *peer) unsent(err error) error {
	if errors.Is(err, ErrUnknown) {
		if _, now := p.route(); now != nil {
			return now
		}
	}
	return err
}

// sendEach sends each payload of the list behind head, and returns how many it has sent.
func (p *peer) sendEach(ctx context.Context, order Order, head gather.Head, list [][]byte, opts []Option) (int, error) {
	for n := 0; n < len(list); {
		// The first as if it were alone: it waits for room. Then what there is room for.
		if _, err := p.sendBytes(ctx, order, head, list[n], nil, opts); err != nil {
			return n, err
		}
		n++
		small := 0
		for n+small < len(list) && len(list[n+small]) <= smallPayload {
			small++
		}
		if r, err := p.route(); err == nil && small > 0 {
			n += r.life.node.CastEach(&r.Path, kind(order, opts), head, list[n:n+small])
		}
	}
	return len(list), nil
}

// body is that of one cast.
func body(head gather.Head, payload []byte) []byte {
	return head.Append(make([]byte, 0, gather.Size(payload)), payload)
}

// pending is a call, or a flush, that somebody waits for.
type pending struct {
	want    int
	replies []Reply
	err     error
	done    chan struct{}
	once    sync.Once
	session *session // whose call it is, or nil
	windows []held   // to give back
}

func newPending(want int) *pending { return &pending{want: want, done: make(chan struct{})} }

func (p *pending) finish(err error) {
	p.once.Do(func() {
		p.err = err
		for _, w := range p.windows {
			w.Release(w.size)
		}
		close(p.done)
	})
}

// result is what the caller gets. Messages are decoded here, on its goroutine.
func (p *pending) result() ([]Reply, error) {
	for i := range p.replies {
		r := &p.replies[i]
		switch {
		case len(r.payload) > 0 && r.payload[0] == formatError:
			r.Err = &RemoteError{From: r.From, Text: string(r.payload[1:])}
		case len(r.payload) > 0 && r.payload[0] == formatMessage:
			r.read(r.payload)
		}
	}
	return p.replies, p.err
}

func (n *system) register(l *life, p *pending) (uint64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.enroll(l, p)
}

// enroll makes p a call of incarnation l, with n.mu held. It fails when l has
// ended: the calls of l were settled then, and nobody would settle this one.
func (n *system) enroll(l *life, p *pending) (uint64, error) {
	if n.life != l {
		return 0, ErrUnknown
	}
	n.lastID++
	n.calls[n.lastID] = p
	return n.lastID, nil
}

func (n *system) unregister(callID uint64) {
	n.mu.Lock()
	delete(n.calls, callID)
	n.mu.Unlock()
}

// called takes an answer to a call, or its end.
func (n *system) called(i core.Called, halting bool) {
	e := i.Event
	n.mu.Lock() // replies too: a session that is closed finishes its calls with it held
	defer n.mu.Unlock()
	p := n.calls[e.ID]
	switch {
	case p == nil:
	case e.Outcome == call.Void:
		p.replies = nil
	case e.Member != 0:
		if e.Outcome == call.Replied {
			p.replies = append(p.replies, Reply{From: e.Member, payload: e.Body})
		}
	default:
		delete(n.calls, e.ID)
		if p.session == nil || p.session.answered(p, e.End, halting) {
			p.finish(endings[e.End])
		}
	}
}

var endings = map[call.End]error{
	call.Complete: nil, call.Nobody: ErrNobody, call.Lost: ErrLost, call.Unknown: ErrUnknown, call.Cancelled: context.Canceled,
	call.Refused: ErrLeft, call.Spent: ErrNobody,
}

// settle ends a wait that has no answer but its end.
func (n *system) settle(callID uint64, err error) {
	n.mu.Lock()
	p := n.calls[callID]
	delete(n.calls, callID)
	n.mu.Unlock()
	if p != nil {
		p.finish(err)
	}
}
