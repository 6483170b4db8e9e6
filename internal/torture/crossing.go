package torture

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort/internal/wire"
)

const (
	// greetFor is how long a relay waits for a greeting, in which it learns who
	// calls.
	greetFor = 10 * time.Second
	// segment is how much a relay reads at a time, and segments how much of that
	// it holds in each direction: then whoever sends has to wait.
	segment  = 16 << 10
	segments = 64
)

// crossing is a connection by way of a relay.
type crossing struct {
	n      *Network
	link   link     // from whom to whom
	caller net.Conn // to who has called
	over   atomic.Bool

	mu     sync.Mutex
	callee net.Conn // to who was called, nil before the greeting gets through
	ended  chan struct{}
	broken bool
}

// parcel is something on its way. The last one has an error: that of reading.
type parcel struct {
	bytes []byte
	due   time.Time
	err   error
}

// cross takes a connection to target, from its greeting to its end.
func (n *Network) cross(conn net.Conn, to, target string) {
	defer func() { _ = conn.Close() }()
	unread := make(chan struct{})
	go func() { // the greeting may never come
		select {
		case <-n.ctx.Done():
			_ = conn.Close()
		case <-unread:
		}
	}()
	_ = conn.SetReadDeadline(time.Now().Add(greetFor))
	var greeting bytes.Buffer
	hello, err := wire.ReadHello(io.TeeReader(conn, &greeting))
	close(unread)
	if err != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	x := &crossing{n: n, link: link{hello.Name, to}, caller: conn, ended: make(chan struct{})}
	n.mu.Lock()
	n.crossings[x] = struct{}{}
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.crossings, x)
		n.mu.Unlock()
	}()
	x.run(greeting.Bytes(), target)
}

// run moves everything in both directions, until both have ended or the
// connection breaks.
func (x *crossing) run(greeting []byte, target string) {
	var both sync.WaitGroup
	defer both.Wait()
	defer x.reset()
	ahead := make(chan parcel, segments)
	late, _ := x.n.fate(x.link)
	ahead <- parcel{bytes: greeting, due: time.Now().Add(late)}
	both.Go(func() { x.read(x.caller, x.link, ahead) })
	first := <-ahead
	// Who has given up meanwhile was never connected.
	if !x.n.pass(x.link, first.due, x.ended) || x.over.Load() {
		return
	}
	callee, err := net.Dial("tcp", target)
	if err != nil || !x.reached(callee) {
		return
	}
	if _, err := callee.Write(first.bytes); err != nil {
		return
	}
	back := make(chan parcel, segments)
	reverse := link{x.link.to, x.link.from}
	both.Go(func() { x.read(callee, reverse, back) })
	var half sync.WaitGroup
	half.Go(func() { x.write(x.caller, reverse, back) })
	x.write(callee, x.link, ahead)
	half.Wait()
	x.close(false)
}

// reached notes the connection to who was called. It fails when the crossing
// was broken meanwhile.
func (x *crossing) reached(callee net.Conn) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.broken {
		_ = callee.Close()
		return false
	}
	x.callee = callee
	return true
}

// read sends on its way what comes from one end.
func (x *crossing) read(from net.Conn, l link, out chan<- parcel) {
	for {
		b := make([]byte, segment)
		k, err := from.Read(b)
		late, breaks := x.n.fate(l)
		if breaks && k > 0 {
			x.reset()
			return
		}
		due := time.Now().Add(late)
		for _, p := range []parcel{{bytes: b[:k], due: due}, {err: err, due: due}} {
			if len(p.bytes) == 0 && p.err == nil {
				continue
			}
			select {
			case out <- p:
			case <-x.ended:
				return
			}
		}
		if err != nil {
			if from == x.caller {
				x.over.Store(true)
			}
			return
		}
	}
}

// write hands over to the other end what has arrived.
func (x *crossing) write(to net.Conn, l link, in <-chan parcel) {
	for {
		var p parcel
		select {
		case p = <-in:
		case <-x.ended:
			return
		}
		if !x.n.pass(l, p.due, x.ended) {
			return
		}
		switch {
		case p.err == nil:
			if _, err := to.Write(p.bytes); err != nil {
				x.reset()
				return
			}
		case errors.Is(p.err, io.EOF):
			if half, ok := to.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite()
			}
			return
		default:
			x.reset()
			return
		}
	}
}

// reset breaks the connection for both ends.
func (x *crossing) reset() { x.close(true) }

// close ends the connection for both ends; what was written arrives unless it
// is abrupt.
func (x *crossing) close(abrupt bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.broken {
		return
	}
	x.broken = true
	close(x.ended)
	for _, conn := range []net.Conn{x.caller, x.callee} {
		if conn == nil {
			continue
		}
		if tcp, ok := conn.(*net.TCPConn); ok && abrupt {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}
