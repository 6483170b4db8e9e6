package service

import (
	"bufio"
	"io"
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/twenty"
)

// state hands a member's table and memory to joiners: first the memory, then
// the table.
type state struct{ m *Member }

// Snapshot copies both.
func (s state) Snapshot() (func(io.Writer) error, error) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	records, table := s.m.past.list(), s.m.table.Clone()
	return func(w io.Writer) error {
		if err := writeRecords(w, records); err != nil {
			return err
		}
		return table.Snapshot(w)
	}, nil
}

// Restore replaces both, or neither.
func (s state) Restore(r io.Reader) error {
	in := bufio.NewReader(counted{r, &s.m.received})
	past, err := readMemory(in)
	if err != nil {
		return err
	}
	table, err := twenty.Restore(in)
	if err != nil {
		return err
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.past, s.m.table = past, table
	return nil
}

// counted counts what is read.
type counted struct {
	r   io.Reader
	sum *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum.Add(int64(n))
	return n, err
}
