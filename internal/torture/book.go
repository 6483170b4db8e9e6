package torture

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/cohortkit/cohort"
)

// update is one operation on a group's state. Its origin, a process, gives each
// a number of its own and never asks for the same one twice.
type update struct {
	Origin uint32 `cbor:"1,keyasint"`
	Number uint64 `cbor:"2,keyasint"`
	Key    uint8  `cbor:"3,keyasint"`
	Value  []byte `cbor:"4,keyasint"`
	Pick   bool   `cbor:"5,keyasint"` // only one member is to answer
}

// book is the state that a group's members hold: which updates were carried
// out, and what they made of it. It is a cohort.State.
type book struct {
	mu     sync.Mutex
	pages  pages
	forget uint64 // the update, counted from 1, that is not carried out; 0 for none
	seen   uint64 // updates, for forget
	twice  []string
}

// pages are what a joiner gets.
type pages struct {
	Done   map[uint32]numbers `json:"done"`   // by origin
	Chain  uint64             `json:"chain"`  // hash of all ordered updates, one after the other
	Values map[uint8][]byte   `json:"values"` // last write of an ordered update
}

// summary is what members must agree on in the end.
type summary struct {
	Done  map[uint32]numbers `json:"done"`
	Chain uint64             `json:"chain"`
	Hash  uint64             `json:"hash"` // of the values
}

func newBook(forget uint64) *book {
	return &book{pages: pages{Done: map[uint32]numbers{}, Values: map[uint8][]byte{}}, forget: forget}
}

// apply carries an update out. Ordered updates come in the same order at all
// members, so they may write values, and their order is part of the state.
func (b *book) apply(u update, ordered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen++; b.seen == b.forget {
		return
	}
	done := b.pages.Done[u.Origin]
	if !done.add(u.Number) {
		b.twice = append(b.twice, fmt.Sprintf("update %d of origin %d", u.Number, u.Origin))
		return
	}
	b.pages.Done[u.Origin] = done
	if !ordered {
		return
	}
	h := fnv.New64a()
	for _, n := range []uint64{b.pages.Chain, uint64(u.Origin), u.Number} {
		_ = binary.Write(h, binary.LittleEndian, n) // to a hash it never fails
	}
	b.pages.Chain = h.Sum64()
	b.pages.Values[u.Key] = u.Value
}

// has reports whether an update was carried out.
func (b *book) has(origin uint32, number uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pages.Done[origin].has(number)
}

// repeats returns the updates that came twice, once.
func (b *book) repeats() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.twice
	b.twice = nil
	return list
}

// summary is a copy: what happens later does not change it.
func (b *book) summary() summary {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := summary{Done: map[uint32]numbers{}, Chain: b.pages.Chain}
	for origin, done := range b.pages.Done { // order does not matter: a copy
		s.Done[origin] = slices.Clone(done)
	}
	h := fnv.New64a()
	for _, key := range slices.Sorted(maps.Keys(b.pages.Values)) {
		_, _ = h.Write([]byte{key})
		_, _ = h.Write(b.pages.Values[key])
	}
	s.Hash = h.Sum64()
	return s
}

// equal reports whether two members hold the same.
func (s summary) equal(o summary) bool {
	same := func(a, b numbers) bool { return slices.Equal(a, b) }
	return s.Chain == o.Chain && s.Hash == o.Hash && maps.EqualFunc(s.Done, o.Done, same)
}

// Snapshot implements cohort.State.
func (b *book) Snapshot() (func(io.Writer) error, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	data, err := json.Marshal(b.pages)
	return func(w io.Writer) error { _, err := w.Write(data); return err }, err
}

// Restore implements cohort.State.
func (b *book) Restore(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	fresh := pages{Done: map[uint32]numbers{}, Values: map[uint8][]byte{}}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&fresh); err != nil {
		return err
	}
	b.mu.Lock()
	b.pages = fresh
	b.mu.Unlock()
	return nil
}

var _ cohort.State = (*book)(nil)
