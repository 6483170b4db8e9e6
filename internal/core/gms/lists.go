package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// A List is a cast to a list of destinations that the log has given a number: all
// its members hold it, so it is delivered in all of them, and in each of them in
// the order of the numbers.
type List struct {
	Number uint64
	Caller id.Address
	msg.List
}

// Lists is how many casts to lists have a number.
func (d *Directory) Lists() uint64 { return d.lists }

// Dealt is the last attempt of a site that the log has dealt with: it has a number,
// or never will.
func (d *Directory) Dealt(s id.Site) uint64 {
	if i, ok := d.mark(s); ok {
		return d.marks[i].Num
	}
	return 0
}

func (d *Directory) mark(s id.Site) (int, bool) {
	return slices.BinarySearchFunc(d.marks, s, func(m msg.ListMark, s id.Site) int {
		return compare(id.Address(m.Site), id.Address(s))
	})
}

// maxOwed bounds what the log remembers for one site that does not say that its
// processes were given their casts to lists. More for them get no number.
const maxOwed = 4096

// Owed are the casts to lists that have a number and are for processes of site s,
// which has not said that they were given them, in the order of the numbers.
func (d *Directory) Owed(s id.Site) []msg.Owed {
	if i, ok := d.mark(s); ok {
		return d.marks[i].Owed
	}
	return nil
}

// owed is what site s is owed, as entries would have told it.
func (d *Directory) owed(s id.Site) (list []List) {
	for _, o := range d.Owed(s) {
		list = append(list, List{o.Number, o.Caller, msg.List{Num: o.Num, Dests: []msg.ListDest{{Dest: o.Proc}}}})
	}
	return list
}

// remembered are the marks for a snapshot: the log appends to what is owed, and
// never changes it.
func (d *Directory) remembered() []msg.ListMark {
	list := slices.Clone(d.marks)
	for i := range list {
		list[i].Owed = slices.Clip(list[i].Owed)
	}
	return list
}

// forget drops the marks of sites that are gone: nothing of theirs is numbered.
func (d *Directory) forget(v *view.Site) {
	d.marks = slices.DeleteFunc(d.marks, func(m msg.ListMark) bool { return !v.Has(m.Site) })
}

// list numbers a cast to a list if all who are members now hold it: nobody has
// come into one of its groups since it was brought there, and no group or process
// is gone. An attempt that fails is void for good, and so is one that comes again.
func (w *rewrite) list(op msg.Op) {
	site := op.Proc.Site()
	if op.List == nil || !w.view.Has(site) {
		return
	}
	m := w.mark(site)
	if op.List.Num <= m.Num {
		return
	}
	m.Num = op.List.Num
	for _, to := range op.List.Dests {
		if !to.Dest.IsGroup() {
			if s := to.Dest.Site(); !w.view.Has(s) || len(w.d.Owed(s)) >= maxOwed {
				return
			}
			continue
		}
		if g := w.draft(to.Dest); g == nil || len(g.Members) == 0 || g.Grown > to.View {
			return
		}
	}
	w.d.lists++
	w.lists = append(w.lists, List{Number: w.d.lists, Caller: op.Proc, List: *op.List})
	for _, to := range op.List.Dests {
		if !to.Dest.IsGroup() {
			m := w.mark(to.Dest.Site())
			m.Owed = append(m.Owed, msg.Owed{Number: w.d.lists, Proc: to.Dest, Caller: op.Proc, Num: op.List.Num})
		}
	}
}

// queuedAs is op as one can be compared that came again, and so with another List in
// memory. Of a site's attempts no two have one number.
func queuedAs(op msg.Op) msg.Op {
	if op.List != nil {
		op.Index, op.List = op.List.Num, nil
	}
	return op
}

// dealtWith reports whether the log has dealt with a cast to a list, or is about to:
// in it once more it would do nothing. Who is far away repeats what it has asked for
// until it hears so, and each time that is as long as the list.
func (l *Log) dealtWith(op msg.Op) bool {
	if op.List == nil || op.List.Num <= l.dir.Dealt(op.Proc.Site()) {
		return true
	}
	return l.proposal != nil && slices.ContainsFunc(l.proposal.Ops, func(x msg.Op) bool { return queuedAs(x) == queuedAs(op) })
}

// mark is what the directory remembers of site s. It is good until the next call.
func (w *rewrite) mark(s id.Site) *msg.ListMark {
	i, ok := w.d.mark(s)
	if !ok {
		w.d.marks = slices.Insert(w.d.marks, i, msg.ListMark{Site: s})
	}
	return &w.d.marks[i]
}

// taken forgets what the processes of a site were given.
func (w *rewrite) taken(op msg.Op) {
	if i, ok := w.d.mark(op.Proc.Site()); ok {
		m := &w.d.marks[i]
		for len(m.Owed) > 0 && m.Owed[0].Number <= op.Index {
			m.Owed = m.Owed[1:]
		}
	}
}
