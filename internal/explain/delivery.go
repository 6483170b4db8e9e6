package explain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
)

// maxExplained bounds how many deliveries are explained; the others waited less.
const maxExplained = 256

// waited is a cast, or several in a row, that one member held and was delivered
// later, or never.
type waited struct {
	at     *stay
	sender id.Address
	first  uint64
	count  int
	held   int64
	done   *moment[fact.Deliver] // of the first; nil: not by the end of the trace
}

func (w *waited) until(last int64) int64 {
	if w.done != nil {
		return w.done.at
	}
	return last
}

// deliveries are the casts that waited longest.
func (r *Run) deliveries(q Query) []Finding {
	var all []waited
	for _, s := range r.stays {
		if q.Group == 0 || s.group == q.Group {
			for _, w := range r.waitedIn(s) {
				took := w.until(r.last) - w.held
				during := !q.During || (w.held <= q.At && q.At <= w.until(r.last))
				if took > 0 && took >= q.Least && during {
					all = append(all, w)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b waited) int {
		return cmp.Compare(b.until(r.last)-b.held, a.until(r.last)-a.held)
	})
	var list []Finding
	for i := range all[:min(len(all), maxExplained)] {
		list = append(list, r.delivery(&all[i]))
	}
	return list
}

// waitedIn walks through what a member was delivered in a view. Casts of one
// sender that were delivered in one instant are one.
func (r *Run) waitedIn(s *stay) []waited {
	var list []waited
	next := map[id.Address]int{} // in s.held, by sender
	upto := map[id.Address]uint64{}
	for i := range s.delivers {
		d := &s.delivers[i]
		last := d.fact.First + uint64(d.fact.N) - 1
		upto[d.fact.Sender] = max(upto[d.fact.Sender], last)
		at := s.heldAt(d.fact.Sender, d.fact.First, next)
		if at < 0 {
			continue
		}
		if n := len(list); n > 0 && list[n-1].sender == d.fact.Sender && list[n-1].done.at == d.at {
			list[n-1].count += int(d.fact.N)
			continue
		}
		list = append(list, waited{at: s, sender: d.fact.Sender, first: d.fact.First, count: int(d.fact.N), held: at, done: d})
	}
	if s.next != nil || s.left != 0 {
		return list
	}
	open := map[id.Address]bool{}
	for _, h := range s.held {
		if h.fact.Upto > upto[h.fact.Sender] && !open[h.fact.Sender] {
			open[h.fact.Sender] = true
			first := r.castIn(s, h.fact.Sender, upto[h.fact.Sender]+1, h.fact.Upto)
			list = append(list, waited{at: s, sender: h.fact.Sender, first: first, count: 1, held: h.at})
		}
	}
	return list
}

// heldAt is when entry first of sender was held, or -1. next remembers how far
// the search has come: it goes on from there.
func (s *stay) heldAt(sender id.Address, first uint64, next map[id.Address]int) int64 {
	for i := next[sender]; i < len(s.held); i++ {
		if h := s.held[i]; h.fact.Sender == sender && h.fact.Upto >= first {
			next[sender] = i
			return h.at
		}
	}
	return -1
}

// castIn is the first cast of sender from first to upto, as its own trace says.
func (r *Run) castIn(s *stay, sender id.Address, first, upto uint64) uint64 {
	if o := r.byStay[stayKey{sender, s.group, s.view}]; o != nil {
		for _, m := range o.sends {
			if m.fact.First+uint64(m.fact.N) > first {
				return max(first, m.fact.First)
			}
		}
	}
	return upto
}

// sendOf is what the sender's own trace says of a cast, or nil.
func (r *Run) sendOf(w *waited) *moment[fact.Send] {
	o := r.byStay[stayKey{w.sender, w.at.group, w.at.view}]
	if o == nil {
		return nil
	}
	for i := range o.sends {
		if f := &o.sends[i]; f.fact.First <= w.first && w.first < f.fact.First+uint64(f.fact.N) {
			return f
		}
	}
	return nil
}

// delivery makes a finding of a wait.
func (r *Run) delivery(w *waited) Finding {
	s, until := w.at, w.until(r.last)
	f := Finding{At: w.held, For: until - w.held, Open: w.done == nil}
	f.Wait = &why.Wait{
		What: why.Delivery, Group: s.group, Name: r.titles[s.group], Who: r.who(s.proc), From: r.who(w.sender),
		View: s.view, Number: w.first, Count: w.count, For: f.For,
	}
	send := r.sendOf(w)
	order, safe := orderOf(w, send)
	f.Wait.Kind = kind(order, safe)
	if send != nil {
		f.Steps = append(f.Steps, Step{send.at, r.who(w.sender), "sends it"})
	}
	f.Steps = append(f.Steps, Step{w.held, r.who(s.proc), "holds it"})
	obstacles := r.obstacles(w, send, order, safe)
	for _, o := range obstacles {
		f.Wait.Causes = append(f.Wait.Causes, o.cause)
		f.Steps = append(f.Steps, o.steps...)
	}
	if w.done != nil {
		f.Steps = append(f.Steps, Step{w.done.at, r.who(s.proc), "is delivered it"})
	}
	f.Steps = ordered(f.Steps)
	return f
}

func orderOf(w *waited, send *moment[fact.Send]) (fact.Order, bool) {
	switch {
	case w.done != nil:
		return w.done.fact.Order, w.done.fact.Safe
	case send != nil:
		return send.fact.Order, send.fact.Safe
	}
	return "", false
}

// kind is "safe total".
func kind(o fact.Order, safe bool) string {
	switch {
	case o == "":
		return "of an order that its sender's trace would tell"
	case safe:
		return "safe " + string(o)
	}
	return string(o)
}

// cast tells of one cast what became of it at every member that heard of it.
func (r *Run) cast(q Query) []Finding {
	var list []Finding
	for _, s := range r.stays {
		if q.Group != 0 && s.group != q.Group || !q.concerns(r.who(s.proc)) {
			continue
		}
		for _, w := range r.waitedIn(s) {
			last := w.first + uint64(w.count) - 1
			if !slices.Contains(q.Senders, w.sender) || q.Cast < w.first || q.Cast > last {
				continue
			}
			list = append(list, r.delivery(r.only(&w, q.Cast)))
		}
		for _, d := range s.drops {
			if slices.Contains(q.Senders, d.fact.Sender) && d.fact.First <= q.Cast && q.Cast < d.fact.First+uint64(d.fact.N) {
				list = append(list, r.dropped(s, d, q.Cast))
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(a.At, b.At) })
	return list
}

// only is w without the casts before number n.
func (r *Run) only(w *waited, n uint64) *waited {
	one := *w
	one.first, one.count = n, 1
	one.held = max(one.at.heldAt(w.sender, n, map[id.Address]int{}), w.held)
	for i := range w.at.delivers {
		if d := &w.at.delivers[i]; d.fact.Sender == w.sender && d.fact.First <= n && n < d.fact.First+uint64(d.fact.N) {
			one.done = d
		}
	}
	return &one
}

// dropped is a cast that nobody was delivered: what it depends on is lost.
func (r *Run) dropped(s *stay, d moment[fact.Drop], n uint64) Finding {
	w := &why.Wait{
		What: why.Delivery, Group: s.group, Name: r.titles[s.group], Who: r.who(s.proc), From: r.who(d.fact.Sender),
		View: s.view, Number: n, Kind: "dropped",
		Causes: []why.Cause{{Why: why.Lost}},
	}
	text := fmt.Sprintf("drops casts %d to %d of %v", d.fact.First, d.fact.First+uint64(d.fact.N)-1, r.who(d.fact.Sender))
	return Finding{At: d.at, Wait: w, Steps: []Step{{d.at, r.who(s.proc), text}}}
}
