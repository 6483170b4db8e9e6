package cohort

import (
	"context"
	"errors"
)

// Handle makes a handler of a function with typed question and answer: what
// encodes as CBOR (structs with cbor tags, maps, numbers, text) or a []byte. A
// question that does not decode, and an error of f, are answered as by Request.Error:
// the caller gets a *RemoteError with the text. What f returns after Request.Defer
// is not sent, unless it is an error.
func Handle[Q, A any](f func(*Request, Q) (A, error)) Handler {
	return func(r *Request) {
		var q Q
		if err := r.Into(&q); err != nil {
			r.refuse(err)
			return
		}
		a, err := f(r, q)
		if err != nil {
			r.refuse(err)
			return
		}
		if r.wants && !r.deferred && !r.answered.Load() {
			if err := r.Reply(a); err != nil {
				r.refuse(err)
			}
		}
	}
}

// Call is the typed form of the method: it sends q to entry at every member of
// to, a *Group or a *Client, and returns the answers by member. A member that
// answers with an error has no answer; the first such error is returned if nobody
// answered otherwise. Other errors are those of the method, with the answers there were.
func Call[A, Q any](ctx context.Context, to interface {
	Call(context.Context, Order, Entry, any, int, ...Option) ([]Reply, error)
}, order Order, entry Entry, q Q, want int, opts ...Option,
) (map[Address]A, error) {
	replies, err := to.Call(ctx, order, entry, q, want, opts...)
	if err != nil && len(replies) == 0 {
		return nil, err
	}
	answers := make(map[Address]A, len(replies))
	var bad error
	for i := range replies {
		var a A
		if e := replies[i].Into(&a); e != nil {
			if bad == nil {
				bad = e
			}
			continue
		}
		answers[replies[i].From] = a
	}
	if len(answers) == 0 && bad != nil && (err == nil || errors.Is(err, ErrNobody)) {
		err = bad
	}
	return answers, err
}
