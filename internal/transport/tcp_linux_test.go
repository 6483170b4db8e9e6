package transport

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// congestion is the congestion control of a socket.
func congestion(t *testing.T, conn syscall.Conn) (name string) {
	t.Helper()
	control(t, conn, func(fd int) (err error) {
		name, err = unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
		return err
	})
	return name
}

// control does something to a socket.
func control(t *testing.T, conn syscall.Conn, do func(fd int) error) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if cerr := raw.Control(func(fd uintptr) { err = do(int(fd)) }); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
}

// dialed is a connection on loopback.
func dialed(t *testing.T) *net.TCPConn {
	t.Helper()
	ln := mustListen(t, TCP{}, "127.0.0.1:0")
	t.Cleanup(func() { _ = ln.Close() })
	conn, err := TCP{}.Dial(t.Context(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

// A machine nearby is sent to without pacing, whatever this machine has for others.
func TestNearConnectionsAreNotPaced(t *testing.T) {
	conn := dialed(t)
	rtt := roundTrip(conn)
	if name := congestion(t, conn); rtt <= near && paces(name) {
		t.Errorf("after a round trip of %v the connection has %s", rtt, name)
	} else if rtt <= 0 || rtt > 1e9 {
		t.Errorf("the round trip on loopback is said to be %v", rtt)
	}
	_ = conn.Close()
	if rtt := roundTrip(conn); rtt <= near {
		t.Errorf("a connection of which nothing is known is %v away", rtt)
	}
}

// What is put off comes into force again for who turns out to be far.
func TestPacingIsPutOff(t *testing.T) {
	sock := mustListen(t, TCP{}, "127.0.0.1:0").(*net.TCPListener)
	defer func() { _ = sock.Close() }()
	raw, err := sock.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"reno", "cubic", "bbr"} {
		if err := setCongestion(raw, name); err != nil {
			t.Logf("this machine has no %s: %v", name, err)
			continue
		}
		var p pacing
		p.putOff(raw)
		want := name
		if name == "bbr" {
			want = unpaced
		}
		if got := congestion(t, sock); got != want {
			t.Errorf("in place of %s a connection is dialed with %s", name, got)
		}
		p.begin(sock)
		if got := congestion(t, sock); got != name {
			t.Errorf("who is far is sent to with %s, not %s", got, name)
		}
	}
}

func setCongestion(raw syscall.RawConn, name string) (err error) {
	if cerr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
	}); cerr != nil {
		return cerr
	}
	return err
}
