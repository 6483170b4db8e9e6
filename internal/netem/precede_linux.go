package netem

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// precedence is how this program's threads are scheduled when no network is up.
type precedence struct{ before *unix.SchedAttr }

// take lets all threads of this program precede those of others: a network does
// not wait for a processor. It is all of them because a goroutine that runs for
// long is taken from its thread every 10 ms, and gets back to it by way of others.
// Threads that are made meanwhile do as their makers do, and so do processes. Where
// it is not allowed packets are late, as Stats says.
func (p *precedence) take() {
	before, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return
	}
	p.before = &unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: before.Policy, Nice: before.Nice, Priority: before.Priority,
	}
	schedule("self", &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1})
}

// end ends what take has begun.
func (p *precedence) end() {
	if p.before != nil {
		schedule("self", p.before)
		p.before = nil
	}
}

// except has a process that was started since go on as those before.
func (p *precedence) except(pid int) {
	if p.before != nil {
		schedule(strconv.Itoa(pid), p.before)
	}
}

// schedule does so with all threads of a process, also those that others make meanwhile.
func schedule(pid string, how *unix.SchedAttr) {
	done := map[string]bool{}
	for more := true; more; {
		threads, err := os.ReadDir("/proc/" + pid + "/task")
		if err != nil {
			return
		}
		more = false
		for _, t := range threads {
			tid, err := strconv.Atoi(t.Name())
			if err != nil || done[t.Name()] {
				continue
			}
			done[t.Name()], more = true, true
			_ = unix.SchedSetAttr(tid, how, 0)
		}
	}
}
