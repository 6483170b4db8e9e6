package main

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/cohortkit/cohort/internal/bench"
)

// stream is a member with a JetStream server, and a client of that: it publishes
// to a stream with a replica in memory at each member, and consumes it in the
// stream's order.
type stream struct {
	*bench.Seat
	addr    string
	server  *server.Server
	conn    *nats.Conn
	js      jetstream.JetStream
	consume jetstream.ConsumeContext
}

func newStream(s *bench.Seat) bench.Member { return &stream{Seat: s} }

// Listen returns where the server is to listen for the others'.
func (m *stream) Listen() (addr string, err error) {
	m.addr, err = freeAddr(m.Rank)
	return m.addr, err
}

func (m *stream) Join(addrs []string) (err error) {
	host, port, err := hostPort(m.addr)
	if err != nil {
		return err
	}
	o := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, ServerName: string(serverID(m.Rank)), JetStream: true, StoreDir: m.Dir,
		Cluster: server.ClusterOpts{Name: "bench", Host: host, Port: port},
	}
	for _, a := range addrs {
		o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", Host: a})
	}
	m.server, err = serve(o)
	return err
}

func (m *stream) Ready() (err error) {
	if m.conn, err = nats.Connect(m.server.ClientURL()); err != nil {
		return err
	}
	if m.js, err = jetstream.New(m.conn, jetstream.WithPublishAsyncMaxPending(1<<17)); err != nil {
		return err
	}
	s, err := m.stream()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{InactiveThreshold: time.Minute})
	if err != nil {
		return err
	}
	m.consume, err = c.Consume(func(x jetstream.Msg) { m.Deliver(0, x.Data()) })
	return err
}

// stream is the one that the last member makes, once the servers have a leader.
func (m *stream) stream() (s jetstream.Stream, err error) {
	failed := within("stream", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond) // nobody answers before
		defer cancel()
		if m.Rank == m.Members-1 {
			s, err = m.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
				Name: subject, Subjects: []string{subject}, Storage: jetstream.MemoryStorage, Replicas: m.Members,
				MaxBytes: 256 << 20, Discard: jetstream.DiscardOld,
			})
		} else {
			s, err = m.js.Stream(ctx, subject)
		}
		return err == nil
	})
	return s, errors.Join(failed, err)
}

func (m *stream) Cast(_ int, payload []byte) error {
	_, err := m.js.PublishAsync(subject, payload)
	return err
}

func (m *stream) Flush() error { return m.conn.Flush() }

func (m *stream) Close() error {
	if m.consume != nil {
		m.consume.Stop()
	}
	if m.conn != nil {
		m.conn.Close()
	}
	if m.server != nil {
		m.server.Shutdown()
	}
	return nil
}
