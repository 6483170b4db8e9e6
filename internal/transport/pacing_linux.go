package transport

import (
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// unpaced is the congestion control of connections that are not paced. Linux always has it,
// and lets any program ask for it.
const unpaced = "reno"

// pacing is what keeps the kernel from pacing a connection while it is dialed: a kernel that has
// begun with that does not end it. It is for one connection, of as many sockets as it takes to
// dial that.
type pacing struct {
	off atomic.Pointer[string] // the congestion control that is put off, nil for none
}

// putOff has a socket that is about to be connected do without pacing. Where that is not
// possible it is paced.
func (p *pacing) putOff(c syscall.RawConn) {
	_ = c.Control(func(fd uintptr) {
		name, err := unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
		if err != nil || !paces(name) {
			return
		}
		if unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, unpaced) == nil {
			p.off.Store(&name)
		}
	})
}

// begin gives a connection what was put off.
func (p *pacing) begin(conn syscall.Conn) {
	name := p.off.Load()
	if name == nil {
		return
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return // it is closed
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, *name)
	})
}

// paces reports whether a congestion control paces: BBR, of which there are several versions.
func paces(name string) bool { return strings.HasPrefix(name, "bbr") }
