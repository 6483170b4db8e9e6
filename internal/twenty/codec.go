package twenty

import (
	"encoding/binary"
	"math"
)

// The binary forms, each the payload of one message. Counts and IDs are
// varints, a number is its 8 bytes little endian, a string its length and
// bytes, and a value its kind and what the kind needs. Decoding never holds on
// to the input and never allocates more than a small multiple of it.

const (
	flagHorizontal = 1 << iota
	flagCategory
	flagsKnown = 1<<iota - 1
)

// AppendBinary appends the encoding of q. It never fails.
func (q Query) AppendBinary(b []byte) ([]byte, error) {
	var flags byte
	if q.Horizontal {
		flags |= flagHorizontal
	}
	if q.Category != "" {
		flags |= flagCategory
	}
	b = append(b, flags, byte(q.Op))
	if q.Category != "" {
		b = appendString(b, q.Category)
	}
	return appendValue(appendString(b, q.Column), q.Value), nil
}

// MarshalBinary encodes q. It never fails.
func (q Query) MarshalBinary() ([]byte, error) { return q.AppendBinary(nil) }

// UnmarshalBinary decodes what MarshalBinary wrote; the error is a
// *CorruptError. Whether the query fits a table is for Check to say.
func (q *Query) UnmarshalBinary(b []byte) error {
	d := decoder{what: "query", b: b}
	flags := d.byte()
	if flags > flagsKnown {
		d.fail("unknown flags")
	}
	got := Query{Horizontal: flags&flagHorizontal != 0, Op: Op(d.byte())}
	if !got.Op.valid() {
		d.fail("unknown operator")
	}
	if flags&flagCategory != 0 {
		got.Category = d.string()
	}
	got.Column, got.Value = d.string(), d.value()
	if err := d.end(); err != nil {
		return err
	}
	*q = got
	return nil
}

// AppendBinary appends the encoding of u. It never fails.
func (u Update) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, byte(u.Kind))
	switch u.Kind {
	case Add:
		b = binary.AppendUvarint(b, uint64(len(u.Values)))
		b = appendValues(b, u.Values)
	case Set:
		b = binary.AppendUvarint(b, uint64(u.Row))
		b = binary.AppendUvarint(b, uint64(len(u.Cells)))
		for _, c := range u.Cells {
			b = appendValue(binary.AppendUvarint(b, uint64(c.Column)), c.Value)
		}
	case Delete:
		b = binary.AppendUvarint(b, uint64(u.Row))
	}
	return b, nil
}

// MarshalBinary encodes u. It never fails.
func (u Update) MarshalBinary() ([]byte, error) { return u.AppendBinary(nil) }

// UnmarshalBinary decodes what MarshalBinary wrote; the error is a
// *CorruptError. Whether the update fits a table is for Apply to say.
func (u *Update) UnmarshalBinary(b []byte) error {
	d := decoder{what: "update", b: b}
	got := Update{Kind: UpdateKind(d.byte())}
	switch got.Kind {
	case Add:
		for range d.count(MaxColumns) {
			got.Values = append(got.Values, d.value())
		}
	case Set:
		got.Row = RowID(d.uvarint(uint64(maxRowID)))
		for range d.count(MaxColumns) {
			got.Cells = append(got.Cells, Cell{Column: d.count(MaxColumns), Value: d.value()})
		}
	case Delete:
		got.Row = RowID(d.uvarint(uint64(maxRowID)))
	default:
		d.fail("unknown kind of update")
	}
	if err := d.end(); err != nil {
		return err
	}
	*u = got
	return nil
}

// AppendBinary appends the encoding of r. It never fails.
func (r Reply) AppendBinary(b []byte) ([]byte, error) {
	b = binary.AppendUvarint(b, r.Version)
	b = binary.AppendUvarint(b, uint64(r.Rows))
	return binary.AppendUvarint(b, uint64(r.Matches)), nil
}

// MarshalBinary encodes r. It never fails.
func (r Reply) MarshalBinary() ([]byte, error) { return r.AppendBinary(nil) }

// UnmarshalBinary decodes what MarshalBinary wrote; the error is a
// *CorruptError.
func (r *Reply) UnmarshalBinary(b []byte) error {
	d := decoder{what: "reply", b: b}
	got := Reply{Version: d.uvarint(math.MaxUint64)}
	got.Rows = d.count(math.MaxInt32)
	got.Matches = d.count(got.Rows)
	if err := d.end(); err != nil {
		return err
	}
	*r = got
	return nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendValues(b []byte, values []Value) []byte {
	for _, v := range values {
		b = appendValue(b, v)
	}
	return b
}

func appendValue(b []byte, v Value) []byte {
	b = append(b, byte(v.kind))
	switch v.kind {
	case KindNumber:
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.num))
	case KindString:
		b = appendString(b, v.str)
	case KindNull:
	}
	return b
}

// decoder reads the forms above. After the first fault it reads zeros, so that
// callers need to look once, at the end.
type decoder struct {
	what string
	b    []byte
	off  int
	err  error
}

func (d *decoder) fail(reason string) {
	if d.err == nil {
		d.err = &CorruptError{What: d.what, Offset: int64(d.off), Reason: reason}
	}
}

// end reports the first fault; bytes left over are one.
func (d *decoder) end() error {
	if d.off < len(d.b) {
		d.fail("more bytes than expected")
	}
	return d.err
}

// take is the next n bytes, nil if there are fewer.
func (d *decoder) take(n int) []byte {
	if d.err != nil || len(d.b)-d.off < n {
		d.fail("cut off")
		return nil
	}
	d.off += n
	return d.b[d.off-n : d.off]
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

// uvarint reads a number of at most limit.
func (d *decoder) uvarint(limit uint64) uint64 {
	if d.err != nil {
		return 0
	}
	v, n := binary.Uvarint(d.b[d.off:])
	if n <= 0 || v > limit {
		d.fail("bad number")
		return 0
	}
	d.off += n
	return v
}

// count reads a number of at most limit.
func (d *decoder) count(limit int) int { return int(d.uvarint(uint64(limit))) }

func (d *decoder) string() string { return string(d.take(d.count(MaxString))) }

// value reads a value that storable accepts.
func (d *decoder) value() (v Value) {
	switch Kind(d.byte()) {
	case KindNull:
	case KindNumber:
		if b := d.take(8); b != nil {
			f := math.Float64frombits(binary.LittleEndian.Uint64(b))
			v = Number(f)
			if v.IsNull() {
				d.fail("not a number")
			}
		}
	case KindString:
		v = String(d.string())
	default:
		d.fail("unknown kind of value")
	}
	if !v.storable() {
		d.fail("bad value")
	}
	return v
}
