package cohort

import (
	"fmt"
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/mcast"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Request is a cast as a member's handler gets it. Embedded Fields read its
// message. It is the handler's until that returns, and for good if the handler
// calls Defer; what its methods returned may be kept in any case, but for what
// Borrow returned.
type Request struct {
	Fields
	// Sender is the process that made the cast. No program can forge it.
	Sender Address
	// Entry and Order are as the sender gave them.
	Entry Entry
	Order Order

	wants    bool
	deferred bool
	answered atomic.Bool
	at       *View // in which it was delivered, once it is deferred
	payload  []byte
	run      *delivery
	index    int // in the run
	end      int // of the cast in the run's body
	until    int // where the casts end that may be had by Next
}

// delivery is what the requests of one run share.
type delivery struct {
	g    *Group
	life *life
	core.Casts
	kept bool // by a request that outlives its handler, or may
}

// dispatch finds the handler and runs it, while nobody reads the state, for this
// cast and those that it may have by Next. A call that nobody answers and nobody
// defers gets a null reply: the caller need not wait for us.
func (r *Request) dispatch(g *Group, payload []byte) {
	if len(payload) < 2 { // the entry and the format
		r.decline()
		return
	}
	r.Entry, r.payload, r.until = Entry(payload[0]), payload[1:], 0
	switch {
	case payload[1] == formatMessage:
		r.read(r.payload)
	case !r.wants && len(g.cfg.Filters) == 0:
		r.until = len(r.run.Run.Body)
	}
	h := g.handler(r.Entry)
	if h == nil {
		r.decline()
		return
	}
	err := g.filter(r)
	if err == nil {
		h(r)
		for r.Next() {
			h(r)
		}
	}
	switch {
	case !r.wants:
	case err != nil:
		r.refuse(err)
	case r.deferred:
	case r.bad != nil:
		r.refuse(r.bad)
	default:
		r.decline()
	}
}

// filter runs the filters until one refuses the request.
func (g *Group) filter(r *Request) error {
	for _, f := range g.cfg.Filters {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// Group is the group the request was cast to, nil if it was cast to the process's
// own address.
func (r *Request) Group() *Group {
	if r.run.g.direct {
		return nil
	}
	return r.run.g
}

// View is the view in which the request was delivered: all members see the
// same one.
func (r *Request) View() View {
	if r.at != nil {
		return *r.at
	}
	return r.run.g.View()
}

// Rank is this member's rank in that view, the same number at all members.
func (r *Request) Rank() int {
	return r.View().Rank(r.run.life.process(r.run.g.n.number))
}

// Session is the number of the session that the sender speaks for, counted in
// this group from 1: the same client has it when it comes back under another
// address. 0 is none.
func (r *Request) Session() uint64 { return r.run.Session }

// Raw is the payload of a cast that was made with a []byte.
func (r *Request) Raw() []byte {
	r.keep()
	return r.Borrow()
}

// Borrow is Raw for a handler that only looks: the bytes are good until it returns,
// unless it calls Defer. Then other casts may come where they were. A group whose
// handlers borrow gives the garbage collector a fraction of the work.
func (r *Request) Borrow() []byte {
	if len(r.payload) > 0 && r.payload[0] == formatBytes {
		return r.payload[1:]
	}
	return nil
}

// Next makes r the cast that came next, if its handler is the same and may have it
// at once: of the same sender and order, to the same entry, made by CastRaw or
// CastEach. If not, Next returns false, r stays what it is, and what comes next is
// dispatched as ever. It is for handlers of millions of casts a second: the cost of
// a call is that of many casts then. They go on until Next says no:
//
//	for ok := true; ok; ok = r.Next() {
//		use(r.Borrow())
//	}
//
// Between two casts, that is in Next too, readers may see the state. Calls, groups
// with Filters, requests that were deferred, and a node that was closed have no Next.
func (r *Request) Next() bool {
	if r.end >= r.until || r.run.g.queue.closed.Load() {
		return false
	}
	body := r.run.Run.Body
	from := r.end + 1
	to := from + int(body[r.end])
	if body[r.end] >= msg.Long {
		from, to = msg.CastAt(body, r.end)
	}
	if to > len(body) || to < from+2 || body[from] != byte(r.Entry) || body[from+1] != formatBytes {
		return false
	}
	r.payload, r.end = body[from+1:to:to], to
	r.index++
	r.run.g.readers.state.letRead(r.index)
	return true
}

// keep makes what the payload is in ours for good.
func (r *Request) keep() {
	if l := r.run.Run.Loan; l != nil {
		l.Keep()
	}
}

// Into decodes the message into v, a pointer, as encoding/cbor would.
func (r *Request) Into(v any) error {
	if _, raw := v.(*[]byte); raw {
		r.keep()
	}
	return decode(r.payload, v)
}

// WantsReply reports whether the sender waits for replies.
func (r *Request) WantsReply() bool { return r.wants }

// Defer lets the handler return and keep the request. If an answer is wanted,
// Reply, Error or Decline may follow from any goroutine.
func (r *Request) Defer() {
	v := r.View()
	r.at = &v
	r.deferred, r.until, r.run.kept = true, 0, true
	r.keep()
}

// Reply answers the request with v: a Message, a []byte, or what encodes as
// CBOR. The error is ErrNoReply for a second answer or a cast that wants none,
// ErrTooLarge, or says why v cannot be encoded.
func (r *Request) Reply(v any) error { return r.answer(v, nil) }

// ReplyCopy is Reply, with a copy of the answer cast to the group at an entry
// first: the caller gets its reply only when all members hold the copy. If this
// member fails before, the others know that the caller has none (section 6 of
// the 1987 paper). The copy may be as large as a cast.
func (r *Request) ReplyCopy(v any, entry Entry, copied any) error {
	body, err := encode([]byte{byte(entry)}, copied)
	if err != nil {
		return err
	}
	if len(body) > mcast.MaxCast {
		return ErrTooLarge
	}
	return r.answer(v, body)
}

// Error answers the request with an error, which must not be nil: the caller gets a
// *RemoteError with up to 4096 bytes of the text. The error is ErrNoReply, as with Reply.
func (r *Request) Error(err error) error {
	text := err.Error()
	return r.send(append([]byte{formatError}, text[:min(len(text), 4096)]...), nil)
}

// Decline sends a null reply: the caller does not wait for this member. Hot
// standbys decline everything. The error is ErrNoReply, as with Reply.
func (r *Request) Decline() error { return r.send(nil, nil) }

func (r *Request) answer(v any, copied []byte) error {
	body, err := encode(nil, v)
	if err != nil {
		return err
	}
	if len(body) > maxReply {
		return ErrTooLarge
	}
	return r.send(body, copied)
}

func (r *Request) send(body, copied []byte) error {
	if !r.wants || !r.answered.CompareAndSwap(false, true) {
		return ErrNoReply
	}
	l := r.run.life
	l.node.Post(core.Answer{
		Proc: l.process(r.run.g.n.number), Request: r.run.Request(r.index), Null: body == nil, Body: body, Copy: copied,
	})
	return nil
}

func (r *Request) decline()         { _ = r.Decline() }
func (r *Request) refuse(err error) { _ = r.Error(err) }

// String names the request for logs.
func (r *Request) String() string {
	return fmt.Sprintf("request to entry %d of %q from %v", r.Entry, r.run.g.name, r.Sender)
}
