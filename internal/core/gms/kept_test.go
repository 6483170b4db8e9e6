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
