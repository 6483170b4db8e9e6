package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// pipeRoom is what a direction of a memory connection holds, like the buffers
// of two sockets.
const pipeRoom = 256 << 10

// pipe is one direction of a memory connection.
type pipe struct {
	mu       sync.Mutex
	changed  sync.Cond
	segments []segment
	size     int
	finished bool  // no more will be written: end of file after what there is
	err      error // both ends fail with it at once
	held     bool  // nothing gets through: see Memory.Hold
	delay    time.Duration

	readBy, writeBy time.Time
}

type segment struct {
	at    time.Time // when it arrives
	bytes []byte
}

func newPipe(delay time.Duration) *pipe {
	p := &pipe{delay: delay}
	p.changed.L = &p.mu
	return p
}

// wakeAt makes whoever waits look again at t.
func (p *pipe) wakeAt(t time.Time) {
	time.AfterFunc(time.Until(t), func() {
		p.mu.Lock()
		p.changed.Broadcast()
		p.mu.Unlock()
	})
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.err != nil:
			return 0, p.err
		case late(p.readBy):
			return 0, os.ErrDeadlineExceeded
		case p.held:
		case len(p.segments) == 0 && p.finished:
			return 0, io.EOF
		case len(p.segments) > 0 && !time.Now().Before(p.segments[0].at):
			return p.take(b), nil
		}
		p.changed.Wait()
	}
}

func (p *pipe) take(b []byte) (n int) {
	for n < len(b) && len(p.segments) > 0 && !time.Now().Before(p.segments[0].at) {
		s := &p.segments[0]
		k := copy(b[n:], s.bytes)
		n += k
		if s.bytes = s.bytes[k:]; len(s.bytes) == 0 {
			p.segments = p.segments[1:]
		}
	}
	p.size -= n
	p.changed.Broadcast()
	return n
}

func (p *pipe) write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(b) > 0 {
		switch room := pipeRoom - p.size; {
		case errors.Is(p.err, net.ErrClosed): // the other end closed
			return n, syscall.EPIPE
		case p.err != nil:
			return n, p.err
		case p.finished:
			return n, net.ErrClosed
		case late(p.writeBy):
			return n, os.ErrDeadlineExceeded
		case room > 0:
			k := min(room, len(b))
			at := time.Now().Add(p.delay)
			p.segments = append(p.segments, segment{at, append([]byte(nil), b[:k]...)})
			p.size += k
			n, b = n+k, b[k:]
			p.changed.Broadcast()
			if p.delay > 0 {
				p.wakeAt(at)
			}
		default:
			p.changed.Wait()
		}
	}
	return n, nil
}

// change does something to the pipe and lets both ends see it.
func (p *pipe) change(f func()) {
	p.mu.Lock()
	f()
	p.changed.Broadcast()
	p.mu.Unlock()
}

// fail breaks the pipe; what was under way is lost.
func (p *pipe) fail(err error) {
	p.change(func() {
		if p.err == nil {
			p.err, p.segments, p.size = err, nil, 0
		}
	})
}

func (p *pipe) setDeadline(which *time.Time, t time.Time) {
	p.change(func() { *which = t })
	if !t.IsZero() && !late(t) {
		p.wakeAt(t)
	}
}

func late(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

// pipeConn is one end of a memory connection.
type pipeConn struct {
	in, out       *pipe
	local, remote memoryAddr
	host, peer    string
	closed        func(*pipeConn) // the network forgets it
}

func (c *pipeConn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *pipeConn) Write(b []byte) (int, error) { return c.out.write(b) }

// Close ends both directions: the other end reads what was written, then the end.
func (c *pipeConn) Close() error {
	c.in.fail(net.ErrClosed)
	c.out.change(func() { c.out.finished = true })
	c.closed(c)
	return nil
}

// reset breaks the connection for both ends.
func (c *pipeConn) reset() {
	c.in.fail(syscall.ECONNRESET)
	c.out.fail(syscall.ECONNRESET)
}

func (c *pipeConn) LocalAddr() net.Addr  { return c.local }
func (c *pipeConn) RemoteAddr() net.Addr { return c.remote }

func (c *pipeConn) SetDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.readBy, t)
	c.out.setDeadline(&c.out.writeBy, t)
	return nil
}

func (c *pipeConn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.readBy, t)
	return nil
}

func (c *pipeConn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writeBy, t)
	return nil
}
