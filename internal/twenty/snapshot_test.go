package twenty

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// changed is a table with a history: holes in its IDs, nulls, a version.
func changed(tb testing.TB, table *Table, updates int) *Table {
	tb.Helper()
	asker := NewAsker(11, table.Len()-3)
	for range updates {
		if err := asker.Update(table).Apply(table); err != nil {
			tb.Fatal(err)
		}
	}
	return table
}

func snapshot(tb testing.TB, table *Table) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := table.Snapshot(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestSnapshot(t *testing.T) {
	for name, table := range map[string]*Table{
		"empty":   NewTable(Paper().Schema()),
		"paper":   Paper(),
		"changed": changed(t, Cars(), 500),
	} {
		b := snapshot(t, table)
		for kind, r := range map[string]io.Reader{
			"whole":     bytes.NewReader(b),
			"bytewise":  iotest.OneByteReader(bytes.NewReader(b)),
			"with more": io.MultiReader(bytes.NewReader(b), strings.NewReader("more")),
		} {
			got, err := Restore(r)
			if err != nil {
				t.Errorf("%s, %s: %v", name, kind, err)
				continue
			}
			if got.Version() != table.Version() || got.Digest() != table.Digest() || got.NextRow() != table.NextRow() {
				t.Errorf("%s, %s: version %d, digest %x; want %d, %x", name, kind, got.Version(), got.Digest(), table.Version(), table.Digest())
			}
		}
	}
}

// TestSnapshotGoesOn checks that a restored replica follows the others.
func TestSnapshotGoesOn(t *testing.T) {
	first := changed(t, Cars(), 100)
	second, err := Restore(bytes.NewReader(snapshot(t, first)))
	if err != nil {
		t.Fatal(err)
	}
	asker := NewAsker(12, 400)
	for range 200 {
		u := asker.Update(first)
		if err := errors.Join(u.Apply(first), u.Apply(second)); err != nil {
			t.Fatal(err)
		}
	}
	if first.Digest() != second.Digest() || first.Version() != second.Version() {
		t.Error("the restored replica went its own way")
	}
}

// TestSnapshotDamage flips bits and cuts: each must be noticed.
func TestSnapshotDamage(t *testing.T) {
	b := snapshot(t, changed(t, Paper(), 20))
	for i := range b {
		if _, err := Restore(bytes.NewReader(b[:i])); !sameType(err, new(CorruptError)) {
			t.Fatalf("cut at %d: %v", i, err)
		}
		for bit := range 8 {
			damaged := bytes.Clone(b)
			damaged[i] ^= 1 << bit
			if _, err := Restore(bytes.NewReader(damaged)); !sameType(err, new(CorruptError)) {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
		}
	}
}

func TestSnapshotErrors(t *testing.T) {
	b := snapshot(t, Cars())
	broken := errors.New("broken")
	for _, at := range []int{0, 3, 20, 5000, len(b) - 2} {
		r := io.MultiReader(bytes.NewReader(b[:at]), iotest.ErrReader(broken))
		if _, err := Restore(r); !errors.Is(err, broken) {
			t.Errorf("reader broken at %d: %v", at, err)
		}
		if err := Cars().Snapshot(&brokenWriter{left: at, err: broken}); !errors.Is(err, broken) {
			t.Errorf("writer broken at %d: %v", at, err)
		}
	}
}

// brokenWriter takes left bytes and then fails.
type brokenWriter struct {
	left int
	err  error
}

func (w *brokenWriter) Write(b []byte) (int, error) {
	if len(b) > w.left {
		return w.left, w.err
	}
	w.left -= len(b)
	return len(b), nil
}

// TestSnapshotBlocks checks that a snapshot leaves in small pieces.
func TestSnapshotBlocks(t *testing.T) {
	largest, total := 0, 0
	w := writerFunc(func(b []byte) (int, error) {
		largest, total = max(largest, len(b)), total+len(b)
		return len(b), nil
	})
	if err := Cars().Snapshot(w); err != nil {
		t.Fatal(err)
	}
	if largest > 8192 || total < 20000 {
		t.Errorf("%d bytes in pieces of up to %d", total, largest)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// signed appends the checksum, so that damage gets past it.
func signed(body []byte) []byte {
	sum := fnv.New64a()
	sum.Write(body)
	return binary.LittleEndian.AppendUint64(bytes.Clone(body), sum.Sum64())
}

// TestSnapshotForged has snapshots with a right checksum and wrong content.
func TestSnapshotForged(t *testing.T) {
	const columns = "\x01\x01a\x02\x00" // one column of strings, "a"
	for body, want := range map[string]string{
		"\x08" + columns + "\x00\x02\x01" + "\x04\x01\x02\x01x":                            "", // row 1 of next 2
		"\x08" + columns + "\x00\x02\x01" + "\x04\x02\x02\x01x":                            "row IDs out of order",
		"\x08" + columns + "\x00\x02\x02" + "\x04\x01\x02\x01x" + "\x04\x01\x02\x01x":      "row IDs out of order",
		"\x08" + columns + "\x00\x02\x01" + "\x0b\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00": "expects a UTF-8 string",
		"\x08" + columns + "\x00\x02\x01" + "\x05\x01\x02\x01xx":                           "more bytes than expected",
		"\x08" + columns + "\x00\x02\x02" + "\x04\x01\x02\x01x":                            "cut off",
		"\x08" + columns + "\x00\x02\x01" + "\xff\xff\xff\xff\xff\x01":                     "bad length of a block",
		"\x08" + columns + "\x00\x02\x01" + "\xff\xff\xff\xff\x01":                         "bad length of a block",
		"\x08\x01\x01a\x03\x00\x00\x00\x00":                                                "a column holds numbers or strings",
		"\x04\x00\x00\x00\x00":                                                             "1 to 256 columns",
	} {
		_, err := Restore(bytes.NewReader(signed([]byte("twenty1\n" + body))))
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", body, err)
		case want != "" && (!sameType(err, new(CorruptError)) || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
}

// FuzzRestore puts a right checksum behind the bytes.
func FuzzRestore(f *testing.F) {
	for _, table := range []*Table{Paper(), NewTable(Paper().Schema()), read(f, "a:number\tb\n1\tx\n\t\n")} {
		b := snapshot(f, table)
		f.Add(b[:len(b)-8])
	}
	f.Add([]byte("twenty1\n\xff\xff\xff\x07"))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := Restore(bytes.NewReader(signed(b)))
		if err != nil {
			if !sameType(err, new(CorruptError)) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := Restore(bytes.NewReader(snapshot(t, table)))
		if err != nil || again.Digest() != table.Digest() || again.Version() != table.Version() {
			t.Fatalf("a restored table does not restore: %v", err)
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	table := Cars()
	b.ReportAllocs()
	for b.Loop() {
		if err := table.Snapshot(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRestore(b *testing.B) {
	data := snapshot(b, Cars())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Restore(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	table := Cars()
	for b.Loop() {
		table.Digest()
	}
}
