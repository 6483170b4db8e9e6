package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

// both runs a test over memory and over TCP. There listen is an address to
// listen at that is free, and slow whether the clock runs by itself.
func both(t *testing.T, test func(t *testing.T, tr Transport, listen string)) {
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, NewMemory().Host("a"), "a:0") })
	})
	t.Run("tcp", func(t *testing.T) { test(t, TCP{}, "127.0.0.1:0") })
}

func mustListen(t *testing.T, tr Transport, addr string) net.Listener {
	t.Helper()
	ln, err := tr.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func TestStreams(t *testing.T) {
	both(t, func(t *testing.T, tr Transport, listen string) {
		ln := mustListen(t, tr, listen)
		t.Cleanup(func() { _ = ln.Close() })
		sent := bytes.Repeat([]byte("0123456789"), 200_000) // more than any buffer holds
		var got []byte
		var err error
		var wg sync.WaitGroup
		wg.Go(func() {
			conn, aerr := ln.Accept()
			if aerr != nil {
				t.Error(aerr)
				return
			}
			defer func() { _ = conn.Close() }()
			if got, err = io.ReadAll(conn); err == nil {
				_, err = conn.Write([]byte("thanks"))
			}
		})
		conn, derr := tr.Dial(t.Context(), ln.Addr().String())
		if derr != nil {
			t.Fatal(derr)
		}
		go func() {
			_, _ = conn.Write(sent)
			if c, ok := conn.(*net.TCPConn); ok {
				_ = c.CloseWrite()
			} else {
				_ = conn.Close()
			}
		}()
		wg.Wait()
		if !bytes.Equal(got, sent) {
			t.Errorf("%d bytes came of %d, %v", len(got), len(sent), err)
		}
		_ = conn.Close()
		if _, err := conn.Write([]byte("x")); err == nil {
			t.Error("a closed connection takes bytes")
		}
	})
}

func TestAddresses(t *testing.T) {
	both(t, func(t *testing.T, tr Transport, listen string) {
		ln := mustListen(t, tr, listen)
		addr := ln.Addr().String()
		if _, port, err := net.SplitHostPort(addr); err != nil || port == "0" {
			t.Errorf("listens at %s", addr)
		}
		if _, err := tr.Listen(addr); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("an address taken twice: %v", err)
		}
		_ = ln.Close()
		if _, err := tr.Dial(t.Context(), addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("an address where nobody listens: %v", err)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a closed listener accepts: %v", err)
		}
		again := mustListen(t, tr, addr)
		_ = again.Close()
	})
}

func TestMemoryFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		m.Delay(30 * time.Millisecond)
		ln := mustListen(t, m.Host("b"), "b:1")
		t.Cleanup(func() { _ = ln.Close() })
		open := func() (net.Conn, net.Conn) {
			ours, err := m.Host("a").Dial(t.Context(), "b:1")
			if err != nil {
				t.Fatal(err)
			}
			theirs, _ := ln.Accept()
			return ours, theirs
		}
		b := make([]byte, 10)

		ours, theirs := open()
		began := time.Now()
		_, _ = ours.Write([]byte("slow"))
		if n, err := theirs.Read(b); n != 4 || err != nil || time.Since(began) != 30*time.Millisecond {
			t.Errorf("%d bytes after %v, %v", n, time.Since(began), err)
		}
		m.Hold("b", "a")
		_, _ = ours.Write([]byte("late"))
		_ = theirs.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := theirs.Read(b); !isTimeout(err) {
			t.Errorf("something came through: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.Host("a").Dial(ctx, "b:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a dial came through: %v", err)
		}
		go m.Release("a", "b")
		late, err := m.Host("a").Dial(t.Context(), "b:1")
		if err != nil {
			t.Error(err)
		}
		_ = theirs.SetReadDeadline(time.Time{})
		if n, err := theirs.Read(b); string(b[:n]) != "late" || err != nil {
			t.Errorf("%q came, %v", b[:n], err)
		}
		_, _ = ours.Write([]byte("lost"))
		m.Cut("a", "b")
		for _, c := range []net.Conn{ours, theirs, late} {
			if _, err := c.Read(b); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("a cut connection: %v", err)
			}
			if _, err := c.Write(b); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("a cut connection: %v", err)
			}
		}
		_, _ = ln.Accept()
		ours, theirs = open()
		_ = theirs.Close()
		if _, err := ours.Read(b); !errors.Is(err, io.EOF) {
			t.Errorf("the end of a connection: %v", err)
		}
		if _, err := ours.Write(b); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("a closed connection: %v", err)
		}
	})
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// desk is an acceptor that answers every guest alike.
type desk struct {
	*Acceptor
	addr     string
	welcome  wire.Welcome
	refuse   wire.Refusal
	mu       sync.Mutex
	guests   []wire.Hello
	rejected []error
	welcomed chan struct{} // one for each guest, when Welcome has returned
}

func newDesk(t *testing.T, tr Transport, listen string) *desk {
	ln := mustListen(t, tr, listen)
	d := &desk{addr: ln.Addr().String(), welcome: wire.Welcome{System: 5, Site: 2, Name: "desk"}, welcomed: make(chan struct{}, 64)}
	d.Acceptor = Accept(ln, Door{
		Self: func() wire.Welcome { return d.welcome },
		Greeted: func(g *Guest) {
			d.mu.Lock()
			d.guests = append(d.guests, g.Hello)
			refuse := d.refuse
			d.mu.Unlock()
			if refuse != 0 {
				g.Refuse(refuse)
				return
			}
			if err := g.Welcome(42); err != nil && !d.isClosed() {
				t.Error(err)
			}
			d.welcomed <- struct{}{}
			_, _ = io.Copy(io.Discard, g.Conn)
		},
		Rejected: func(_ net.Addr, err error) {
			d.mu.Lock()
			d.rejected = append(d.rejected, err)
			d.mu.Unlock()
		},
	})
	t.Cleanup(func() {
		d.Close()
		d.Wait()
	})
	return d
}

var caller = wire.Hello{System: 5, Site: 1, Name: "caller", Addr: "a:9", Lane: msg.LaneData}

func TestGreeting(t *testing.T) {
	both(t, func(t *testing.T, tr Transport, listen string) {
		d := newDesk(t, tr, listen)
		conn, w, err := Connect(t.Context(), tr, d.addr, 2, caller)
		if want := (wire.Welcome{System: 5, Site: 2, Name: "desk", Got: 42}); err != nil || w != want {
			t.Fatalf("%+v, %v", w, err)
		}
		if d.guests[0] != caller {
			t.Errorf("greeted as %+v", d.guests[0])
		}
		if w, err := Probe(t.Context(), tr, d.addr, caller); err != nil || w != d.welcome {
			t.Errorf("%+v, %v", w, err)
		}
		if len(d.guests) != 1 {
			t.Error("a probe is taken for a guest")
		}
		end := make(chan error)
		go func() { end <- Watch(conn) }()
		<-d.welcomed
		d.Acceptor.mu.Lock()
		for c := range d.open {
			_ = c.Close()
		}
		d.Acceptor.mu.Unlock()
		if err := <-end; !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the end of the connection: %v", err)
		}
		_ = conn.Close()
	})
}

func TestFailures(t *testing.T) {
	both(t, func(t *testing.T, tr Transport, listen string) {
		d := newDesk(t, tr, listen)
		gone := mustListen(t, tr, listen)
		_ = gone.Close()
		for name, c := range map[string]struct {
			addr   string
			want   id.Site
			refuse wire.Refusal
			system uint64
			why    Failure
		}{
			"nobody there":     {gone.Addr().String(), 2, 0, 5, Refused},
			"somebody else":    {d.addr, 3, 0, 5, Replaced},
			"shunned":          {d.addr, 2, wire.RefusedSite, 5, Shunned},
			"shunned by heir":  {d.addr, 3, wire.RefusedSite, 5, Shunned},
			"another's shun":   {d.addr, 3, wire.RefusedSite, 6, Replaced},
			"busy":             {d.addr, 2, wire.RefusedBusy, 5, Declined},
			"another's system": {d.addr, 2, wire.RefusedSystem, 6, Declined},
		} {
			d.mu.Lock()
			d.refuse = c.refuse
			d.mu.Unlock()
			h := caller
			h.System = c.system
			conn, _, err := Connect(t.Context(), tr, c.addr, c.want, h)
			var e *DialError
			if !errors.As(err, &e) || e.Why != c.why || conn != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestOthersAnswer: what is at the address is no site, or none that answers.
func TestOthersAnswer(t *testing.T) {
	both(t, func(t *testing.T, tr Transport, listen string) {
		later := wire.AppendWelcome(nil, wire.Welcome{Site: 2})
		later[4] = 9
		for name, c := range map[string]struct {
			say []byte
			why Failure
		}{
			"web":           {[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), Replaced},
			"later version": {later, Replaced},
			"hello":         {wire.AppendHello(nil, caller), Replaced},
			"nothing":       {nil, Unreachable},
			"half":          {later[:3], Unreachable},
		} {
			ln := mustListen(t, tr, listen)
			done := make(chan struct{})
			go func() {
				defer close(done)
				conn, err := ln.Accept()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = wire.ReadHello(conn)
				_, _ = conn.Write(c.say)
				_ = conn.Close()
			}()
			_, err := Probe(t.Context(), tr, ln.Addr().String(), caller)
			var e *DialError
			if !errors.As(err, &e) || e.Why != c.why {
				t.Errorf("%s: %v", name, err)
			}
			<-done
			_ = ln.Close()
		}
	})
}

// TestSilence: neither end waits for a greeting for ever.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := NewMemory().Host("a")
		d := newDesk(t, tr, "a:1")
		mute := mustListen(t, tr, "a:2")
		t.Cleanup(func() { _ = mute.Close() })
		began := time.Now()
		if _, _, err := Connect(t.Context(), tr, "a:2", 2, caller); err == nil || time.Since(began) != GreetTimeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began = time.Now()
		if _, err := Probe(ctx, tr, "a:2", caller); err == nil || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		conn, err := tr.Dial(t.Context(), "a:1")
		if err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(began) != GreetTimeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		_ = conn.Close()
		synctest.Wait()
		if len(d.rejected) != 1 || !isTimeout(d.rejected[0]) {
			t.Errorf("rejected: %v", d.rejected)
		}
	})
}

// TestCrowd: strangers that say nothing make room for those that do.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := NewMemory().Host("a")
		d := newDesk(t, tr, "a:1")
		var crowd []net.Conn
		for range maxGreeting + 10 {
			c, err := tr.Dial(t.Context(), "a:1")
			if err != nil {
				t.Fatal(err)
			}
			crowd = append(crowd, c)
			synctest.Wait()
		}
		conn, _, err := Connect(t.Context(), tr, "a:1", 2, caller)
		if err != nil {
			t.Fatal(err)
		}
		d.Acceptor.mu.Lock()
		if n := len(d.greeting); n > maxGreeting {
			t.Errorf("%d wait", n)
		}
		if n := len(d.open); n > maxGreeting+1 {
			t.Errorf("%d are open", n)
		}
		d.Acceptor.mu.Unlock()
		for i, c := range crowd {
			_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := c.Read(make([]byte, 1)); isTimeout(err) != (i > 10) {
				t.Errorf("the %d-th of the crowd: %v", i, err)
			}
			_ = c.Close()
		}
		_ = conn.Close()
	})
}

// sickListener fails a few times before it accepts.
type sickListener struct {
	net.Listener
	fails int
}

func (l *sickListener) Accept() (net.Conn, error) {
	if l.fails > 0 {
		l.fails--
		return nil, syscall.EMFILE
	}
	return l.Listener.Accept()
}

// sick is a network whose listeners are.
type sick struct{ Transport }

func (s sick) Listen(addr string) (net.Listener, error) {
	ln, err := s.Transport.Listen(addr)
	return &sickListener{ln, 4}, err
}

// TestAcceptorRecovers: what passes does not end an acceptor.
func TestAcceptorRecovers(t *testing.T) {
	both(t, func(t *testing.T, tr Transport, listen string) {
		d := newDesk(t, sick{tr}, listen)
		if _, err := Probe(t.Context(), tr, d.addr, caller); err != nil {
			t.Error(err)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.rejected) != 4 || !errors.Is(d.rejected[0], syscall.EMFILE) {
			t.Errorf("told of %v", d.rejected)
		}
	})
}

// TestOtherVersion: who speaks another version is told ours, though it said
// more than was read.
func TestOtherVersion(t *testing.T) {
	both(t, func(t *testing.T, tr Transport, listen string) {
		d := newDesk(t, tr, listen)
		conn, err := tr.Dial(t.Context(), d.addr)
		if err != nil {
			t.Fatal(err)
		}
		hello := wire.AppendHello(nil, caller)
		hello[4] = 9
		_, _ = conn.Write(hello)
		if w, err := wire.ReadWelcome(conn); err != nil || w.Site != d.welcome.Site {
			t.Errorf("answered with %+v, %v", w, err)
		}
		_ = conn.Close()
	})
}

func TestDialErrorTexts(t *testing.T) {
	cause := errors.New("cause")
	seen := map[string]bool{}
	for f := Unreachable; f <= Declined+1; f++ {
		err := error(&DialError{Addr: "a:1", Why: f, Err: cause})
		seen[err.Error()] = true
		if want := "transport: a:1: " + f.String() + ": cause"; err.Error() != want || !errors.Is(err, cause) {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if len(seen) != int(Declined)+1 {
		t.Errorf("failures read as %v", seen)
	}
	if err := error(&DialError{Addr: "a:1", Why: Shunned}); err.Error() != "transport: a:1: this site was removed from the system" {
		t.Error(err)
	}
}
