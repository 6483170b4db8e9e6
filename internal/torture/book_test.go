package torture

import (
	"bytes"
	"slices"
	"testing"
)

// restored is a book with the state of another one.
func restored(t *testing.T, b *book) *book {
	t.Helper()
	write, err := b.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var data bytes.Buffer
	if err := write(&data); err != nil {
		t.Fatal(err)
	}
	other := newBook(0)
	other.apply(update{Origin: 9, Number: 9}, true) // what it held before is gone
	if err := other.Restore(&data); err != nil {
		t.Fatal(err)
	}
	return other
}

func TestABookIsHandedOver(t *testing.T) {
	b := newBook(0)
	for n := range uint64(20) {
		b.apply(update{Origin: uint32(n % 3), Number: n, Key: uint8(n), Value: []byte{byte(n)}}, n%2 == 0)
	}
	other := restored(t, b)
	if !b.summary().equal(other.summary()) {
		t.Errorf("%v was handed over as %v", b.summary(), other.summary())
	}
	next := update{Origin: 1, Number: 100, Value: []byte("x")}
	b.apply(next, true)
	if b.summary().equal(other.summary()) {
		t.Error("books with different updates are equal")
	}
	other.apply(next, true)
	if !b.summary().equal(other.summary()) {
		t.Error("books with the same updates differ")
	}
}

func TestBooksDifferByOrderOfOrderedUpdates(t *testing.T) {
	one, two := update{Origin: 1, Number: 1, Key: 1}, update{Origin: 2, Number: 1, Key: 2}
	for _, ordered := range []bool{true, false} {
		a, b := newBook(0), newBook(0)
		a.apply(one, ordered)
		a.apply(two, ordered)
		b.apply(two, ordered)
		b.apply(one, ordered)
		if a.summary().equal(b.summary()) == ordered {
			t.Errorf("ordered %t: equal %t", ordered, !ordered)
		}
	}
}

func TestABookNotesRepeats(t *testing.T) {
	b := newBook(0)
	u := update{Origin: 1, Number: 1}
	b.apply(u, false)
	b.apply(u, false)
	if got := b.repeats(); !slices.Equal(got, []string{"update 1 of origin 1"}) {
		t.Errorf("repeats: %q", got)
	}
	if got := b.repeats(); len(got) > 0 {
		t.Errorf("again: %q", got)
	}
}

func TestAForgetfulBook(t *testing.T) {
	b := newBook(2)
	for n := range uint64(4) {
		b.apply(update{Origin: 1, Number: n}, true)
	}
	if b.has(1, 1) || !b.has(1, 0) || !b.has(1, 2) {
		t.Errorf("it has %v", b.summary().Done)
	}
}
