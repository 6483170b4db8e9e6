package transport

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// What waits in the kernel for a machine nearby is bounded.
func TestNearConnectionsHaveSmallBuffers(t *testing.T) {
	ln := mustListen(t, TCP{}, "127.0.0.1:0")
	defer func() { _ = ln.Close() }()
	conn, err := TCP{}.Dial(t.Context(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var size int
	if cerr := raw.Control(func(fd uintptr) {
		size, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
	}); cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	if rtt := roundTrip(conn.(*net.TCPConn)); rtt <= near && size > 2*nearBuffer {
		t.Errorf("after a round trip of %v the kernel may hold %d bytes, more than %d", rtt, size, 2*nearBuffer)
	} else if rtt <= 0 || rtt > 1e9 {
		t.Errorf("the round trip on loopback is said to be %v", rtt)
	}
	_ = conn.Close()
	if rtt := roundTrip(conn.(*net.TCPConn)); rtt <= near {
		t.Errorf("a connection of which nothing is known is %v away", rtt)
	}
}
