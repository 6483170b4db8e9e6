package crew

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// starter starts processes that the kernel kills when their parent ends, which
// to the kernel is the thread that has started them. So one thread starts all,
// and lives as long as the crew does.
func starter(starts <-chan start) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	for s := range starts {
		s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if s.place.Apart {
			s.cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
		}
		s.err <- within(s.place.Processors, s.cmd.Start)
	}
}

// within has this thread do something on some processors alone, all if none are named.
// What it starts stays there.
func within(processors []int, do func() error) error {
	if len(processors) == 0 {
		return do()
	}
	var all, some unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return err
	}
	var usable []int
	for p := range 8 * int(unsafe.Sizeof(all)) {
		if all.IsSet(p) {
			usable = append(usable, p)
		}
	}
	for _, p := range processors {
		if !slices.Contains(usable, p) {
			return fmt.Errorf("this process may use the processors %v, and not %d", usable, p)
		}
		some.Set(p)
	}
	if err := unix.SchedSetaffinity(0, &some); err != nil {
		return err
	}
	err := do()
	return errors.Join(err, unix.SchedSetaffinity(0, &all))
}

func pause(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }

func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
