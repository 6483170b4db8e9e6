package netem

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Emulator is a network of some processes. Its methods but for Stats are called
// by one goroutine: Start once, Close in the end, Attach and Detach before and after.
type Emulator struct {
	congestion string
	wake       int // an event that interrupts the loop; -1 before Start
	done       chan struct{}
	precedence precedence

	mu       sync.Mutex // held by the loop unless it waits
	devices  []int      // descriptors, by host; -1 for who is detached
	changed  bool       // devices, and the loop has not looked
	relay    *relay
	stats    Stats
	clock    int32 // of the loop's processor time
	stopping bool
}

// batch is how many packets of one device are read in a turn at most.
const batch = 32

// New makes a network without hosts, whose TCP has the named congestion control;
// empty for that of this machine.
func New(n Network, congestion string) *Emulator {
	return &Emulator{congestion: congestion, wake: -1, done: make(chan struct{}), changed: true, relay: newRelay(n)}
}

// Attach makes a process, which must have a network namespace of its own and no
// device in it, a host, in the first place that is free. It says at which address, and
// which congestion control its TCP has. An error that wraps ErrUnsupported says what is
// missing.
func (e *Emulator) Attach(pid int) (addr, congestion string, err error) {
	host := slices.Index(e.devices, -1)
	if host < 0 {
		host = len(e.devices)
	}
	if host == Hosts {
		return "", "", fmt.Errorf("a network has at most %d hosts", Hosts)
	}
	d := device{addr: Address(host), congestion: e.congestion}
	if err := elsewhere(func() error { return d.make(pid) }); err != nil {
		return "", "", err
	}
	e.precedence.except(pid)
	e.change(func() {
		if host == len(e.devices) {
			e.devices = append(e.devices, -1)
			e.relay.grow()
		}
		e.devices[host] = d.fd
	})
	return d.addr, d.congestion, nil
}

// Detach takes a host away, whose process has ended. What is under way to it is lost.
func (e *Emulator) Detach(addr string) {
	e.change(func() {
		for host, fd := range e.devices {
			if fd >= 0 && Address(host) == addr {
				_ = unix.Close(fd)
				e.devices[host] = -1
			}
		}
	})
}

// change changes the devices, and tells the loop if there is one.
func (e *Emulator) change(do func()) {
	e.mu.Lock()
	do()
	e.changed = true
	e.mu.Unlock()
	e.interrupt()
}

func (e *Emulator) interrupt() {
	if e.wake >= 0 {
		_, _ = unix.Write(e.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// Start lets packets flow.
func (e *Emulator) Start() (err error) {
	if e.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("an event: %w", err)
	}
	started := make(chan struct{})
	go func() {
		defer close(e.done)
		runtime.LockOSThread() // never unlocked: it is e.clock's thread
		e.mu.Lock()
		e.clock = threadClock()
		e.mu.Unlock()
		close(started)
		e.run()
	}()
	<-started
	e.precedence.take()
	return nil
}

// threadClock is the clock of the processor time of this thread, as
// pthread_getcpuclockid(3) makes it.
func threadClock() int32 { return ^int32(unix.Gettid())<<3 | 6 }

// Stats is safe for concurrent use.
func (e *Emulator) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.Traffic = e.relay.traffic()
	var t unix.Timespec
	if e.clock != 0 && unix.ClockGettime(e.clock, &t) == nil {
		s.CPU = time.Duration(t.Nano())
	}
	return s
}

// Close ends the network. What is under way is lost, and the devices are gone.
func (e *Emulator) Close() {
	if e.wake >= 0 {
		e.mu.Lock()
		e.stopping = true
		e.mu.Unlock()
		e.interrupt()
		<-e.done
		e.precedence.end()
		_ = unix.Close(e.wake)
		e.wake = -1
	}
	for _, fd := range e.devices {
		_ = unix.Close(fd) // or there is none
	}
	e.devices = nil
}

// run is the loop of the relay.
func (e *Emulator) run() {
	e.mu.Lock()
	defer e.mu.Unlock()
	var polls []unix.PollFd
	for !e.stopping {
		if e.changed {
			e.changed = false
			polls = e.polls(polls[:0])
		}
		var wait *unix.Timespec
		if due, some := e.deliver(); some {
			t := unix.NsecToTimespec(max(0, due-now()))
			wait = &t
		}
		e.mu.Unlock()
		_, err := unix.Ppoll(polls, wait, nil)
		e.mu.Lock()
		if err != nil || e.heard(polls[0]) || e.changed {
			continue // a signal, or they are others now
		}
		for host := range e.devices {
			switch p := &polls[host+1]; {
			case p.Revents&^unix.POLLIN != 0:
				p.Fd = -1 // its namespace has ended
			case p.Revents != 0:
				e.read(host, int(p.Fd))
			}
		}
	}
}

// heard reports whether the loop was interrupted, and lets it wait again.
func (e *Emulator) heard(wake unix.PollFd) bool {
	var count [8]byte
	if wake.Revents != 0 {
		_, _ = unix.Read(e.wake, count[:]) // it does not block
	}
	return wake.Revents != 0
}

// polls are what the loop waits for.
func (e *Emulator) polls(list []unix.PollFd) []unix.PollFd {
	list = append(list, unix.PollFd{Fd: int32(e.wake), Events: unix.POLLIN})
	for _, fd := range e.devices {
		list = append(list, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	return list
}

// read takes some packets of a device.
func (e *Emulator) read(host, fd int) {
	for range batch {
		b := e.relay.room()
		n, ok := readNow(fd, b.bytes)
		if !ok {
			e.relay.release(b)
			return // there are no more, or its host has ended
		}
		e.relay.take(now(), host, b, n)
	}
}

// deliver writes all that is due, and says when the next will be.
func (e *Emulator) deliver() (due int64, some bool) {
	for {
		l := e.relay.next()
		if l == nil {
			return 0, false
		}
		x := l.pending.head()
		late := time.Duration(now() - x.due)
		if late < 0 {
			return x.due, true
		}
		e.stats.Arrivals++
		e.stats.Late += late
		e.stats.LateMost = max(e.stats.LateMost, late)
		writeNow(e.devices[x.to], x.head, x.payload)
		e.relay.arrived(l)
	}
}

// now is the time since the program began, in nanoseconds.
func now() int64 { return int64(time.Since(began)) }

var began = time.Now()

// elsewhere calls f in a thread that ends with it, so that f may enter namespaces.
func elsewhere(f func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		result <- f()
	}()
	return <-result
}

// Check says what is missing for a network, by an error that wraps
// ErrUnsupported. It makes one and ends it.
func Check() error {
	return elsewhere(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return missing("a network namespace", err)
		}
		d := device{addr: Address(0)}
		if err := d.plug(); err != nil {
			return err
		}
		return unix.Close(d.fd)
	})
}

// missing says what could not be made.
func missing(what string, err error) error {
	need := ""
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		need = ": this needs root, or CAP_SYS_ADMIN and CAP_NET_ADMIN"
	}
	return fmt.Errorf("%w: %s: %w%s", ErrUnsupported, what, err, need)
}
