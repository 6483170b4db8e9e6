package wire

import (
	"encoding/binary"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// What casts to lists of destinations add to runs, requests, operations and
// snapshots.

// Least sizes of list elements, in bytes.
const (
	minPlace    = 1 + 8 + 1
	minListDest = 8 + 1
	minListMark = 8 + 1 + 1
	minOwed     = 1 + 8 + 8 + 1
)

// appendListed appends what a run or request has that is part of a cast to a
// list, if it is one.
func appendListed(b []byte, l *msg.Listed) []byte {
	if l == nil {
		return b
	}
	b = binary.AppendUvarint(b, l.Num)
	b = binary.AppendUvarint(b, uint64(len(l.Places)))
	for _, p := range l.Places {
		b = binary.AppendUvarint(b, p.Number)
		b = appendAddr(b, p.Caller)
		b = binary.AppendUvarint(b, p.Num)
	}
	return b
}

// readListed reads what appendListed has written, of a run of n casts.
func readListed(r *reader, order msg.Order, safe bool, n uint32) *msg.Listed {
	l := &msg.Listed{Num: r.uvarint(), Places: slots[msg.Place](r, minPlace)}
	for i := range l.Places {
		l.Places[i] = msg.Place{Number: r.uvarint(), Caller: r.addr(), Num: r.uvarint()}
	}
	r.check(n == 1, "part of a cast to a list with other casts")
	if l.Places == nil {
		r.check(order == msg.Causal && safe, "what brings a cast to a list is neither Causal nor safe")
	} else {
		r.check(order == msg.Total && safe && l.Num == 0, "places beside the total order")
	}
	return l
}

func appendList(b []byte, l *msg.List) []byte {
	b = binary.AppendUvarint(b, l.Num)
	b = binary.AppendUvarint(b, uint64(len(l.Dests)))
	for _, d := range l.Dests {
		b = appendAddr(b, d.Dest)
		b = binary.AppendUvarint(b, d.View)
	}
	return b
}

func readList(r *reader) *msg.List {
	l := &msg.List{Num: r.uvarint(), Dests: slots[msg.ListDest](r, minListDest)}
	for i := range l.Dests {
		l.Dests[i] = msg.ListDest{Dest: r.addr(), View: r.uvarint()}
	}
	return l
}

func appendListMarks(b []byte, list []msg.ListMark) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, x := range list {
		b = appendSite(b, x.Site)
		b = binary.AppendUvarint(b, x.Num)
		b = binary.AppendUvarint(b, uint64(len(x.Owed)))
		for _, o := range x.Owed {
			b = binary.AppendUvarint(b, o.Number)
			b = appendAddr(b, o.Proc)
			b = appendAddr(b, o.Caller)
			b = binary.AppendUvarint(b, o.Num)
		}
	}
	return b
}

func readListMarks(r *reader) []msg.ListMark {
	list := slots[msg.ListMark](r, minListMark)
	for i := range list {
		list[i] = msg.ListMark{Site: r.site(), Num: r.uvarint(), Owed: slots[msg.Owed](r, minOwed)}
		for j := range list[i].Owed {
			list[i].Owed[j] = msg.Owed{Number: r.uvarint(), Proc: r.addr(), Caller: r.addr(), Num: r.uvarint()}
		}
	}
	return list
}
