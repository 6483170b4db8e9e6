package transport

import (
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort/internal/wire"
)

// maxGreeting bounds the connections that have yet to greet. One more ends the
// oldest: those that mean it are done within milliseconds, so it is strangers
// who must make room.
const maxGreeting = 256

// A Door is what stands behind an Acceptor. Its functions are called from many
// goroutines at once.
type Door struct {
	// Self says who answers here.
	Self func() wire.Welcome
	// Greeted gets a site that asks to be heard, on a goroutine of its own; the
	// connection ends when it returns. It calls Welcome before it reads.
	Greeted func(*Guest)
	// Rejected is told of connections that ended before they were greeted.
	Rejected func(remote net.Addr, err error)
}

// A Guest is a site that has said its Hello.
type Guest struct {
	Conn  net.Conn
	Hello wire.Hello
	a     *Acceptor
}

// Acceptor takes the connections of a listener and answers their greetings.
type Acceptor struct {
	ln   net.Listener
	door Door
	wg   sync.WaitGroup

	done     chan struct{}
	mu       sync.Mutex
	closed   bool
	greeting []net.Conn // oldest first
	open     map[net.Conn]struct{}
}

// Accept starts to take the connections of ln, which belongs to it from now on.
func Accept(ln net.Listener, door Door) *Acceptor {
	a := &Acceptor{ln: ln, door: door, done: make(chan struct{}), open: map[net.Conn]struct{}{}}
	a.wg.Go(a.run)
	return a
}

// Close ends the listener and all its connections. It is called once.
func (a *Acceptor) Close() {
	a.mu.Lock()
	a.closed = true
	close(a.done)
	_ = a.ln.Close()
	for conn := range a.open {
		_ = conn.Close()
	}
	a.mu.Unlock()
}

// Wait blocks until nothing is left that serves a connection.
func (a *Acceptor) Wait() { a.wg.Wait() }

func (a *Acceptor) run() {
	pause := time.Duration(0)
	for {
		conn, err := a.ln.Accept()
		if err == nil {
			pause = 0
			if a.enter(conn) {
				a.wg.Go(func() { a.serve(conn) })
			}
			continue
		}
		if a.isClosed() || errors.Is(err, net.ErrClosed) {
			return
		}
		// Too many open files, as a rule: it passes, or nothing helps.
		a.door.Rejected(a.ln.Addr(), err)
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(pause):
		case <-a.done:
		}
	}
}

func (a *Acceptor) isClosed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// enter notes a new connection. It fails when the acceptor is closed.
func (a *Acceptor) enter(conn net.Conn) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		_ = conn.Close()
		return false
	}
	if len(a.greeting) == maxGreeting {
		_ = a.greeting[0].Close() // its goroutine does the rest
		a.greeting = slices.Delete(a.greeting, 0, 1)
	}
	a.greeting = append(a.greeting, conn)
	a.open[conn] = struct{}{}
	return true
}

// known takes conn off the list of those that have yet to greet.
func (a *Acceptor) known(conn net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.greeting = slices.DeleteFunc(a.greeting, func(c net.Conn) bool { return c == conn })
}

// serve sees a connection from its greeting to its end.
func (a *Acceptor) serve(conn net.Conn) {
	defer func() {
		a.known(conn)
		_ = conn.Close()
		a.mu.Lock()
		delete(a.open, conn)
		a.mu.Unlock()
	}()
	_ = conn.SetDeadline(time.Now().Add(GreetTimeout))
	h, err := wire.ReadHello(conn)
	if err != nil {
		if !a.isClosed() {
			a.door.Rejected(conn.RemoteAddr(), err)
		}
		if version := (*wire.VersionError)(nil); errors.As(err, &version) {
			_, _ = conn.Write(wire.AppendWelcome(nil, a.door.Self()))
			finish(conn)
		}
		return
	}
	if h.Probe {
		_, _ = conn.Write(wire.AppendWelcome(nil, a.door.Self()))
		return
	}
	a.door.Greeted(&Guest{Conn: conn, Hello: h, a: a})
}

// finish lets the other end read the last that was said: to close with
// something unread would break the connection and take that with it.
func finish(conn net.Conn) {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, conn, 4<<10)
}

// Welcome answers the guest: its frames follow, from the one after got on.
func (g *Guest) Welcome(got uint64) error {
	w := g.a.door.Self()
	w.Got = got
	if _, err := g.Conn.Write(wire.AppendWelcome(nil, w)); err != nil {
		return err
	}
	g.a.known(g.Conn)
	return g.Conn.SetDeadline(time.Time{})
}

// Refuse answers a guest that is not wanted. Nothing more can be done with it.
func (g *Guest) Refuse(why wire.Refusal) {
	w := g.a.door.Self()
	w.Refused = why
	_, _ = g.Conn.Write(wire.AppendWelcome(nil, w))
	_ = g.Conn.Close()
}
