package bench

import (
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// dialer's connections have that congestion control, or without a name the system's.
func dialer(congestion string) *net.Dialer {
	if congestion == "" {
		return &net.Dialer{}
	}
	return &net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if cerr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, congestion)
		}); cerr != nil {
			return cerr
		}
		if err != nil {
			return fmt.Errorf("the congestion control %q, which must be in net.ipv4.tcp_allowed_congestion_control: %w", congestion, err)
		}
		return nil
	}}
}

// congestionOf is the congestion control of a connection, or empty if it cannot be told.
func congestionOf(conn net.Conn) (name string) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return ""
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return ""
	}
	_ = raw.Control(func(fd uintptr) {
		name, _ = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	})
	return name
}
