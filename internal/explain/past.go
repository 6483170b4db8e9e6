package explain

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
)

// obstacle is what kept a cast from being delivered, and until when.
type obstacle struct {
	until int64
	cause why.Cause
	steps []Step
}

// obstacles lists what kept w back, the one that ended last first.
func (r *Run) obstacles(w *waited, send *moment[fact.Send], order fact.Order, safe bool) []obstacle {
	s, until := w.at, w.until(r.last)
	var list []obstacle
	add := func(o obstacle, ok bool) {
		if ok && o.until > w.held {
			list = append(list, o)
		}
	}
	if safe && r.stalledIn(s.proc.Site(), w.held, until) {
		add(obstacle{until: until, cause: why.Cause{Why: why.Stalled}}, true)
	}
	if order == fact.Barrier {
		add(obstacle{until: until, cause: why.Cause{Why: why.ViewEnd}}, true)
	}
	if send != nil && order != fact.FIFO {
		add(r.byPast(w, send))
		add(r.byGroup(w, send))
	}
	if order == fact.Total {
		add(r.byPosition(w, until))
	}
	if safe {
		add(r.byAcks(w, until))
	}
	add(r.byFlush(w, order, until))
	slices.SortStableFunc(list, func(a, b obstacle) int {
		switch {
		case a.until > b.until:
			return -1
		case a.until < b.until:
			return 1
		}
		return 0
	})
	return list
}

// seen is how far a process had come when it sent something: by sender.
func seen(o *stay, n int) (order []id.Address, upto map[id.Address]uint64) {
	upto = map[id.Address]uint64{}
	for _, d := range o.delivers {
		if d.n > n {
			break
		}
		if _, ok := upto[d.fact.Sender]; !ok {
			order = append(order, d.fact.Sender)
		}
		upto[d.fact.Sender] = d.fact.First + uint64(d.fact.N) - 1
	}
	return order, upto
}

// late is the first cast of sender up to some number that a member was delivered
// after t, and when it was delivered the last of them; ok is false when it had
// been delivered all of them.
func (s *stay) late(sender id.Address, upto uint64, t, end int64) (first uint64, when int64, ok bool) {
	had := uint64(0)
	for _, d := range s.delivers {
		last := d.fact.First + uint64(d.fact.N) - 1
		if d.fact.Sender != sender {
			continue
		}
		if d.at <= t {
			had = last
			continue
		}
		if had >= upto {
			break
		}
		if first == 0 {
			first = d.fact.First
		}
		if had = last; last >= upto {
			return first, d.at, true
		}
	}
	if had >= upto {
		return 0, 0, false
	}
	if first == 0 {
		first = upto
	}
	return first, end, true
}

// byPast is a cast of the view that the sender had been delivered, and this
// member had not.
func (r *Run) byPast(w *waited, send *moment[fact.Send]) (obstacle, bool) {
	o := r.byStay[stayKey{w.sender, w.at.group, w.at.view}]
	order, upto := seen(o, send.n)
	var worst obstacle
	for _, p := range order {
		if p == w.sender {
			continue
		}
		first, when, late := w.at.late(p, upto[p], w.held, w.until(r.last))
		if !late || when < worst.until {
			continue
		}
		x := obstacle{until: when, cause: why.Cause{Why: why.Predecessor, Who: r.whoAll([]id.Address{p}), Number: first}}
		at := w.at.heldAt(p, first, map[id.Address]int{})
		switch {
		case at < 0:
			x.cause.Text = "it never arrived"
		case at > w.held:
			x.cause.Text = "it arrived " + why.Span(at-w.held) + " later"
		default:
			x.cause.Text = "it was here, and waited itself"
		}
		if at >= 0 {
			x.steps = []Step{{at, r.who(w.at.proc), fmt.Sprintf("holds cast %d of %v", first, r.who(p))}}
		}
		worst = x
	}
	return worst, worst.until > 0
}

// byGroup is a cast of another group that the sender had been delivered, and
// this member's process had not.
func (r *Run) byGroup(w *waited, send *moment[fact.Send]) (obstacle, bool) {
	var worst obstacle
	for _, o := range r.byProc[w.sender] {
		mine := r.byStay[stayKey{w.at.proc, o.group, o.view}]
		if o.group == w.at.group || mine == nil {
			continue
		}
		order, upto := seen(o, send.n)
		for _, p := range order {
			first, when, late := mine.late(p, upto[p], w.held, w.until(r.last))
			if late && when > worst.until && (mine.next == nil || when != w.until(r.last)) {
				worst = obstacle{until: when, cause: why.Cause{Why: why.OtherGroup, Group: o.group, Name: r.titles[o.group], Text: fmt.Sprintf("cast %d of %v", first, r.who(p))}}
			}
		}
	}
	return worst, worst.until > 0
}

// byPosition is why a Total cast had no position, or not the next one.
func (r *Run) byPosition(w *waited, until int64) (obstacle, bool) {
	s := w.at
	if len(s.ready) == 0 {
		return obstacle{}, false
	}
	t, held := r.turnOf(w, until)
	own := t.own(w, held)
	if own && w.done == nil {
		return obstacle{}, false
	}
	if w.done != nil && w.done.fact.Pos > 1 {
		for _, d := range s.delivers {
			if p := d.fact.Pos; p > 0 && p < w.done.fact.Pos && p+uint64(d.fact.N) >= w.done.fact.Pos && d.at > w.held && d.fact.Sender != w.sender {
				return obstacle{until: d.at, cause: why.Cause{
					Why: why.Predecessor, Who: r.whoAll([]id.Address{d.fact.Sender}), Number: d.fact.First, Text: "its position is before",
				}}, true
			}
		}
	}
	if own {
		return obstacle{}, false
	}
	return r.unplaced(w, t, held, until), true
}

// byAcks is which member held a safe cast last.
func (r *Run) byAcks(w *waited, until int64) (obstacle, bool) {
	var worst, unknown []id.Address
	var at int64
	x := obstacle{until: until}
	for _, p := range w.at.members {
		o := r.byStay[stayKey{p, w.at.group, w.at.view}]
		if o == nil {
			unknown = append(unknown, p)
			continue
		}
		switch held := o.heldAt(w.sender, w.first, map[id.Address]int{}); {
		case held < 0:
			unknown = append(unknown, p)
		case held >= at:
			at, worst = held, []id.Address{p}
		}
	}
	for _, m := range w.at.stable {
		if m.fact.Sender == w.sender && m.fact.Upto >= w.first {
			x.until = m.at
			break
		}
	}
	if len(unknown) > 0 {
		x.cause = why.Cause{Why: why.Unstable, Who: r.whoAll(unknown), Text: "no trace says that it was held there"}
		return x, true
	}
	if len(worst) == 0 {
		return x, false
	}
	x.cause = why.Cause{Why: why.Unstable, Who: r.whoAll(worst), Text: "the last to hold it"}
	x.steps = []Step{{at, r.who(worst[0]), "holds it, the last of all"}}
	return x, true
}

// byFlush is that the view ended first: nobody sends then, no positions are
// given, and what is left is delivered with the end.
func (r *Run) byFlush(w *waited, order fact.Order, until int64) (obstacle, bool) {
	for _, m := range w.at.blocks {
		if m.at <= until && (w.at.next == nil || w.at.next.at >= until) && order != fact.FIFO {
			return obstacle{
				until: until, cause: why.Cause{Why: why.InFlush, Number: m.fact.Attempt},
				steps: []Step{{m.at, r.who(w.at.proc), fmt.Sprintf("stops sending: flush %d", m.fact.Attempt)}},
			}, true
		}
	}
	return obstacle{}, false
}
