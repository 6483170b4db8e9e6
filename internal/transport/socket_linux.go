//go:build !race

package transport

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket reads from and writes to a TCP connection by system calls of which Go's
// scheduler is not told. They do not block, but to copy 100 KB takes 50 us, and of a
// call that takes more than 20 the scheduler thinks that it blocks: it gives the
// processor to another thread, finds another one for who comes back, and looks for
// more of the kind every 20 us (ADR 27). Waiting is left to the scheduler, as ever.
//
// One goroutine may read while another writes. The race detector would not see what is
// read and written here, so its builds do without.
type socket struct {
	conn syscall.RawConn

	readNow func(fd uintptr) bool
	into    []byte
	n       int
	failed  syscall.Errno // to read

	writeNow func(fd uintptr) bool
	left     []unix.Iovec
	room     []unix.Iovec  // for left, again and again
	broken   syscall.Errno // to write
}

// atOnce bounds what one call copies: nothing else runs on that processor meanwhile,
// and the garbage collector may have to wait. Less than what a reader has room for
// would leave it a rest to read with each chunk.
const atOnce = 1 << 20

// directOf returns the socket of a connection, nil if it has none of its own.
func directOf(conn any) direct {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	s := &socket{conn: raw}
	s.readNow, s.writeNow = s.tryRead, s.tryWrite // made once, or each call would allocate them
	return s
}

// Read is io.Reader's.
func (s *socket) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	s.into, s.n = b[:min(len(b), atOnce)], 0
	err := s.conn.Read(s.readNow)
	s.into = nil
	switch {
	case err != nil:
		return 0, err
	case s.failed != 0:
		return 0, os.NewSyscallError("read", s.failed)
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

// tryRead reports false if there is nothing to read yet.
func (s *socket) tryRead(fd uintptr) bool {
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&s.into[0])), uintptr(len(s.into)))
		if errno == unix.EINTR {
			continue
		}
		if errno == 0 {
			s.n = int(n)
		}
		s.failed = errno
		return errno != unix.EAGAIN
	}
}

// writeBuffers writes all of the buffers.
func (s *socket) writeBuffers(list net.Buffers) error {
	s.room = s.room[:0]
	for _, b := range list {
		for len(b) > 0 {
			v := unix.Iovec{Base: &b[0]}
			n := min(len(b), atOnce)
			v.SetLen(n)
			s.room, b = append(s.room, v), b[n:]
		}
	}
	s.left = s.room
	err := s.conn.Write(s.writeNow)
	clear(s.room)
	clear(list)
	switch {
	case err != nil:
		return err
	case s.broken != 0:
		return os.NewSyscallError("writev", s.broken)
	}
	return nil
}

// tryWrite reports false if the connection takes no more yet.
func (s *socket) tryWrite(fd uintptr) bool {
	for len(s.left) > 0 {
		pieces := s.next()
		n, _, errno := unix.RawSyscall(unix.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&s.left[0])), uintptr(pieces))
		if errno == unix.EINTR {
			continue
		}
		if s.broken = errno; errno != 0 {
			return errno != unix.EAGAIN
		}
		s.drop(int(n))
	}
	return true
}

// next is how many of the pieces that are left go into one call.
func (s *socket) next() int {
	const most = 1024 // the kernel takes no more
	n, bytes := 0, 0
	for n < min(len(s.left), most) && bytes+int(s.left[n].Len) <= atOnce {
		bytes += int(s.left[n].Len)
		n++
	}
	return max(n, 1)
}

// drop takes off what is written.
func (s *socket) drop(bytes int) {
	for bytes > 0 {
		v := &s.left[0]
		if n := int(v.Len); bytes < n {
			v.Base = (*byte)(unsafe.Add(unsafe.Pointer(v.Base), bytes))
			v.SetLen(n - bytes)
			return
		}
		bytes -= int(v.Len)
		s.left = s.left[1:]
	}
}
