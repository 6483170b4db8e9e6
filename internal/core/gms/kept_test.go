package gms

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// What was given to a laggard stays what it was, though the log lets go of it.
func TestKeptEntriesAreNotMoved(t *testing.T) {
	var l Log
	add := func() {
		l.index++
		l.keep(&msg.Entry{Index: l.index})
	}
	for range 2*keepEntries - 1 {
		add()
	}
	given, ok := l.after(l.index - 3)
	if !ok || len(given) != 3 {
		t.Fatalf("%d entries are given of 3", len(given))
	}
	first := given[0].Index
	for range keepEntries {
		add()
	}
	for k, e := range given {
		if e == nil || e.Index != first+uint64(k) {
			t.Fatalf("the entry after %d became %v", first, e)
		}
	}
	if _, ok := l.after(l.index - keepEntries); !ok {
		t.Error("fewer entries are kept than are said to be")
	}
}

// What a laggard is given at a time, and what an entry takes of what waits, is bounded
// in bytes as well; one that is too large by itself goes alone.
func TestWhatGoesTogetherIsBounded(t *testing.T) {
	dests := func(n int) *msg.List { return &msg.List{Dests: make([]msg.ListDest, n)} }
	var ops []msg.Op
	for _, n := range []int{1, 2 * maxOpBytes / 18, 1} {
		ops = append(ops, msg.Op{Kind: msg.OpList, List: dests(n)})
	}
	for len(ops) < maxOps+10 {
		ops = append(ops, msg.Op{Kind: msg.OpSync})
	}
	for i, want := range map[int]int{0: 1, 1: 1, 2: maxOps, 10: maxOps, 11: maxOps - 1} {
		if n := together(ops[i:]); n != want {
			t.Errorf("of %d operations %d go together, not %d", len(ops)-i, n, want)
		}
	}
	if n := together(nil); n != 0 {
		t.Errorf("of no operations %d go together", n)
	}

	var l Log
	for range maxPerDecide + 10 {
		l.index++
		e := &msg.Entry{Index: l.index}
		if l.index <= 10 {
			e.Ops = ops[:3] // twice maxOpBytes
		}
		l.keep(e)
	}
	for after, want := range map[uint64]int{0: 1, 9: maxPerDecide, 40: maxPerDecide - 30, l.index: 0} {
		if given, ok := l.after(after); !ok || len(given) != want {
			t.Errorf("after entry %d a laggard is given %d at a time, not %d", after, len(given), want)
		}
	}
}
