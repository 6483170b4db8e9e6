package transport

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Memory is a network within one process, for tests. Hosts have names;
// addresses are "host:port". It can do what networks do: be slow, break
// connections, and let nothing through without saying so.
type Memory struct {
	mu        sync.Mutex
	delay     time.Duration
	listeners map[string]*memoryListener
	conns     map[*pipeConn]struct{} // the dialers' ends
	held      map[[2]string]bool     // pairs of hosts between which nothing gets through
	waiting   map[chan struct{}]bool // dials that wait for that to end
	ports     int
}

// NewMemory returns a network without delay or faults.
func NewMemory() *Memory {
	return &Memory{
		listeners: map[string]*memoryListener{},
		conns:     map[*pipeConn]struct{}{},
		held:      map[[2]string]bool{},
		waiting:   map[chan struct{}]bool{},
	}
}

// Host is the network as host name sees it.
func (m *Memory) Host(name string) Transport { return memoryHost{m, name} }

// Delay makes bytes of connections opened from now on arrive so much later.
func (m *Memory) Delay(d time.Duration) {
	m.mu.Lock()
	m.delay = d
	m.mu.Unlock()
}

// Cut breaks all connections between two hosts. What was under way is lost;
// new ones can be opened at once.
func (m *Memory) Cut(a, b string) {
	for _, c := range m.between(a, b) {
		c.reset()
	}
}

// Hold lets nothing through between two hosts from now on, until Release:
// connections stay as they are, and dials wait.
func (m *Memory) Hold(a, b string) { m.setHeld(a, b, true) }

// Release ends Hold. What was under way arrives.
func (m *Memory) Release(a, b string) { m.setHeld(a, b, false) }

func (m *Memory) setHeld(a, b string, held bool) {
	m.mu.Lock()
	m.held[pair(a, b)] = held
	for c := range m.waiting {
		close(c)
		delete(m.waiting, c)
	}
	m.mu.Unlock()
	for _, c := range m.between(a, b) {
		c.in.change(func() { c.in.held = held })
		c.out.change(func() { c.out.held = held })
	}
}

func (m *Memory) between(a, b string) (list []*pipeConn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.conns {
		if pair(c.host, c.peer) == pair(a, b) {
			list = append(list, c)
		}
	}
	return list
}

func pair(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

type memoryAddr string

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }

type memoryHost struct {
	net  *Memory
	name string
}

func (h memoryHost) Listen(addr string) (net.Listener, error) {
	m := h.net
	m.mu.Lock()
	defer m.mu.Unlock()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if host != "" && host != h.name {
		return nil, &net.OpError{Op: "listen", Net: "memory", Addr: memoryAddr(addr), Err: syscall.EADDRNOTAVAIL}
	}
	if port == "0" {
		m.ports++
		port = fmt.Sprint(m.ports)
	}
	addr = net.JoinHostPort(h.name, port)
	if m.listeners[addr] != nil {
		return nil, &net.OpError{Op: "listen", Net: "memory", Addr: memoryAddr(addr), Err: syscall.EADDRINUSE}
	}
	l := &memoryListener{net: m, addr: memoryAddr(addr), backlog: make(chan *pipeConn, 64), closed: make(chan struct{})}
	m.listeners[addr] = l
	return l, nil
}

func (h memoryHost) Dial(ctx context.Context, addr string) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: memoryAddr(addr), Err: err}
	}
	peer, _, _ := strings.Cut(addr, ":")
	m := h.net
	m.mu.Lock()
	for m.held[pair(h.name, peer)] {
		released := make(chan struct{})
		m.waiting[released] = true
		m.mu.Unlock()
		select {
		case <-released:
		case <-ctx.Done():
			return fail(ctx.Err())
		}
		m.mu.Lock()
	}
	defer m.mu.Unlock()
	l := m.listeners[addr]
	if l == nil {
		return fail(syscall.ECONNREFUSED)
	}
	there, back := newPipe(m.delay), newPipe(m.delay)
	forget := func(c *pipeConn) {
		m.mu.Lock()
		delete(m.conns, c)
		m.mu.Unlock()
	}
	ours := &pipeConn{in: back, out: there, local: memoryAddr(h.name), remote: l.addr, host: h.name, peer: peer, closed: forget}
	theirs := &pipeConn{in: there, out: back, local: l.addr, remote: memoryAddr(h.name), host: peer, peer: h.name, closed: forget}
	select {
	case l.backlog <- theirs:
	default:
		return fail(syscall.ETIMEDOUT)
	}
	m.conns[ours] = struct{}{}
	return ours, nil
}

type memoryListener struct {
	net     *Memory
	addr    memoryAddr
	backlog chan *pipeConn
	closed  chan struct{}
	once    sync.Once
}

func (l *memoryListener) Addr() net.Addr { return l.addr }

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close refuses new connections and breaks those nobody has accepted.
func (l *memoryListener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, string(l.addr))
		l.net.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.backlog:
				c.reset()
			default:
				return
			}
		}
	})
	return nil
}
