// Package transport opens connections between sites and moves frames over them.
// It knows the greeting and the form of frames, and nothing of what they mean.
//
// A connection carries the frames of one lane in one direction: the site that
// dials greets and sends, the one that accepts answers the greeting and
// receives ([wire.Hello], [wire.Welcome]). Each direction and each lane has a
// connection of its own, so that no frame waits for one of another lane.
//
//	tcp.go      between machines
//	memory.go   within one process, with faults on demand, for tests
//	greet.go    the dialer's half of the greeting, and why dialing failed
//	acceptor.go the other half, for strangers as well as for sites
//	encoder.go  frames to bytes, once for all who get them
//	writer.go   the queue of an outgoing connection
//	reader.go   frames out of an incoming connection
package transport

import (
	"context"
	"net"
)

// A Transport opens byte streams between addresses. Its methods are safe for
// concurrent use. Errors wrap syscall.ECONNREFUSED when nobody listens at an
// address, and syscall.EADDRINUSE when somebody else does.
type Transport interface {
	// Listen accepts connections at addr, "host:port"; port 0 stands for a
	// free one, which the listener's Addr then tells.
	Listen(addr string) (net.Listener, error)
	// Dial opens a connection to addr. It blocks until that is done or ctx ends.
	Dial(ctx context.Context, addr string) (net.Conn, error)
}
