package twenty

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash"
	"hash/fnv"
	"io"
	"math"
)

// A snapshot is magic, a header block, a block for each row, and the FNV-1a sum
// of all bytes before it. A block is its length, as a varint, and its bytes; so
// both sides hold one row at a time beside the table.

const (
	magic    = "twenty1\n"
	sumBytes = 8

	// maxBlock bounds a row of strings of the largest size.
	maxBlock = 16 + MaxColumns*(MaxString+8)
)

// Digest is an order-sensitive hash of schema, rows, their IDs and the next ID,
// though not of the version. Two replicas that agree on Version and Digest are
// taken to be equal. It reads the whole table.
func (t *Table) Digest() uint64 {
	sum := fnv.New64a()
	block := binary.AppendUvarint(t.schema.append(nil), uint64(t.next))
	sum.Write(block)
	for i := range t.ids {
		block = t.appendBlock(block[:0], i)
		sum.Write(block)
	}
	return sum.Sum64()
}

// Snapshot writes the table to w for Restore to read, in small blocks. The error
// is w's.
func (t *Table) Snapshot(w io.Writer) error {
	sum := fnv.New64a()
	out := bufio.NewWriter(w)
	both := io.MultiWriter(out, sum)
	if _, err := io.WriteString(both, magic); err != nil {
		return err
	}
	block := t.schema.append(nil)
	block = binary.AppendUvarint(block, t.version)
	block = binary.AppendUvarint(block, uint64(t.next))
	block = binary.AppendUvarint(block, uint64(len(t.ids)))
	if err := writeBlock(both, block); err != nil {
		return err
	}
	for i := range t.ids {
		block = t.appendBlock(block[:0], i)
		if err := writeBlock(both, block); err != nil {
			return err
		}
	}
	if _, err := out.Write(binary.LittleEndian.AppendUint64(nil, sum.Sum64())); err != nil {
		return err
	}
	return out.Flush()
}

// Restore reads a table that Snapshot wrote. It may read r beyond the
// snapshot's end. The error is a *CorruptError if the bytes are no snapshot, or
// are damaged or cut off, and r's error if r has another one than io.EOF.
func Restore(r io.Reader) (*Table, error) {
	in := &blockReader{r: bufio.NewReader(r), sum: fnv.New64a()}
	if string(in.take(uint64(len(magic)))) != magic {
		in.fail("not a snapshot of this format")
	}
	d := decoder{what: "snapshot", b: in.block()}
	t := d.header()
	rows := d.uvarint(math.MaxInt64)
	in.check(d.end())
	for in.err == nil && rows > 0 {
		rows--
		t.readRow(in)
	}
	want := in.sum.Sum64()
	if got := in.take(sumBytes); in.err == nil && binary.LittleEndian.Uint64(got) != want {
		in.fail("the checksum is wrong")
	}
	if in.err != nil {
		return nil, in.err
	}
	return t, nil
}

// append encodes the schema.
func (s *Schema) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(s.columns)))
	for _, c := range s.columns {
		b = append(appendString(b, c.Name), byte(c.Kind), byte(c.Role))
	}
	return b
}

// header reads the empty table that a header block describes.
func (d *decoder) header() *Table {
	columns := make([]Column, 0, 16)
	for range d.count(MaxColumns) {
		columns = append(columns, Column{Name: d.string(), Kind: Kind(d.byte()), Role: Role(d.byte())})
	}
	s, err := NewSchema(columns...)
	if err != nil {
		d.fail(err.Error())
		return nil
	}
	t := NewTable(s)
	t.version = d.uvarint(math.MaxUint64)
	t.next = RowID(d.uvarint(uint64(maxRowID) + 1))
	return t
}

// appendBlock encodes the row at position i.
func (t *Table) appendBlock(b []byte, i int) []byte {
	b = binary.AppendUvarint(b, uint64(t.ids[i]))
	for c := range t.columns {
		b = appendValue(b, t.columns[c].at(i))
	}
	return b
}

// readRow adds the row in the next block.
func (t *Table) readRow(in *blockReader) {
	d := decoder{what: "snapshot", b: in.block()}
	id := RowID(d.uvarint(uint64(maxRowID)))
	if id >= t.next || len(t.ids) > 0 && id <= t.ids[len(t.ids)-1] {
		d.fail("row IDs out of order")
	}
	in.row = in.row[:0]
	for i := range t.columns {
		v := d.value()
		if err := t.schema.Accepts(i, v); err != nil {
			d.fail(err.Error())
		}
		in.row = append(in.row, v)
	}
	if in.check(d.end()); in.err == nil {
		t.insert(len(t.ids), id, in.row)
	}
}

func writeBlock(w io.Writer, block []byte) error {
	var length [binary.MaxVarintLen64]byte
	if _, err := w.Write(binary.AppendUvarint(length[:0], uint64(len(block)))); err != nil {
		return err
	}
	_, err := w.Write(block)
	return err
}

// blockReader reads a snapshot and sums what it read. After the first fault it
// reads nothing more.
type blockReader struct {
	r   *bufio.Reader
	sum hash.Hash64
	off int64
	err error
	buf bytes.Buffer
	row []Value // used again for every row
}

func (in *blockReader) fail(reason string) {
	in.check(&CorruptError{What: "snapshot", Offset: in.off, Reason: reason})
}

// check keeps the first error. A decoder counts offsets from the block's start.
func (in *blockReader) check(err error) {
	var corrupt *CorruptError
	if errors.As(err, &corrupt) && corrupt.Offset < in.off {
		corrupt.Offset = in.off
	}
	if in.err == nil {
		in.err = err
	}
}

// take is the next n bytes, valid until the next call; the memory it takes
// grows with what arrives, not with what n claims.
func (in *blockReader) take(n uint64) []byte {
	in.buf.Reset()
	if in.err != nil {
		return nil
	}
	got, err := io.CopyN(&in.buf, in.r, int64(n))
	in.off += got
	in.sum.Write(in.buf.Bytes())
	switch {
	case err == nil:
		return in.buf.Bytes()
	case errors.Is(err, io.EOF):
		in.fail("cut off")
	default:
		in.check(err)
	}
	return nil
}

// block is the next block, nil after a fault.
func (in *blockReader) block() []byte {
	var n uint64
	for shift := uint(0); ; shift += 7 {
		b := in.take(1)
		if b == nil {
			return nil
		}
		n |= uint64(b[0]&0x7f) << shift
		if b[0] < 0x80 {
			break
		}
		if shift > 28 {
			in.fail("bad length of a block")
			return nil
		}
	}
	if n > maxBlock {
		in.fail("bad length of a block")
		return nil
	}
	return in.take(n)
}
