package transport

import (
	"context"
	"net"
	"time"
)

// TCP is the transport between machines. Its zero value is ready for use.
//
// Silence on a connection is judged by the failure detector and not here.
// Keep-alive probes only clear away what nobody would miss: connections of
// machines that vanished without a word. And bytes that stay unacknowledged for
// unackedFor break the connection, because its retransmissions would by then be
// so far apart that dialing anew is faster when the network comes back.
type TCP struct{}

const unackedFor = 5 * time.Second

var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 60 * time.Second, Interval: 15 * time.Second, Count: 4}

// Listen implements [Transport].
func (TCP) Listen(addr string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	return lc.Listen(context.Background(), "tcp", addr)
}

// Dial implements [Transport].
func (TCP) Dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: keepAlive, Control: limitUnacked}
	return d.DialContext(ctx, "tcp", addr)
}
