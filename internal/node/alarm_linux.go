package node

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kernelTimer is a timer of Linux, whose end a goroutine awaits like data on a
// connection. While one of the runtime's is pending, a thread that goes to sleep often
// wakes the one that waits for connections, to tell it until when: with casts that go
// alone, for two of three of them (ADR 28).
type kernelTimer struct {
	file *os.File
	conn syscall.RawConn
	done chan struct{} // closed when no call comes any more
}

// newKernelTimer returns nil where there are no more files to be had.
func newKernelTimer(call func()) timer {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	t := &kernelTimer{file: os.NewFile(uintptr(fd), "timer"), done: make(chan struct{})}
	if t.conn, err = t.file.SyscallConn(); err != nil {
		_ = t.file.Close()
		return nil
	}
	go t.run(call)
	return t
}

// run calls when the timer has ended, until it is stopped.
func (t *kernelTimer) run(call func()) {
	defer close(t.done)
	var ends [8]byte // since it was read last
	for {
		if _, err := t.file.Read(ends[:]); err != nil {
			return
		}
		call()
	}
}

func (t *kernelTimer) Reset(d time.Duration) {
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(d.Nanoseconds(), 1))} // 0 would be never
	// The error would be that it is stopped.
	_ = t.conn.Control(func(fd uintptr) { _ = unix.TimerfdSettime(int(fd), 0, &at, nil) })
}

// Stop waits for a call that is under way.
func (t *kernelTimer) Stop() {
	_ = t.file.Close() // there is nothing to lose
	<-t.done
}
