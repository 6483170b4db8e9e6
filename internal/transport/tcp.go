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
//
// What the kernel holds of a connection to a machine nearby is bounded, because what
// lies there has left the caches by the time it is read (ADR 29).
type TCP struct{}

const unackedFor = 5 * time.Second

const (
	// near is the round trip up to which nearBuffer bytes under way fill 10 Gbit/s. Over
	// longer ways the kernel finds the size itself.
	near = 200 * time.Microsecond
	// nearBuffer is the most that Linux grants unless told otherwise. It doubles that, for
	// its bookkeeping.
	nearBuffer = 208 << 10
)

var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 60 * time.Second, Interval: 15 * time.Second, Count: 4}

// Listen implements [Transport].
func (TCP) Listen(addr string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	return lc.Listen(context.Background(), "tcp", addr)
}

// Dial implements [Transport].
func (TCP) Dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: keepAlive, Control: limitUnacked}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if tcp := conn.(*net.TCPConn); roundTrip(tcp) <= near {
		_ = tcp.SetWriteBuffer(nearBuffer) // or it keeps the kernel's
	}
	return conn, nil
}
