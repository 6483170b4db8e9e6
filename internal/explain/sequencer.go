package explain

import (
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
)

// never is the time of what did not happen, as far as the trace tells.
const never = -1

// turn is the time for which one member gives the positions of a view.
type turn struct {
	lead  id.Address
	from  id.Address // who gave the order to it: 0 to the first, and where that is not told
	given int64
	taken int64 // 0 by the first
	ended int64 // when it gave the order on
}

// turns are those of the view that s is in, as far as they are told. By two clocks
// the order may be taken before it is given.
func (r *Run) turns(s *stay) []turn {
	first := turn{lead: s.ready[0], given: never, ended: never}
	list, open := []turn{first}, map[id.Address]int{first.lead: 0} // the turns that have not ended
	of := func(p id.Address) *turn {
		i, ok := open[p]
		if !ok {
			i, list = len(list), append(list, turn{lead: p, given: never, taken: never, ended: never})
			open[p] = i
		}
		return &list[i]
	}
	end := func(p id.Address, at int64) {
		if i, ok := open[p]; ok {
			list[i].ended = at
			delete(open, p)
		}
	}
	for _, m := range r.orders[stayKey{group: s.group, view: s.view}] {
		p, next := m.fact.Proc, m.fact.Of
		if p != next {
			end(p, m.at)
			of(next).from, of(next).given = p, m.at
			continue
		}
		if _, told := open[p]; !told { // who gave it does not say so: by now it has
			end(list[len(list)-1].lead, m.at)
		}
		of(p).taken = m.at
	}
	return list
}

// turnOf is the turn in which w was to get its position, the first whose sequencer
// held it before it gave the order on, and since when that one held it.
func (r *Run) turnOf(w *waited, until int64) (t turn, held int64) {
	since := map[id.Address]int64{}
	for _, t = range r.turns(w.at) {
		if _, ok := since[t.lead]; !ok {
			since[t.lead] = r.heldBy(t.lead, w)
		}
		held = since[t.lead]
		passed := t.ended != never && t.ended <= until && (held == never || held > t.ended)
		if !passed {
			break
		}
	}
	return t, held
}

// heldBy is since when p holds w, as its own trace says.
func (r *Run) heldBy(p id.Address, w *waited) int64 {
	if p == w.sender {
		if send := r.sendOf(w); send != nil {
			return send.at
		}
		return never
	}
	if o := r.byStay[stayKey{p, w.at.group, w.at.view}]; o != nil {
		return o.heldAt(w.sender, w.first, map[id.Address]int{})
	}
	return never
}

// own is whether w needs no position of anybody: its sender had the order when it
// sent it, as far as is told.
func (t *turn) own(w *waited, held int64) bool {
	return t.lead == w.sender && (held == never || t.taken != never && held >= t.taken)
}

// unplaced is that w had no position, because its sequencer did not hold it, or
// did not have the order yet.
func (r *Run) unplaced(w *waited, t turn, held, until int64) obstacle {
	x := obstacle{until: until, cause: why.Cause{Why: why.NoPosition, Who: r.whoAll([]id.Address{t.lead})}}
	switch {
	case r.byStay[stayKey{t.lead, w.at.group, w.at.view}] == nil:
		x.cause.Text = "its trace is not among those given: it may have given the order on"
	case t.taken == never || held != never && t.taken > max(held, w.held):
		x.cause.Text = "the order was on its way to it"
	case held == never:
		x.cause.Text = "it never held it"
	case held > w.held:
		x.cause.Text = "it held it " + why.Span(held-w.held) + " later"
	}
	if held != never && t.lead != w.sender {
		text := "holds it, as sequencer"
		if t.taken == never || t.taken > held {
			text = "holds it"
		}
		x.steps = append(x.steps, Step{held, r.who(t.lead), text})
	}
	if came := t.taken == never || t.taken > w.held; came && t.given != never {
		x.steps = append(x.steps, Step{t.given, r.who(t.from), "gives the order to " + r.who(t.lead).String()})
	}
	if t.taken > max(w.held, 0) {
		x.steps = append(x.steps, Step{t.taken, r.who(t.lead), "takes the order"})
	}
	return x
}
