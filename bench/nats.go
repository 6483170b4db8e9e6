package main

import (
	"errors"
	"net"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/cohortkit/cohort/internal/bench"
)

// subject is what all publish to and subscribe.
const subject = "bench"

// natsCore is a client of one NATS server, which runs in the process of the
// member of rank 0. There is no agreed order of different publishers, nothing
// is kept for who was away, and who is too slow loses messages.
type natsCore struct {
	*bench.Seat
	server *server.Server
	conn   *nats.Conn
}

func newNATS(s *bench.Seat) bench.Member { return &natsCore{Seat: s} }

func (m *natsCore) Listen() (addr string, err error) {
	if m.Rank != 0 {
		return "", nil
	}
	m.server, err = serve(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT})
	if err != nil {
		return "", err
	}
	return m.server.ClientURL(), nil
}

// serve runs a server without a log.
func serve(o *server.Options) (*server.Server, error) {
	o.NoLog, o.NoSigs = true, true
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		return nil, errors.New("the server takes no connections")
	}
	return s, nil
}

func (m *natsCore) Join(addrs []string) (err error) {
	if m.conn, err = nats.Connect(addrs[0], nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { m.Fail(err) })); err != nil {
		return err
	}
	s, err := m.conn.Subscribe(subject, func(x *nats.Msg) { m.Deliver(0, x.Data) })
	if err != nil {
		return err
	}
	if err := s.SetPendingLimits(-1, -1); err != nil {
		return err
	}
	return m.conn.Flush()
}

func (m *natsCore) Ready() error { return nil }

// Cast copies the payload to a buffer that the client writes by itself.
func (m *natsCore) Cast(_ int, payload []byte) error { return m.conn.Publish(subject, payload) }

func (m *natsCore) Flush() error { return m.conn.Flush() }

func (m *natsCore) Close() error {
	if m.conn != nil {
		m.conn.Close()
	}
	if m.server != nil {
		m.server.Shutdown()
	}
	return nil
}

// hostPort splits an address that is known to be one.
func hostPort(addr string) (string, int, error) {
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return "", 0, err
	}
	return a.IP.String(), a.Port, nil
}
