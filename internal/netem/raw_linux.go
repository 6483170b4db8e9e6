package netem

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// These are system calls that do not block, made without a word to Go's
// scheduler, and without allocating.

// readNow reads one packet, and reports false if there is none.
func readNow(fd int, b []byte) (n int, ok bool) {
	r, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(r), errno == 0
}

// writeNow writes one packet. Who has ended takes nothing any more: the packet is
// lost then, as it is when the kernel has no memory for it.
func writeNow(fd int, head, payload []byte) {
	var v [2]unix.Iovec
	n := 0
	for _, b := range [...][]byte{head, payload} {
		if len(b) > 0 {
			v[n].Base = &b[0]
			v[n].SetLen(len(b))
			n++
		}
	}
	_, _, _ = unix.RawSyscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&v[0])), uintptr(n))
}
