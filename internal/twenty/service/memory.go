package service

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// remembered is how many updates' outcomes a member remembers.
const remembered = 1 << 16

// outcome is what became of an update: the version that it made, or why it was
// refused.
type outcome struct {
	version uint64
	refusal string
}

// memory remembers the last outcomes. Its zero value is empty.
type memory struct {
	outcomes map[updateID]outcome
	ring     []updateID // in the order they came, from next on
	next     int
}

func (m *memory) find(id updateID) (outcome, bool) {
	o, ok := m.outcomes[id]
	return o, ok
}

// add remembers one more, and forgets the oldest if there are too many.
func (m *memory) add(id updateID, o outcome) {
	if m.outcomes == nil {
		m.outcomes = map[updateID]outcome{}
	}
	if len(m.ring) < remembered {
		m.ring = append(m.ring, id)
	} else {
		delete(m.outcomes, m.ring[m.next])
		m.ring[m.next] = id
		m.next = (m.next + 1) % remembered
	}
	m.outcomes[id] = o
}

// record is an outcome with its ID.
type record struct {
	id updateID
	outcome
}

// list is a copy of what is remembered, the oldest first.
func (m *memory) list() []record {
	out := make([]record, 0, len(m.ring))
	for _, id := range slices.Concat(m.ring[m.next:], m.ring[:m.next]) {
		out = append(out, record{id, m.outcomes[id]})
	}
	return out
}

// writeRecords writes records for readMemory. The error is w's.
func writeRecords(w io.Writer, records []record) error {
	out := bufio.NewWriter(w)
	if _, err := out.Write(binary.AppendUvarint(nil, uint64(len(records)))); err != nil {
		return err
	}
	var b []byte
	for _, r := range records {
		b = r.id.append(b[:0])
		b = binary.AppendUvarint(b, r.version)
		b = binary.AppendUvarint(b, uint64(len(r.refusal)))
		b = append(b, r.refusal...)
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	return out.Flush()
}

// maxRefusal bounds the text of a refusal, in bytes.
const maxRefusal = 1 << 12

// readMemory reads what writeRecords wrote, and no more of r.
func readMemory(r *bufio.Reader) (memory, error) {
	var m memory
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return m, cutOff(err)
	}
	if n > remembered {
		return m, errMalformed
	}
	for range n {
		var name [updateIDBytes]byte
		if _, err := io.ReadFull(r, name[:]); err != nil {
			return m, cutOff(err)
		}
		var o outcome
		if o.version, err = binary.ReadUvarint(r); err != nil {
			return m, cutOff(err)
		}
		size, err := binary.ReadUvarint(r)
		if err != nil {
			return m, cutOff(err)
		}
		if size > maxRefusal {
			return m, errMalformed
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(r, text); err != nil {
			return m, cutOff(err)
		}
		o.refusal = string(text)
		id, _, _ := cutUpdateID(name[:])
		m.add(id, o)
	}
	return m, nil
}

// cutOff calls the end of the bytes, where more were promised, what it is.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
