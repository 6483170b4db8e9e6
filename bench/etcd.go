package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/cohortkit/cohort/internal/bench"
)

// etcd is a member with a server of etcd, on disk and synced as it comes, and a
// client of that: a cast puts a value, and a watch delivers it. A client has no
// way to put the next value before the last is there and keep their order, so
// the system is measured one cast at a time.
type etcd struct {
	*bench.Seat
	peer   string // where other servers reach ours
	server *embed.Etcd
	client *clientv3.Client
	stop   context.CancelFunc
}

func newEtcd(s *bench.Seat) bench.Member { return &etcd{Seat: s} }

func (m *etcd) Listen() (addr string, err error) {
	m.peer, err = freeAddr(m.Rank)
	return m.peer, err
}

// Join starts the server. It has the others only when theirs run.
func (m *etcd) Join(addrs []string) (err error) {
	at := m.peer
	for at == m.peer { // nobody listens there yet
		if at, err = freeAddr(m.Rank); err != nil {
			return err
		}
	}
	name := func(rank int) string { return string(serverID(rank)) }
	one := func(addr string) []url.URL { return []url.URL{{Scheme: "http", Host: addr}} }
	cfg := embed.NewConfig()
	cfg.Name, cfg.Dir, cfg.LogLevel, cfg.LogOutputs = name(m.Rank), m.Dir, "fatal", []string{"/dev/null"}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = one(m.peer), one(m.peer)
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = one(at), one(at)
	var cluster []string
	for rank, a := range addrs {
		cluster = append(cluster, fmt.Sprintf("%s=http://%s", name(rank), a))
	}
	cfg.InitialCluster = strings.Join(cluster, ",")
	if m.server, err = embed.StartEtcd(cfg); err != nil {
		return err
	}
	m.client, err = clientv3.New(clientv3.Config{Endpoints: []string{at}, Logger: zap.NewNop()})
	return err
}

// Ready waits for the server, makes the last member's the leader, and watches.
func (m *etcd) Ready() error {
	select {
	case <-m.server.Server.ReadyNotify():
	case <-time.After(patience):
		return fmt.Errorf("the server is not ready after %v", patience)
	}
	if err := within("leader where it should be", m.leads); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	watch := m.client.Watch(clientv3.WithRequireLeader(ctx), subject, clientv3.WithCreatedNotify())
	if r := <-watch; r.Err() != nil {
		return r.Err()
	}
	go func() {
		for r := range watch {
			if err := r.Err(); err != nil {
				m.Fail(err)
				return
			}
			for _, e := range r.Events {
				m.Deliver(0, e.Kv.Value)
			}
		}
	}()
	return nil
}

// leads reports whether the server of the last member leads. Another that does
// hands over.
func (m *etcd) leads() bool {
	s := m.server.Server
	last := uint64(0)
	for _, x := range s.Cluster().Members() {
		if x.Name == string(serverID(m.Members-1)) {
			last = uint64(x.ID)
		}
	}
	lead := uint64(s.Leader())
	if lead == uint64(s.MemberID()) && lead != last && last != 0 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.MoveLeader(ctx, lead, last) // it is tried again if nothing comes of it
	}
	return lead != 0 && lead == last
}

func (m *etcd) Cast(_ int, payload []byte) error {
	_, err := m.client.Put(context.Background(), subject, string(payload))
	return err
}

func (m *etcd) Flush() error { return nil }

func (m *etcd) Close() error {
	var failed []error
	if m.stop != nil {
		m.stop()
	}
	if m.client != nil {
		failed = append(failed, m.client.Close())
	}
	if m.server != nil {
		m.server.Close()
	}
	return errors.Join(failed...)
}
