package core

import (
	"maps"
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// seen is which requests of callers outside a member was delivered, and in
// which views: the same at all members that install a view. It makes a request
// that two relays brought count once, and tells its caller who may answer it.
type seen map[id.Address][]msg.Seen // of each caller, by number

// keepSeen bounds the views remembered of one caller. What it sent before those
// was delivered so long ago that nobody can tell it where.
const keepSeen = 8

// last is the number of the last request that was delivered.
func (t seen) last(caller id.Address) uint64 {
	if list := t[caller]; len(list) > 0 {
		return list[len(list)-1].Last
	}
	return 0
}

// knows reports whether anything of a caller was delivered, be it the wish to speak
// for a session.
func (t seen) knows(caller id.Address) bool { return len(t[caller]) > 0 }

// add notes that the requests up to last were delivered, those that were not
// before in a view.
func (t seen) add(caller id.Address, last, view uint64) {
	list := t[caller]
	if n := len(list); n > 0 && list[n-1].View == view {
		list[n-1].Last = last
		return
	}
	if len(list) == keepSeen {
		list = slices.Delete(list, 0, 1)
		list[0].View = 0
	}
	t[caller] = append(list, msg.Seen{Caller: caller, Last: last, View: view})
}

// split tells in which views the requests first to upto were delivered; those
// that were not yet will be in view.
func (t seen) split(caller id.Address, first, upto, view uint64) []msg.Seen {
	var out []msg.Seen
	for _, x := range t[caller] {
		if x.Last >= first {
			out = append(out, x)
		}
		if x.Last >= upto {
			out[len(out)-1].Last = upto
			return out
		}
	}
	return append(out, msg.Seen{Caller: caller, Last: upto, View: view})
}

// forget drops callers that are gone.
func (t seen) forget(gone func(id.Site) bool) {
	for caller := range t { // order does not matter: each for itself
		if gone(caller.Site()) {
			delete(t, caller)
		}
	}
}

// list is the whole table, in one order everywhere.
func (t seen) list() []msg.Seen {
	var out []msg.Seen
	for _, caller := range slices.Sorted(maps.Keys(t)) {
		out = append(out, t[caller]...)
	}
	return out
}
