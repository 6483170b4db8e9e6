package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/wire"
)

// GreetTimeout bounds dialing and the greeting together, on either side.
const GreetTimeout = 5 * time.Second

// Failure says what it means that a site could not be reached.
type Failure uint8

// The failures.
const (
	Unreachable Failure = iota // nothing is known of it: no route, no answer, a broken connection
	Refused                    // nobody listens at the address: its process is gone
	Replaced                   // somebody else answers at the address: its process is gone
	Shunned                    // it says that the dialer's incarnation was removed
	Declined                   // it runs and does not want this connection
)

func (f Failure) String() string {
	switch f {
	case Refused:
		return "nobody listens there"
	case Replaced:
		return "somebody else answers there"
	case Shunned:
		return "this site was removed from the system"
	case Declined:
		return "it declined the connection"
	case Unreachable:
	}
	return "unreachable"
}

// A DialError says why there is no connection to a site.
type DialError struct {
	Addr string
	Why  Failure
	By   id.Site // who answered, as far as known
	Err  error   // what was seen; nil when Why says it all
}

func (e *DialError) Error() string {
	s := fmt.Sprintf("transport: %s: %s", e.Addr, e.Why)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *DialError) Unwrap() error { return e.Err }

// Connect dials addr and greets site want there. The connection it returns
// takes frames from the one after Welcome.Got on, and tells nothing but its
// end: see [Watch]. It blocks until ctx ends, and no longer than GreetTimeout.
// The error is a *DialError.
func Connect(ctx context.Context, t Transport, addr string, want id.Site, h wire.Hello) (net.Conn, wire.Welcome, error) {
	conn, w, err := greet(ctx, t, addr, h)
	if err != nil {
		return nil, w, err
	}
	var why Failure
	switch {
	case w.Refused == wire.RefusedSite && (w.Site == want || w.System == h.System):
		why = Shunned
	case w.Site != want:
		why = Replaced
	case w.Refused != 0:
		why = Declined
	default:
		return conn, w, nil
	}
	_ = conn.Close()
	e := &DialError{Addr: addr, Why: why, By: w.Site}
	if w.Refused != 0 {
		e.Err = errors.New(w.Refused.String())
	}
	return nil, w, e
}

// Probe asks who is at addr, and leaves all lanes as they are. It blocks as
// Connect does. The error is a *DialError.
func Probe(ctx context.Context, t Transport, addr string, h wire.Hello) (wire.Welcome, error) {
	h.Probe = true
	conn, w, err := greet(ctx, t, addr, h)
	if err == nil {
		_ = conn.Close()
	}
	return w, err
}

// Watch waits for the end of a connection that Connect returned, and says what
// it was. The other end has nothing to say on it.
func Watch(conn net.Conn) error {
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		return err
	}
	return errors.New("transport: the acceptor of a connection sent something")
}

// greet dials addr, says h and reads the answer.
func greet(ctx context.Context, t Transport, addr string, h wire.Hello) (net.Conn, wire.Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, GreetTimeout)
	defer cancel()
	conn, err := t.Dial(ctx, addr)
	if err != nil {
		return nil, wire.Welcome{}, &DialError{Addr: addr, Why: meaning(err), Err: err}
	}
	// The deadline is not taken from the connection again but the watch on ctx
	// is, before the connection is handed out.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	// Who does not want a Hello may have said so and closed before reading it.
	_, unsaid := conn.Write(wire.AppendHello(nil, h))
	w, err := wire.ReadWelcome(conn)
	if unsaid != nil && (err == nil || meaning(err) == Unreachable) {
		err = unsaid
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, w, &DialError{Addr: addr, Why: meaning(err), Err: err}
	}
	return conn, w, nil
}

// meaning of an error of dialing or of the greeting.
func meaning(err error) Failure {
	var malformed *wire.Error
	var version *wire.VersionError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, wire.ErrNotCohort), errors.As(err, &malformed), errors.As(err, &version):
		return Replaced
	}
	return Unreachable
}
