package check

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// FIFO and causal order: O1, O2, O3 and O6, which share one walk over the run.
//
// What a Causal or Total cast must come after is what its sender had been
// delivered in the view before it sent it. That is one number for each rank,
// as everybody is delivered each sender's casts in order, and it is enough:
// what those casts must come after, the sender had been delivered too.

// ordering is what the walk found: deliveries that came too early.
type ordering struct {
	early           []early
	fifo, causal    int // deliveries judged for each
	total, complete int
}

// early is a delivery that something should have come before.
type early struct {
	stay    *stay
	rec     int
	sent    int        // the Send of the early cast
	missing uint64     // the first number that should have come before,
	of      id.Address // of this sender
	own     bool       // the sender is that of the early cast: order of sending
	total   bool       // both are Total casts
	later   bool       // it was delivered later in the view
}

func (r *run) ordering() *ordering {
	if r.order != nil {
		return r.order
	}
	r.order = &ordering{}
	for _, m := range r.members {
		for _, s := range m.stays {
			r.setDependencies(s)
		}
	}
	for _, m := range r.members {
		for _, s := range m.stays {
			w := walk{run: r, stay: s, upto: make([]uint64, len(s.got))}
			for _, i := range s.events {
				if f, ok := r.records[i].Fact.(fact.Deliver); ok {
					w.deliver(i, &f)
				}
			}
		}
	}
	return r.order
}

// setDependencies gives the process's Causal and Total runs of a view what it
// had been delivered before.
func (r *run) setDependencies(s *stay) {
	rank, ok := s.view.rank[s.proc]
	if !ok || s.view.streams[rank] == nil {
		return
	}
	stream := s.view.streams[rank]
	upto := make([]uint64, len(s.got))
	var last []uint64 // a copy of upto, shared by runs with nothing between them
	for _, i := range s.events {
		switch f := r.records[i].Fact.(type) {
		case fact.Deliver:
			k := s.view.rank[f.Sender]
			upto[k], last = max(upto[k], f.First+uint64(f.N)-1), nil
		case fact.Send:
			if f.Order != fact.Causal && f.Order != fact.Total {
				continue
			}
			if last == nil {
				last = append(last, upto...)
			}
			stream.sends[stream.find(f.First)].deps = last
		}
	}
	var past []uint64
	for k := range stream.sends {
		if x := &stream.sends[k]; x.deps != nil {
			past = x.deps
		}
		stream.sends[k].past = past
	}
}

// walk follows the deliveries of a stay.
type walk struct {
	*run
	stay *stay
	upto []uint64 // the highest number delivered, by rank
}

func (w *walk) deliver(i int, f *fact.Deliver) {
	rank := w.stay.view.rank[f.Sender]
	x := runOf(f.First, f.N)
	w.order.fifo++
	if f.Order == fact.Total {
		w.order.total++
	}
	w.stay.view.streams[rank].overlapping(x, func(s *send) {
		if s.deps == nil {
			return
		}
		w.order.causal++
		w.order.complete++
		for k, n := range s.deps {
			if k != rank && n > w.upto[k] {
				w.missing(i, s, k, n, false)
			}
		}
	})
	if x.lo > w.upto[rank]+1 {
		stream := w.stay.view.streams[rank]
		if j := stream.find(x.lo); j < len(stream.sends) {
			w.missing(i, &stream.sends[j], rank, x.lo-1, true)
		}
	}
	w.upto[rank] = max(w.upto[rank], x.hi)
}

// missing notes the first cast of a rank, up to number n, that should have been
// delivered before s was by record i. Numbers that were never sent are no casts.
func (w *walk) missing(i int, s *send, rank int, n uint64, own bool) {
	stream := w.stay.view.streams[rank]
	if stream == nil {
		return
	}
	j := stream.find(w.upto[rank] + 1)
	if j == len(stream.sends) {
		return
	}
	before := &stream.sends[j]
	first := max(before.lo, w.upto[rank]+1)
	if first > n {
		return
	}
	w.order.early = append(w.order.early, early{
		stay: w.stay, rec: i, sent: s.rec, missing: first, of: stream.sender, own: own,
		total: before.Order == fact.Total && s.Order == fact.Total,
		later: w.stay.got[rank].has(span{first, first}),
	})
}

func judgeFIFO(r *run, v *verdict) {
	o := r.ordering()
	v.checks = o.fifo
	for _, e := range o.early {
		if e.own && (!e.total || !e.later) {
			r.tooEarly(v, &e, "sent before")
		}
	}
	r.judgeAsked(v)
}

// judgeAsked: what a program asks as a member may wait before it is sent. It goes out
// in the order in which it was asked.
func (r *run) judgeAsked(v *verdict) {
	last := map[memberKey]*call{}
	for _, c := range r.calls {
		if c.rec < 0 || c.asked < 0 || at[fact.Asked](r, c.asked).View == 0 {
			continue
		}
		k := memberKey{c.caller, c.group}
		if b := last[k]; b != nil && b.rec < c.rec {
			x, y := at[fact.Asked](r, b.asked), at[fact.Asked](r, c.asked)
			if !v.holds(x.View < y.View || x.View == y.View && x.Cast < y.Cast) {
				v.fail([]int{c.asked, b.asked}, "Call %d of %s to %s was sent before call %d, which was made first.", c.id, c.caller, c.group, b.id)
			}
		}
		last[k] = c
	}
}

func judgeCausal(r *run, v *verdict) {
	o := r.ordering()
	v.checks = o.causal
	for _, e := range o.early {
		if !e.own && e.later && !e.total {
			r.tooEarly(v, &e, "which its sender had been delivered")
		}
	}
}

func judgeComplete(r *run, v *verdict) {
	o := r.ordering()
	v.checks = o.complete
	for _, e := range o.early {
		if !e.own && !e.later {
			r.tooEarly(v, &e, "which its sender had been delivered")
		}
	}
}

func judgeTotalCausal(r *run, v *verdict) {
	o := r.ordering()
	v.checks = o.total
	for _, e := range o.early {
		if e.total && e.later {
			r.tooEarly(v, &e, "which is Total too and comes first")
		}
	}
}

func (r *run) tooEarly(v *verdict, e *early, why string) {
	f := at[fact.Deliver](r, e.rec)
	when := "before"
	if !e.later {
		when = "without"
	}
	v.fail([]int{e.sent, e.rec}, "%s was delivered %s of %s in %s %s cast %d of %s, %s.",
		f.Proc, runOf(f.First, f.N), f.Sender, e.stay.view, when, e.missing, e.of, why)
}
