package node

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/cohortkit/cohort/internal/core/id"
)

// machine is what sites have in common that see each other end.
type machine struct {
	number uint64
	clock  int64     // nanoseconds on the clock of all its processes …
	read   time.Time // … at this time
}

// thisMachine tells the running system and, within it, the namespaces of sockets
// and of time: two containers are one machine only if they share both.
func thisMachine() (machine, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return machine{}, err
	}
	sockets, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return machine{}, err
	}
	// Systems without namespaces of time have one clock.
	clocks, err := os.Readlink("/proc/self/ns/time")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return machine{}, err
	}
	sum := fnv.New64a()
	_, _ = io.WriteString(sum, string(boot)+sockets+clocks) // never fails
	m := machine{number: max(sum.Sum64(), 1)}
	m.clock, m.read, err = readClock()
	return m, err
}

// readClock reads the machine's clock and Go's, which is of the same kind, at
// the same time: within a millisecond, a tenth of what the core allows for.
func readClock() (clock int64, read time.Time, err error) {
	for range 1000 {
		read = time.Now()
		var t unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
			return 0, read, err
		}
		if time.Since(read) < time.Millisecond {
			return t.Nano(), read, nil
		}
	}
	return 0, read, errors.New("the clock cannot be read in a millisecond")
}

// machineName is an abstract name: it is no file, belongs to the namespace of
// sockets, and goes with the socket.
func machineName(s id.Site) string { return "@cohort." + s.String() }

func machineListen(s id.Site) (net.Listener, error) { return net.Listen("unix", machineName(s)) }

func machineDial(ctx context.Context, s id.Site) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", machineName(s))
}
