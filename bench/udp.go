package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cohortkit/cohort/internal/bench"
)

// rawUDP sends each payload as a datagram of its own to each of the others, by a
// system call each: nothing is batched. UDP loses what a receiver has no room for, so
// its sender goes no further ahead than that; what is lost all the same fails the run.
type rawUDP struct {
	*bench.Seat
	conn   *net.UDPConn
	addrs  []netip.AddrPort // by rank
	window uint64           // datagrams under way to a receiver

	mu    sync.Mutex
	some  sync.Cond
	acked []uint64 // by rank
	sent  uint64
	gone  bool
}

const (
	udpBuffer = 4 << 20 // of a socket, if the system grants it
	udpAck    = 8       // bytes of an answer: how many datagrams were taken; payloads are larger
)

func newUDP(s *bench.Seat) bench.Member {
	m := &rawUDP{Seat: s, acked: make([]uint64, s.Members)}
	m.some.L = &m.mu
	return m
}

func (m *rawUDP) Listen() (string, error) {
	addr, err := net.ResolveUDPAddr("udp", net.JoinHostPort(m.Host, "0"))
	if err != nil {
		return "", err
	}
	if m.conn, err = net.ListenUDP("udp", addr); err != nil {
		return "", err
	}
	room := granted()
	if err := m.conn.SetReadBuffer(room); err != nil {
		return "", err
	}
	// What a datagram takes of the buffer is more than its bytes; Linux doubles the buffer for that.
	m.window = uint64(max(2, room/(m.Size+m.Size/3+1280)))
	return m.conn.LocalAddr().String(), nil
}

// granted is the room that the system gives to those who receive. Where it does not tell,
// it is taken for Linux's default.
func granted() int {
	text, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	most, bad := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || bad != nil {
		most = 208 << 10
	}
	return min(most, udpBuffer)
}

func (m *rawUDP) Join(addrs []string) error {
	for _, a := range addrs {
		addr, err := netip.ParseAddrPort(a)
		if err != nil {
			return err
		}
		m.addrs = append(m.addrs, addr)
	}
	go m.receive()
	return nil
}

func (m *rawUDP) Ready() error { return nil }

// receive takes what comes: payloads of the sender, or the answers to it.
func (m *rawUDP) receive() {
	b := make([]byte, m.Size+1)
	for taken, told := uint64(0), uint64(0); ; {
		n, from, err := m.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			m.stop(err)
			return
		}
		if n == udpAck {
			m.answered(slices.Index(m.addrs, from), binary.LittleEndian.Uint64(b))
			continue
		}
		m.Deliver(0, b[:n])
		if taken++; taken-told < max(1, m.window/4) {
			continue
		}
		told = taken
		if _, err := m.conn.WriteToUDPAddrPort(binary.LittleEndian.AppendUint64(nil, taken), from); err != nil {
			m.stop(err)
			return
		}
	}
}

func (m *rawUDP) answered(rank int, taken uint64) {
	if rank < 0 {
		m.Fail(errors.New("a datagram from a stranger"))
		return
	}
	m.mu.Lock()
	m.acked[rank] = max(m.acked[rank], taken)
	m.some.Signal()
	m.mu.Unlock()
}

// stop ends the run, if the member was not closed.
func (m *rawUDP) stop(err error) {
	if !errors.Is(err, net.ErrClosed) {
		m.Fail(err)
	}
	m.mu.Lock()
	m.gone = true
	m.some.Signal()
	m.mu.Unlock()
}

// Cast sends to one after the other.
func (m *rawUDP) Cast(_ int, payload []byte) error {
	if err := m.await(); err != nil {
		return err
	}
	for r, addr := range m.addrs {
		if r == m.Rank {
			continue
		}
		if _, err := m.conn.WriteToUDPAddrPort(payload, addr); err != nil {
			return fmt.Errorf("to the member of rank %d: %w", r, err)
		}
	}
	return nil
}

// await waits until all have room for one more.
func (m *rawUDP) await() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.gone && m.sent-m.least() >= m.window {
		m.some.Wait()
	}
	m.sent++
	if m.gone {
		return net.ErrClosed
	}
	return nil
}

// least is what all others have taken.
func (m *rawUDP) least() uint64 {
	n := m.sent
	for r, taken := range m.acked {
		if r != m.Rank {
			n = min(n, taken)
		}
	}
	return n
}

func (m *rawUDP) Flush() error { return nil }

func (m *rawUDP) Close() error {
	if m.conn == nil {
		return nil
	}
	return m.conn.Close()
}
