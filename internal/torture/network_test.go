package torture

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/wire"
)

// wires is a network of one host, "b", that echoes lines, and whoever calls it.
type wires struct {
	t *testing.T
	*Network
	addr   string       // of b's relay
	b      net.Listener // where b listens
	greets chan string  // who has called b
}

func newWires(t *testing.T) *wires {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wires{t: t, Network: NewNetwork(1), b: ln, greets: make(chan string, 10)}
	t.Cleanup(func() { _ = ln.Close() })
	t.Cleanup(w.Close)
	if _, w.addr, err = freeAddrs("127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	w.Add("b", w.addr, ln.Addr().String())
	if err := w.Open("b"); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go w.echo(conn)
		}
	}()
	return w
}

func (w *wires) echo(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	h, err := wire.ReadHello(conn)
	if err != nil {
		return
	}
	w.greets <- h.Name
	_, _ = io.Copy(conn, conn)
}

// caller is a connection to b.
type caller struct {
	t *testing.T
	*net.TCPConn
	lines *bufio.Reader
}

func (w *wires) call(name string) *caller {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write(wire.AppendHello(nil, wire.Hello{Site: 1, Name: name})); err != nil {
		w.t.Fatal(err)
	}
	return &caller{w.t, conn.(*net.TCPConn), bufio.NewReader(conn)}
}

func (c *caller) says(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// hears waits for a line.
func (c *caller) hears(want string) {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if line, err := c.lines.ReadString('\n'); err != nil || line != want+"\n" {
		c.t.Fatalf("heard %q, %v; want %q", line, err, want)
	}
}

// hearsNothing fails when something comes within a moment.
func (c *caller) hearsNothing() {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if line, err := c.lines.ReadString('\n'); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("heard %q, %v; want nothing", line, err)
	}
}

// breaks waits for the connection to break.
func (c *caller) breaks() {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if line, err := c.lines.ReadString('\n'); !errors.Is(err, syscall.ECONNRESET) {
		c.t.Fatalf("heard %q, %v; want a broken connection", line, err)
	}
}

func TestARelayPassesOn(t *testing.T) {
	w := newWires(t)
	c := w.call("a")
	c.says("one")
	c.hears("one")
	if name := <-w.greets; name != "a" {
		t.Errorf("b was greeted by %q", name)
	}
	c.says("two")
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.hears("two")
	if _, err := c.lines.ReadString('\n'); !errors.Is(err, io.EOF) {
		t.Errorf("the end of b's half: %v", err)
	}
}

func TestBlockedLinks(t *testing.T) {
	for _, blocked := range []link{{"a", "b"}, {"b", "a"}} {
		w := newWires(t)
		before, other := w.call("a"), w.call("c")
		before.says("before")
		before.hears("before")
		w.Set(blocked.from, blocked.to, Link{Blocked: true})
		before.says("behind")
		before.hearsNothing()
		during := w.call("a")
		during.says("during")
		during.hearsNothing()
		other.says("elsewhere")
		other.hears("elsewhere")
		w.Set(blocked.from, blocked.to, Link{})
		before.hears("behind")
		during.hears("during")
	}
}

func TestACallerThatGaveUpWasNeverThere(t *testing.T) {
	w := newWires(t)
	w.Set("a", "b", Link{Blocked: true})
	c := w.call("a")
	_ = c.Close()
	for w.open() == 0 || !w.allOver() { // the relay has to notice first
		w.yield()
	}
	w.Heal()
	w.call("c").says("hello")
	if name := <-w.greets; name != "c" {
		t.Errorf("b was greeted by %q", name)
	}
}

// open is how many connections there are.
func (n *Network) open() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.crossings)
}

// allOver reports whether all callers have ended.
func (n *Network) allOver() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for x := range n.crossings {
		if !x.over.Load() {
			return false
		}
	}
	return true
}

// yield lets others work for a moment.
func (w *wires) yield() { <-time.After(time.Millisecond) }

func TestCut(t *testing.T) {
	w := newWires(t)
	c, other := w.call("a"), w.call("c")
	for _, x := range []*caller{c, other} {
		x.says("one")
		x.hears("one")
	}
	if n := w.Cut("b", "a"); n != 1 {
		t.Errorf("%d connections were cut", n)
	}
	c.breaks()
	other.says("two")
	other.hears("two")
	c = w.call("a")
	c.says("again")
	c.hears("again")
}

func TestDelay(t *testing.T) {
	w := newWires(t)
	c := w.call("a")
	c.says("one")
	c.hears("one")
	const late = 60 * time.Millisecond
	w.Set("a", "b", Link{Delay: late})
	w.Set("b", "a", Link{Delay: late, Jitter: late})
	began := time.Now()
	c.says("two")
	c.says("three")
	c.hears("two")
	if took := time.Since(began); took < 2*late {
		t.Errorf("it took %v, which is less than %v", took, 2*late)
	}
	c.hears("three")
}

func TestLoss(t *testing.T) {
	w := newWires(t)
	w.Set("a", "b", Link{Loss: 1})
	began := time.Now()
	c := w.call("a") // its greeting is lost and sent again
	if <-w.greets; time.Since(began) < resendFirst {
		t.Errorf("a lost greeting came after %v", time.Since(began))
	}
	for range 5000 { // in the end a loss breaks the connection
		if _, err := io.WriteString(c, "x"); err != nil {
			return
		}
		w.yield()
	}
	t.Error("no loss broke the connection")
}

func TestShut(t *testing.T) {
	w := newWires(t)
	w.Shut("b")
	if _, err := net.Dial("tcp", w.addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("a host that is shut: %v", err)
	}
	if err := w.Open("b"); err != nil {
		t.Fatal(err)
	}
	c := w.call("a")
	c.says("one")
	c.hears("one")
	_ = w.b.Close()
	w.call("a").breaks()
}

func TestAStrangerIsSentAway(t *testing.T) {
	w := newWires(t)
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn); len(b) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stranger got %q, %v", b, err)
	}
}

func TestANetworkEnds(t *testing.T) {
	w := newWires(t)
	w.Set("a", "b", Link{Blocked: true})
	held, c := w.call("a"), w.call("c")
	c.says("one")
	c.hears("one")
	w.Close()
	held.breaks()
	c.breaks()
	if n := w.open(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	if err := w.Open("nobody"); err == nil {
		t.Error("an unknown host was opened")
	}
}
