//go:build linux && cgo

package main

// Corosync's headers are not needed: what follows is the part of libcpg's binary
// interface that is used, and the library is loaded when the program runs. So
// whoever has no Corosync builds all the same.

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

struct cpg_name {
	uint32_t length;
	char value[128];
};

struct cpg_callbacks {
	void *deliver, *change;
};

struct cpg {
	int (*initialize)(uint64_t *, struct cpg_callbacks *);
	int (*join)(uint64_t, struct cpg_name *);
	int (*mcast)(uint64_t, int, struct iovec *, unsigned int);
	int (*dispatch)(uint64_t, int);
};

// In Go.
void cohortCPGDeliver(void *, size_t);
void cohortCPGChange(size_t, size_t);

static inline void cpg_deliver(uint64_t handle, struct cpg_name *group, uint32_t node, uint32_t pid, void *payload, size_t size) {
	cohortCPGDeliver(payload, size);
}

static inline void cpg_change(uint64_t handle, struct cpg_name *group,
	void *member, size_t members, void *leaver, size_t left, void *joiner, size_t joined) {
	cohortCPGChange(members, left);
}

// cpg_load tells what is missing, or returns NULL.
static inline const char *cpg_load(struct cpg *c) {
	void *so = dlopen("libcpg.so.4", RTLD_NOW);
	if (so != NULL) {
		c->initialize = dlsym(so, "cpg_initialize");
		c->join = dlsym(so, "cpg_join");
		c->mcast = dlsym(so, "cpg_mcast_joined");
		c->dispatch = dlsym(so, "cpg_dispatch");
		if (c->initialize != NULL && c->join != NULL && c->mcast != NULL && c->dispatch != NULL)
			return NULL;
	}
	const char *why = dlerror();
	return why != NULL ? why : "libcpg.so.4 is incomplete";
}

static inline int cpg_connect(struct cpg *c, uint64_t *handle) {
	struct cpg_callbacks calls = {cpg_deliver, cpg_change};
	return c->initialize(handle, &calls);
}

static inline int cpg_enter(struct cpg *c, uint64_t handle, void *group, uint32_t length) {
	struct cpg_name name = {.length = length};
	memcpy(name.value, group, length);
	return c->join(handle, &name);
}

static inline int cpg_send(struct cpg *c, uint64_t handle, void *payload, size_t size) {
	const int agreed = 2; // cpg_guarantee_t: one order of all casts
	struct iovec v = {payload, size};
	return c->mcast(handle, agreed, &v, 1);
}

static inline int cpg_receive(struct cpg *c, uint64_t handle) {
	const int blocking = 3; // cs_dispatch_flags_t: until the connection ends
	return c->dispatch(handle, blocking);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"
)

// loadCPG loads libcpg, the client's side of Corosync's closed process groups,
// once, or says why not.
var loadCPG = sync.OnceValues(func() (*C.struct_cpg, error) {
	c := (*C.struct_cpg)(C.calloc(1, C.sizeof_struct_cpg)) // for as long as the process
	if why := C.cpg_load(c); why != nil {
		return nil, errors.New(C.GoString(why))
	}
	return c, nil
})

// csError is what functions of Corosync's libraries return, but for csOK.
type csError int32

const (
	csOK                = 1
	errTryAgain csError = 6
)

// Error says the number: corotypes.h names them.
func (e csError) Error() string { return fmt.Sprintf("Corosync's cs_error_t %d", int32(e)) }

func csResult(r C.int) error {
	if r != csOK {
		return csError(r)
	}
	return nil
}

// connection is one to the daemon, and the process's only one. Casts and
// receiving may be concurrent.
type connection struct {
	cpg     *C.struct_cpg
	handle  C.uint64_t
	deliver func(payload []byte)    // the payload is the library's, and lasts until it returns
	change  func(members, left int) // the group has so many members, and so many have just left it
}

// receiver is the connection that is called back.
var receiver atomic.Pointer[connection]

// connect connects to the daemon, whose sockets the calling thread must see. An
// error is a csError, as it is of what follows.
func (c *connection) connect() error {
	receiver.Store(c)
	var handle C.uint64_t
	err := csResult(C.cpg_connect(c.cpg, &handle))
	c.handle = handle
	return err
}

// enter enters the connection's only group.
func (c *connection) enter(group string) error {
	return csResult(C.cpg_enter(c.cpg, c.handle, unsafe.Pointer(unsafe.StringData(group)), C.uint32_t(len(group))))
}

// send casts to the group. errTryAgain says that the daemon takes no more now.
func (c *connection) send(payload []byte) error {
	return csResult(C.cpg_send(c.cpg, c.handle, unsafe.Pointer(unsafe.SliceData(payload)), C.size_t(len(payload))))
}

// receive calls deliver and change until the connection ends.
func (c *connection) receive() error { return csResult(C.cpg_receive(c.cpg, c.handle)) }

//export cohortCPGDeliver
func cohortCPGDeliver(payload unsafe.Pointer, size C.size_t) {
	receiver.Load().deliver(unsafe.Slice((*byte)(payload), size))
}

//export cohortCPGChange
func cohortCPGChange(members, left C.size_t) { receiver.Load().change(int(members), int(left)) }
