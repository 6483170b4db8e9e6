package transport

import (
	"context"
	"net"
	"syscall"
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
// A connection to a machine nearby is not paced, as BBR would pace it: that is of use on
// ways that many share, and costs dearly where there are none (ADR 30).
type TCP struct{}

const unackedFor = 5 * time.Second

// near is the round trip up to which a connection is not paced: that of machines in one
// room.
const near = 200 * time.Microsecond

var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 60 * time.Second, Interval: 15 * time.Second, Count: 4}

// Listen implements [Transport].
func (TCP) Listen(addr string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	return lc.Listen(context.Background(), "tcp", addr)
}

// Dial implements [Transport].
func (TCP) Dial(ctx context.Context, addr string) (net.Conn, error) {
	var p pacing
	d := net.Dialer{KeepAliveConfig: keepAlive, Control: func(_, _ string, c syscall.RawConn) error {
		limitUnacked(c)
		p.putOff(c) // once connected it would be too late
		return nil
	}}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if tcp := conn.(*net.TCPConn); roundTrip(tcp) > near {
		p.begin(tcp)
	}
	return conn, nil
}
