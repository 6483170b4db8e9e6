package crew

import (
	"os"
	"runtime"
	"syscall"
)

// starter starts processes that the kernel kills when their parent ends, which
// to the kernel is the thread that has started them. So one thread starts all,
// and lives as long as the crew does.
func starter(starts <-chan start) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	for s := range starts {
		s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if s.apart {
			s.cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
		}
		s.err <- s.cmd.Start()
	}
}

func pause(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }

func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
