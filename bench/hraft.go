package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/hashicorp/raft"

	"github.com/cohortkit/cohort/internal/bench"
)

// patience is how long a peer's cluster may take to be there.
const patience = 15 * time.Second

// hraft is a server of hashicorp/raft with its log in memory, batches of 1024 and
// its own TCP transport. Only the leader takes commands: it is the member that
// casts.
type hraft struct {
	*bench.Seat
	transport *raft.NetworkTransport
	raft      *raft.Raft
}

func newHraft(s *bench.Seat) bench.Member { return &hraft{Seat: s} }

func (m *hraft) Listen() (addr string, err error) {
	m.transport, err = raft.NewTCPTransport("127.0.0.1:0", nil, 3, 10*time.Second, io.Discard)
	if err != nil {
		return "", err
	}
	cfg := raft.DefaultConfig()
	cfg.LocalID = serverID(m.Rank)
	cfg.LogOutput = io.Discard
	cfg.BatchApplyCh = true
	cfg.MaxAppendEntries = 1024
	log := raft.NewInmemStore()
	m.raft, err = raft.NewRaft(cfg, machine{m.Seat}, log, log, raft.NewDiscardSnapshotStore(), m.transport)
	return string(m.transport.LocalAddr()), err
}

func serverID(rank int) raft.ServerID { return raft.ServerID(fmt.Sprint("m", rank)) }

// Join makes the last member the leader: it alone knows the servers at first.
func (m *hraft) Join(addrs []string) error {
	if m.Rank != m.Members-1 {
		return nil
	}
	var c raft.Configuration
	for rank, a := range addrs {
		c.Servers = append(c.Servers, raft.Server{ID: serverID(rank), Address: raft.ServerAddress(a)})
	}
	return m.raft.BootstrapCluster(c).Error()
}

func (m *hraft) Ready() error {
	return within("a leader", func() bool {
		_, leader := m.raft.LeaderWithID()
		return leader == serverID(m.Members-1)
	})
}

// within waits until something is there. Peers tell by being asked.
func within(what string, there func() bool) error {
	for began := time.Now(); !there(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patience {
			return fmt.Errorf("no %s after %v", what, patience)
		}
	}
	return nil
}

func (m *hraft) Cast(_ int, payload []byte) error {
	m.raft.Apply(slices.Clone(payload), 0) // who is not applied is missed
	return nil
}

func (m *hraft) Flush() error { return nil }

func (m *hraft) Close() error {
	return errors.Join(m.raft.Shutdown().Error(), m.transport.Close())
}

// machine is the replicated state machine: whatever is applied is delivered.
type machine struct{ *bench.Seat }

// Apply implements raft.FSM.
func (m machine) Apply(l *raft.Log) any {
	m.Deliver(0, l.Data)
	return nil
}

// ApplyBatch implements raft.BatchingFSM.
func (m machine) ApplyBatch(logs []*raft.Log) []any {
	for _, l := range logs {
		if l.Type == raft.LogCommand {
			m.Deliver(0, l.Data)
		}
	}
	return make([]any, len(logs))
}

var errNoSnapshot = errors.New("a bench keeps its log")

// Snapshot implements raft.FSM.
func (machine) Snapshot() (raft.FSMSnapshot, error) { return nil, errNoSnapshot }

// Restore implements raft.FSM.
func (machine) Restore(io.ReadCloser) error { return errNoSnapshot }
