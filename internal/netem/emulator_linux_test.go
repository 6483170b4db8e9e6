package netem

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// possible skips a test where there are no networks of one's own.
func possible(t *testing.T) {
	t.Helper()
	if err := Check(); err != nil {
		if !errors.Is(err, ErrUnsupported) {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func TestAProcessWithoutANamespaceOfItsOwnIsRefused(t *testing.T) {
	e := New(Network{}, "")
	defer e.Close()
	if _, _, err := e.Attach(os.Getpid()); err == nil || !strings.Contains(err.Error(), "no network namespace of its own") {
		t.Error(err)
	}
	if _, _, err := e.Attach(-1); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestMissingSaysWhatItNeeds(t *testing.T) {
	err := missing("a TUN device", unix.EPERM)
	if !errors.Is(err, ErrUnsupported) || !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "a TUN device: operation not permitted: this needs root") {
		t.Error(err)
	}
	if err := missing("/dev/net/tun", unix.ENOENT); !errors.Is(err, ErrUnsupported) || strings.Contains(err.Error(), "root") {
		t.Error(err)
	}
}

func TestAnUnknownCongestionControl(t *testing.T) {
	possible(t)
	err := elsewhere(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		d := device{addr: Address(0), congestion: "no such control"}
		return d.plug()
	})
	if err == nil || !strings.Contains(err.Error(), "net.ipv4.tcp_allowed_congestion_control") {
		t.Error(err)
	}
}

// settled is a thread in a network namespace of its own, which does what it is sent.
type settled struct {
	tid int
	do  chan func()
}

func settle(t *testing.T) *settled {
	t.Helper()
	h := &settled{do: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		h.tid = unix.Gettid()
		ready <- err
		for f := range h.do {
			f()
		}
	}()
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(h.do) })
	return h
}

// listens opens a socket in the namespace.
func (h *settled) listens(t *testing.T, addr string) net.PacketConn {
	t.Helper()
	var c net.PacketConn
	var err error
	done := make(chan struct{})
	h.do <- func() {
		c, err = net.ListenPacket("udp4", net.JoinHostPort(addr, "4711"))
		close(done)
	}
	if <-done; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Hosts come and go while packets flow, and who comes gets the place of who went.
func TestHostsComeAndGo(t *testing.T) {
	possible(t)
	e := New(Network{}, "")
	defer e.Close()
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	enter := func(want string) net.PacketConn {
		t.Helper()
		h := settle(t)
		addr, _, err := e.Attach(h.tid)
		if err != nil || addr != want {
			t.Fatalf("at %s, not %s: %v", addr, want, err)
		}
		return h.listens(t, addr)
	}
	reaches := func(from, to net.PacketConn) {
		t.Helper()
		if err := to.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := from.WriteTo([]byte("hello"), to.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 10)
		if n, who, err := to.ReadFrom(b); err != nil || string(b[:n]) != "hello" || who.String() != from.LocalAddr().String() {
			t.Errorf("%q from %v, %v", b[:n], who, err)
		}
	}
	first, second := enter(Address(0)), enter(Address(1))
	reaches(first, second)
	e.Detach(Address(0))
	third, fourth := enter(Address(0)), enter(Address(2))
	reaches(third, second)
	reaches(fourth, third)
	e.Detach("nobody")
	if s := e.Stats(); s.Packets != 3 || s.Arrivals != 3 {
		t.Errorf("%+v", s)
	}
}

// All threads are scheduled as before, when a network has ended.
func TestPrecedenceEnds(t *testing.T) {
	possible(t)
	before, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := New(Network{}, "")
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	e.Close()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		tid, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		now, err := unix.SchedGetAttr(tid, 0)
		if errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil || now.Policy != before.Policy || now.Nice != before.Nice {
			t.Errorf("thread %d: %+v, %v; want %+v", tid, now, err, before)
		}
	}
}

// A process that is started while a network is up does not precede others as the relay does.
func TestPrecedenceIsNotInherited(t *testing.T) {
	possible(t)
	before, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := New(Network{}, "")
	defer e.Close()
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	p := exec.Command("sleep", "60")
	p.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // its parent, to the kernel
	defer runtime.UnlockOSThread()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = p.Process.Kill()
		_ = p.Wait() // it was killed
	}()
	if now, err := unix.SchedGetAttr(p.Process.Pid, 0); err != nil || now.Policy == before.Policy {
		t.Skipf("nobody precedes others here: %+v, %v", now, err)
	}
	if _, _, err := e.Attach(p.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if now, err := unix.SchedGetAttr(p.Process.Pid, 0); err != nil || now.Policy != before.Policy {
		t.Errorf("%+v, %v; want %+v", now, err, before)
	}
}
