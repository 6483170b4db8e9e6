package core

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// directs are the processes of this site that were cast to by their own addresses and
// have yet to use it. It counts as held when it comes. Only while a process is behind
// by more than flow.OutsideWindow, those who send to it are told later, and wait.
type directs []*direct

// direct is what one process was given.
type direct struct {
	proc  id.Address
	sizes []int // of items it has not used, oldest first
	bytes int   // of all those
	held  []*msg.RequestHeld
}

func (ds directs) find(proc id.Address) int {
	return slices.IndexFunc(ds, func(d *direct) bool { return d.proc == proc })
}

func (ds *directs) of(proc id.Address) *direct {
	if i := ds.find(proc); i >= 0 {
		return (*ds)[i]
	}
	d := &direct{proc: proc}
	*ds = append(*ds, d)
	return d
}

// giveDirect gives a process what was cast to it by its own address.
func (s *Site) giveDirect(i Casts) {
	d, size := s.directs.of(i.Proc), i.Run.Size()
	d.sizes = append(d.sizes, size)
	d.bytes += size
	s.item(i)
}

// tellHeld tells who has sent the last item that it is held, now or when the process is
// no longer behind.
func (d *direct) tellHeld(s *Site, held *msg.RequestHeld) {
	if d.held = append(d.held, held); d.bytes <= flow.OutsideWindow {
		d.tellAll(s)
	}
}

func (d *direct) tellAll(s *Site) {
	for _, x := range d.held {
		s.fx.Control(x.Caller.Site(), x)
	}
	d.held = nil
}

// usedDirect notes that a process has used so many items.
func (s *Site) usedDirect(proc id.Address, items int) {
	i := s.directs.find(proc)
	if i < 0 {
		return
	}
	d := s.directs[i]
	items = min(items, len(d.sizes))
	for _, size := range d.sizes[:items] {
		d.bytes -= size
	}
	d.sizes = fifo.Drop(d.sizes, items)
	if d.bytes <= flow.OutsideWindow {
		d.tellAll(s)
	}
	if len(d.sizes) == 0 {
		s.directs = slices.Delete(s.directs, i, i+1)
	}
}
