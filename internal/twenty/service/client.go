package service

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/twenty"
)

// Patience is how long a client waits for one request. A group answers, or says
// at once that nobody is left to; who hears nothing has found a fault.
const Patience = 10 * time.Second

// ErrSilence: there was neither an answer nor an error in time.
var ErrSilence = errors.New("twenty: neither an answer nor an error within 10 s; this is a fault of the service")

// errMissing: not all members have answered a horizontal question, for one has
// failed.
var errMissing = errors.New("twenty: a part of the answer is missing")

// InconsistentError says that the parts of an answer do not fit together: the
// members disagree about who they are, or about the table. Virtual synchrony
// rules that out.
type InconsistentError struct {
	Query twenty.Query
	Parts []Part
}

func (e *InconsistentError) Error() string {
	return fmt.Sprintf("twenty: the answers to %v do not fit together: %v", e.Query, e.Parts)
}

// RefusedError says why the service refused a question or an update: the
// caller's mistake.
type RefusedError struct{ Text string }

func (e *RefusedError) Error() string { return e.Text }

// Client asks the service. Its methods are safe for concurrent use.
type Client struct {
	node    *cohort.Node
	number  uint64
	count   atomic.Uint64
	retries atomic.Uint64
	group   atomic.Pointer[cohort.Client]
}

// Answer is what the service says to a question.
type Answer struct {
	twenty.Reply
	Parts []Part // one, or those of all members by number if the question is horizontal
}

// Dial returns a client of the service that runs in node's system. The error is
// cohort.ErrNoGroup if there is none, or ctx's.
func Dial(ctx context.Context, node *cohort.Node) (*Client, error) {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	c := &Client{node: node, number: binary.LittleEndian.Uint64(b[:])}
	if err := c.find(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// find looks the group up.
func (c *Client) find(ctx context.Context) error {
	v, err := c.node.Lookup(ctx, GroupName)
	if err != nil {
		return err
	}
	c.group.Store(c.node.Client(v.Group))
	return nil
}

// Retries is how many requests were repeated so far.
func (c *Client) Retries() uint64 { return c.retries.Load() }

// Ask asks until it has the whole answer: again when the member that should
// have answered has failed, or when nobody can tell what became of the question.
// The error is a *RefusedError for a question that does not fit the table, an
// *InconsistentError, ErrSilence, an error of package cohort that asking again
// does not mend, or ctx's.
func (c *Client) Ask(ctx context.Context, q twenty.Query) (Answer, error) {
	payload, _ := q.MarshalBinary() // never fails
	want := 1
	if q.Horizontal {
		want = cohort.All
	}
	var a Answer
	err := c.insist(ctx, func(ctx context.Context, g *cohort.Client) error {
		replies, err := g.Call(ctx, cohort.Causal, entryQuery, payload, want)
		if err != nil {
			return err
		}
		parts, err := readParts(replies)
		if err != nil {
			return err
		}
		a, err = assemble(q, parts)
		return err
	})
	return a, err
}

// readParts reads the replies to a question.
func readParts(replies []cohort.Reply) ([]Part, error) {
	parts := make([]Part, 0, len(replies))
	for i := range replies {
		r := &replies[i]
		if r.Err != nil {
			return nil, refused(r.Err)
		}
		p, err := parsePart(r.Raw())
		if err != nil {
			return nil, err
		}
		p.From = r.From
		parts = append(parts, p)
	}
	return parts, nil
}

// assemble makes an answer of its parts. The error is errMissing or an
// *InconsistentError.
func assemble(q twenty.Query, parts []Part) (Answer, error) {
	bad := &InconsistentError{Query: q, Parts: parts}
	switch {
	case len(parts) == 0:
		return Answer{}, errMissing
	case !q.Horizontal && len(parts) > 1:
		return Answer{}, bad
	case !q.Horizontal:
		return Answer{Reply: parts[0].Reply, Parts: parts}, nil
	}
	ordered := make([]Part, parts[0].Of)
	all := make([]twenty.Reply, 0, len(parts))
	for _, p := range parts {
		if p.Of != len(ordered) || ordered[p.Member].Of != 0 {
			return Answer{}, bad
		}
		ordered[p.Member] = p
		all = append(all, p.Reply)
	}
	sum, err := twenty.Combine(all)
	switch {
	case err != nil:
		return Answer{}, bad
	case len(parts) < len(ordered):
		return Answer{}, errMissing
	}
	return Answer{Reply: sum, Parts: ordered}, nil
}

func refused(err error) error {
	if remote, ok := errors.AsType[*cohort.RemoteError](err); ok {
		return &RefusedError{Text: remote.Text}
	}
	return err
}

// Update applies u once, however often it has to be sent, and returns the
// version that it made. The error is a *RefusedError if the table does not take
// it, and else as for Ask; then u may have been applied.
func (c *Client) Update(ctx context.Context, u twenty.Update) (version uint64, err error) {
	payload, _ := u.AppendBinary(updateID{c.number, c.count.Add(1)}.append(nil)) // never fails
	err = c.insist(ctx, func(ctx context.Context, g *cohort.Client) error {
		replies, err := g.Call(ctx, cohort.Barrier, entryUpdate, payload, 1)
		switch {
		case err != nil:
			return err
		case replies[0].Err != nil:
			return refused(replies[0].Err)
		}
		v, rest, ok := cutUvarint(replies[0].Raw())
		if !ok || len(rest) > 0 {
			return errMalformed
		}
		version = v
		return nil
	})
	return version, err
}

// Table is a copy of the service's table. The error is as for Ask; a table that
// takes more than a reply may is refused.
func (c *Client) Table(ctx context.Context) (t *twenty.Table, err error) {
	err = c.insist(ctx, func(ctx context.Context, g *cohort.Client) error {
		replies, err := g.Call(ctx, cohort.Causal, entryTable, []byte{}, 1)
		switch {
		case err != nil:
			return err
		case replies[0].Err != nil:
			return refused(replies[0].Err)
		}
		t, err = twenty.Restore(bytes.NewReader(replies[0].Raw()))
		return err
	})
	return t, err
}

// retryable reports whether asking again may help: nobody has answered, nobody
// knows, or another group may have the name by now.
func retryable(err error) bool {
	return errors.Is(err, cohort.ErrNobody) || errors.Is(err, cohort.ErrUnknown) || errors.Is(err, cohort.ErrLost) ||
		errors.Is(err, errMissing)
}

// insist makes one request until it ends in something else than a retryable
// error. The second attempt comes at once; before later ones there is a pause,
// which grows to 50 ms, and the group is looked up anew.
func (c *Client) insist(ctx context.Context, try func(context.Context, *cohort.Client) error) error {
	err := c.attempt(ctx, false, try)
	for pause := time.Duration(0); retryable(err); pause = min(2*pause+time.Millisecond, 50*time.Millisecond) {
		c.retries.Add(1)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		err = c.attempt(ctx, pause > 0, try)
	}
	return err
}

// attempt makes one request once.
func (c *Client) attempt(ctx context.Context, lookup bool, try func(context.Context, *cohort.Client) error) error {
	limited, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var err error
	if lookup {
		err = c.find(limited)
	}
	if err == nil {
		err = try(limited, c.group.Load())
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return ErrSilence
	}
	return err
}
