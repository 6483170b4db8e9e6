package transport

import (
	"math"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of tcp(7), which package syscall lacks.
const tcpUserTimeout = 18

// limitUnacked bounds how long sent bytes stay unacknowledged on a socket. A
// kernel that does not know the option does without.
func limitUnacked(c syscall.RawConn) {
	_ = c.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(unackedFor.Milliseconds()))
	})
}

// roundTrip is how long the other end took to answer so far: right after dialing, the
// handshake. Unknown is far; so is 0, which the kernel says when it had to ask again.
func roundTrip(conn *net.TCPConn) time.Duration {
	took := time.Duration(math.MaxInt64)
	raw, err := conn.SyscallConn()
	if err != nil {
		return took
	}
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil && info.Rtt > 0 {
			took = time.Duration(info.Rtt) * time.Microsecond
		}
	})
	return took
}
