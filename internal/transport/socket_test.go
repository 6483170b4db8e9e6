package transport

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/loan"
)

// tcpPair is both ends of a connection whose buffers are small.
func tcpPair(t *testing.T) (a, b *net.TCPConn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dialed, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	a, b = dialed.(*net.TCPConn), accepted.(*net.TCPConn)
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	if err := errors.Join(a.SetWriteBuffer(64<<10), b.SetReadBuffer(64<<10)); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// TestBuffersComeWhole writes more than a connection takes at once, in pieces of all
// sizes, and more of them than one system call takes.
func TestBuffersComeWhole(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	a, b := tcpPair(t)
	var want []byte
	var lists []net.Buffers
	for _, pieces := range []int{1, 3, 3000, 0, 40, 1, 2, 1, 1} {
		var list net.Buffers
		for range pieces {
			p := make([]byte, chance.IntN([]int{2, 200, 6 * loan.Largest}[chance.IntN(3)]/pieces+1))
			for i := range p {
				p[i] = byte(chance.Uint32())
			}
			list, want = append(list, p), append(want, p...)
		}
		lists = append(lists, list)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		write := buffersTo(a)
		for _, list := range lists {
			if err := write(list); err != nil {
				t.Error(err)
			}
			for _, p := range list {
				if len(p) > 0 {
					t.Error("what is written is not let go of")
					break
				}
			}
		}
		_ = a.Close()
	})
	got, err := io.ReadAll(readerOf(b))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came of %d, or others, and %v", len(got), len(want), err)
	}
	wg.Wait()
}

// TestConnectionEnds: who waits to read or write hears of the end, whoever made it.
func TestConnectionEnds(t *testing.T) {
	much := func() net.Buffers { return net.Buffers{make([]byte, 32<<20)} }
	for name, c := range map[string]struct {
		end  func(a, b *net.TCPConn) error
		want []error
	}{
		"here":     {func(a, _ *net.TCPConn) error { return a.Close() }, []error{net.ErrClosed}},
		"there":    {func(_, b *net.TCPConn) error { return b.Close() }, []error{syscall.ECONNRESET, syscall.EPIPE, io.EOF}},
		"deadline": {func(a, _ *net.TCPConn) error { return a.SetDeadline(time.Unix(1, 0)) }, []error{os.ErrDeadlineExceeded}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := tcpPair(t)
			read, write := make(chan error, 1), make(chan error, 1)
			go func() {
				_, err := readerOf(a).Read(make([]byte, 10))
				read <- err
			}()
			go func() { write <- buffersTo(a)(much()) }()
			if _, err := io.ReadFull(b, make([]byte, 1<<20)); err != nil { // so they are at it
				t.Fatal(err)
			}
			if err := c.end(a, b); err != nil {
				t.Fatal(err)
			}
			for what, end := range map[string]chan error{"read": read, "write": write} {
				if err := <-end; !slices.ContainsFunc(c.want, func(e error) bool { return errors.Is(err, e) }) {
					t.Errorf("%s: %v, want one of %v", what, err, c.want)
				}
			}
		})
	}
}

// Reading and writing again and again allocates nothing.
func TestSocketsAllocateNothing(t *testing.T) {
	a, b := tcpPair(t)
	write, in := buffersTo(a), readerOf(b)
	list, piece, room := make(net.Buffers, 3), make([]byte, 100), make([]byte, 1000)
	n := testing.AllocsPerRun(100, func() {
		list[0], list[1], list[2] = piece, piece, piece
		if err := write(list); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadFull(in, room[:300]); err != nil {
			t.Error(err)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}
