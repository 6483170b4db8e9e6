package events

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort"
)

// keys is how many keys the map of a state has.
const keys = 1024

// state is what a joiner is given: a map that casts change, and bytes that stay as
// they are. Where there is a group of it, its stream has it to itself.
type state struct {
	table map[uint64]uint64
	bulk  []byte
	given atomic.Int64 // joiners
}

// hold makes room for n bytes, and fills it if the state begins here. It is done
// before there is a group.
func (s *state) hold(n int, fill bool) error {
	s.bulk = make([]byte, n)
	for i := range s.bulk { // the system gives us the memory now
		s.bulk[i] = 1
	}
	if !fill {
		return nil
	}
	_, err := rand.NewChaCha8([32]byte{19, 87}).Read(s.bulk)
	return err
}

// sum is the checksum of the bytes.
func (s *state) sum() uint32 { return crc32.ChecksumIEEE(s.bulk) }

// fed is how many joiners were given the state here.
func (s *state) fed() int { return int(s.given.Load()) }

// put changes the map, as a payload of the load says.
func (s *state) put(b []byte) {
	if s.table == nil {
		s.table = make(map[uint64]uint64, keys)
	}
	if len(b) == payloadSize {
		le := binary.LittleEndian
		s.table[le.Uint64(b[8:])%keys] = le.Uint64(b[16:])
	}
}

// Snapshot copies the map and shares the bytes.
func (s *state) Snapshot() (func(io.Writer) error, error) {
	s.given.Add(1)
	table := maps.Clone(s.table)
	return func(out io.Writer) error {
		le := binary.LittleEndian
		head := le.AppendUint64(nil, uint64(len(table)))
		for k, v := range table { // order does not matter: it becomes a map again
			head = le.AppendUint64(le.AppendUint64(head, k), v)
		}
		if _, err := out.Write(le.AppendUint64(head, uint64(len(s.bulk)))); err != nil {
			return err
		}
		_, err := cohort.WriteShared(out, s.bulk)
		return err
	}, nil
}

// Restore reads what Snapshot wrote. Room for the bytes is there already.
func (s *state) Restore(r io.Reader) error {
	size, err := number(r)
	if err != nil || size > keys {
		return fmt.Errorf("a map of %d keys: %w", size, err)
	}
	pairs := make([]byte, 16*size)
	if _, err := io.ReadFull(r, pairs); err != nil {
		return err
	}
	s.table = make(map[uint64]uint64, keys)
	for ; len(pairs) > 0; pairs = pairs[16:] {
		s.table[binary.LittleEndian.Uint64(pairs)] = binary.LittleEndian.Uint64(pairs[8:])
	}
	size, err = number(r)
	if err != nil || size != uint64(len(s.bulk)) {
		return fmt.Errorf("%d bytes, and room for %d: %w", size, len(s.bulk), err)
	}
	_, err = io.ReadFull(r, s.bulk)
	return err
}

func number(r io.Reader) (uint64, error) {
	var b [8]byte
	_, err := io.ReadFull(r, b[:])
	return binary.LittleEndian.Uint64(b[:]), err
}

// serve writes the bytes to the next one who connects to that host, and returns where.
func (s *state) serve(host string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	go func() {
		defer func() { _ = l.Close() }() // it was for one
		c, err := l.Accept()
		if err != nil {
			return // who waits for the bytes tells
		}
		_, _ = c.Write(s.bulk) // as above
		_ = c.Close()
	}()
	return l.Addr().String(), nil
}

// fetch reads the bytes over one plain connection, to where Restore puts them.
func (s *state) fetch(addr string) (time.Duration, error) {
	clear(s.bulk)
	began := time.Now()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }() // all is read
	if err := c.SetDeadline(began.Add(patience)); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(c, s.bulk); err != nil {
		return 0, err
	}
	return time.Since(began), nil
}
