//go:build linux

package main

import (
	"fmt"
	"sync"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
)

// cpg is libcpg, the client's side of Corosync's closed process groups. It is
// loaded when the program runs: whoever has no Corosync builds all the same.
type cpg struct {
	initialize, join, mcast, dispatch uintptr // its functions
}

// loadCPG loads the library once, or says why not.
var loadCPG = sync.OnceValues(func() (*cpg, error) {
	so, err := purego.Dlopen("libcpg.so.4", purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	var c cpg
	for name, at := range map[string]*uintptr{
		"cpg_initialize": &c.initialize, "cpg_join": &c.join, "cpg_mcast_joined": &c.mcast, "cpg_dispatch": &c.dispatch,
	} {
		if *at, err = purego.Dlsym(so, name); err != nil {
			return nil, err
		}
	}
	return &c, nil
})

// csError is what functions of Corosync's libraries return, but for csOK.
type csError int32

const (
	csOK                = 1
	errTryAgain csError = 6
)

// Error says the number: corotypes.h names them.
func (e csError) Error() string { return fmt.Sprintf("Corosync's cs_error_t %d", int32(e)) }

// Of the library's interface.
const (
	cpgAgreed   = 2 // cpg_guarantee_t: one order of all casts
	cpgBlocking = 3 // cs_dispatch_flags_t: until the connection ends
)

// cpgName is the C struct of that name.
type cpgName struct {
	length uint32
	value  [128]byte
}

// cpgCallbacks is the C struct cpg_callbacks_t.
type cpgCallbacks struct{ deliver, change uintptr }

// newCPGCallbacks makes what dispatch calls. payload is the library's and lasts
// until deliver returns; change is told how many members a group has, and how many
// of them have just left.
func newCPGCallbacks(deliver func(payload []byte), change func(members, left int)) *cpgCallbacks {
	return &cpgCallbacks{
		deliver: purego.NewCallback(func(_ uint64, _ *cpgName, _, _ uint32, payload *byte, size uintptr) {
			deliver(unsafe.Slice(payload, size))
		}),
		change: purego.NewCallback(func(_ uint64, _ *cpgName, _ unsafe.Pointer, members uintptr, _ unsafe.Pointer, left uintptr, _ unsafe.Pointer, _ uintptr) {
			change(int(members), int(left))
		}),
	}
}

// connection is one to the daemon. Casts and dispatching may be concurrent.
type connection struct {
	*cpg
	handle uint64
	vector syscall.Iovec // of the cast under way
}

// connect connects to the daemon, whose sockets the calling thread must see. An
// error is a csError, as it is of all that follows.
func (c *cpg) connect(callbacks *cpgCallbacks) (*connection, error) {
	conn := &connection{cpg: c}
	r, _, _ := purego.SyscallN(c.initialize, uintptr(unsafe.Pointer(&conn.handle)), uintptr(unsafe.Pointer(callbacks)))
	return conn, csResult(r)
}

// enter enters the connection's only group.
func (c *connection) enter(group string) error {
	name := cpgName{length: uint32(len(group))}
	copy(name.value[:], group)
	r, _, _ := purego.SyscallN(c.join, uintptr(c.handle), uintptr(unsafe.Pointer(&name)))
	return csResult(r)
}

// send casts to the group. errTryAgain says that the daemon takes no more now. One
// goroutine calls it.
func (c *connection) send(payload []byte) error {
	c.vector.Base = unsafe.SliceData(payload)
	c.vector.SetLen(len(payload))
	r, _, _ := purego.SyscallN(c.mcast, uintptr(c.handle), cpgAgreed, uintptr(unsafe.Pointer(&c.vector)), 1)
	return csResult(r)
}

// receive makes the calls back until the connection ends.
func (c *connection) receive() error {
	r, _, _ := purego.SyscallN(c.dispatch, uintptr(c.handle), cpgBlocking)
	return csResult(r)
}

func csResult(r uintptr) error {
	if e := csError(r); e != csOK {
		return e
	}
	return nil
}
