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
	i, ok := w.d.mark(site)
	if !ok {
		w.d.marks = slices.Insert(w.d.marks, i, msg.ListMark{Site: site})
	}
	if op.List.Num <= w.d.marks[i].Num {
		return
	}
	w.d.marks[i].Num = op.List.Num
	for _, to := range op.List.Dests {
		if !to.Dest.IsGroup() {
			if !w.view.Has(to.Dest.Site()) {
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
}
