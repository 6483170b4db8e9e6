package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"time"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/client"
	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/logger"
	sm "github.com/lni/dragonboat/v4/statemachine"
	"github.com/lni/vfs"

	"github.com/cohortkit/cohort/internal/bench"
)

// shard is the only one.
const shard = 1

// dragon is a host of dragonboat with one shard. Its log is in memory, as
// Cohort's is, or as it comes: on disk and synced.
type dragon struct {
	*bench.Seat
	disk    bool
	addr    string
	host    *dragonboat.NodeHost
	session *client.Session
	results chan *dragonboat.RequestState
}

func newDragon(disk bool) func(*bench.Seat) bench.Member {
	return func(s *bench.Seat) bench.Member {
		return &dragon{Seat: s, disk: disk, results: make(chan *dragonboat.RequestState, 1<<16)}
	}
}

// freeAddr is an address that was free a moment ago, for those who must name
// theirs beforehand. Where every address of 127.0.0.0/8 is the machine's, each
// member has its own, so that two that ask at once do not get the same port.
func freeAddr(rank int) (string, error) {
	ip := "127.0.0.1"
	if runtime.GOOS == "linux" {
		ip = fmt.Sprintf("127.0.0.%d", rank+1)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (m *dragon) Listen() (addr string, err error) {
	m.addr, err = freeAddr(m.Rank)
	return m.addr, err
}

func (m *dragon) Join(addrs []string) (err error) {
	for _, name := range []string{
		"raft", "rsm", "transport", "grpc", "dragonboat", "logdb", "raftpb", "config", "settings", "tan", "registry", "order", "utils",
	} {
		logger.GetLogger(name).SetLevel(logger.CRITICAL)
	}
	cfg := config.NodeHostConfig{DeploymentID: 1, NodeHostDir: m.Dir, RTTMillisecond: 20, RaftAddress: m.addr}
	if !m.disk {
		cfg.Expert.FS = vfs.NewMem()
	}
	if m.host, err = dragonboat.NewNodeHost(cfg); err != nil {
		return err
	}
	members := map[uint64]string{}
	for rank, a := range addrs {
		members[uint64(rank+1)] = a
	}
	m.session = m.host.GetNoOPSession(shard)
	go m.settle()
	return m.host.StartReplica(members, false, func(uint64, uint64) sm.IStateMachine { return applied{m.Seat} },
		config.Config{ReplicaID: uint64(m.Rank + 1), ShardID: shard, ElectionRTT: 20, HeartbeatRTT: 2, CheckQuorum: true})
}

// Ready waits until the last member leads, which is asked to.
func (m *dragon) Ready() error {
	last := uint64(m.Members)
	asked := time.Time{}
	return within("leader where it should be", func() bool {
		leader, _, ok, err := m.host.GetLeaderID(shard)
		if err != nil || !ok {
			return false
		}
		if leader != last && time.Since(asked) > time.Second {
			asked = time.Now()
			_ = m.host.RequestLeaderTransfer(shard, last) // it is asked again if nothing comes of it
		}
		return leader == last
	})
}

func (m *dragon) Cast(_ int, payload []byte) error {
	for {
		r, err := m.host.Propose(m.session, slices.Clone(payload), patience)
		if errors.Is(err, dragonboat.ErrSystemBusy) {
			time.Sleep(time.Millisecond)
			continue
		}
		if err == nil {
			m.results <- r
		}
		return err
	}
}

// settle takes the results of what was proposed, as the library asks for.
func (m *dragon) settle() {
	for r := range m.results {
		if x := <-r.ResultC(); !x.Completed() {
			m.Fail(errors.New("a proposal was dropped"))
		}
		r.Release()
	}
}

func (m *dragon) Flush() error { return nil }

func (m *dragon) Close() error {
	m.host.Close()
	return nil
}

// applied is the replicated state machine: whatever is applied is delivered.
type applied struct{ *bench.Seat }

// Update implements statemachine.IStateMachine.
func (a applied) Update(e sm.Entry) (sm.Result, error) {
	a.Deliver(0, e.Cmd)
	return sm.Result{}, nil
}

// Lookup implements statemachine.IStateMachine.
func (applied) Lookup(any) (any, error) { return nil, nil }

// SaveSnapshot implements statemachine.IStateMachine.
func (applied) SaveSnapshot(io.Writer, sm.ISnapshotFileCollection, <-chan struct{}) error { return nil }

// RecoverFromSnapshot implements statemachine.IStateMachine.
func (applied) RecoverFromSnapshot(io.Reader, []sm.SnapshotFile, <-chan struct{}) error { return nil }

// Close implements statemachine.IStateMachine.
func (applied) Close() error { return nil }
