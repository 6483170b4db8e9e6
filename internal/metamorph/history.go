package metamorph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// History is what the promises make the same in all runs of the workload, a line
// for each thing:
//
//	views       of each process the changes of membership it was shown, by rank,
//	            who joined, who left and who failed. Views that change no
//	            membership are left out: two barriers may share one or not.
//	deliveries  of each process and act, the casts of each sender in the order
//	            of delivery, as what they were delivered; of an act in which the
//	            promises leave one order only, that order of all.
//	replies     of each call, what came of each member, and how it ended.
//	states      how many casts of each process everybody's state holds at the end.
type History struct{ lines []string }

func (h *History) String() string { return strings.Join(h.lines, "\n") }

// Differs names the first line in which two histories differ, or is empty.
func (h *History) Differs(o *History) string {
	for i := range max(len(h.lines), len(o.lines)) {
		if a, b := lineOf(h.lines, i), lineOf(o.lines, i); a != b {
			return fmt.Sprintf("%s\nand\n%s", a, b)
		}
	}
	return ""
}

func lineOf(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// log is what one process noted.
type log struct {
	views   []string
	casts   [][]delivery // by act
	replies map[uint64][]string
}

// delivery is one cast as it was delivered.
type delivery struct {
	from int
	seq  uint32
	kind kind
}

func (d delivery) String() string { return fmt.Sprintf("%s/%d %s", name(d.from), d.seq, d.kind) }

func (l *log) note(format string, args ...any) {
	l.views = append(l.views, fmt.Sprintf(format, args...))
}

func (l *log) cast(act int, d delivery) {
	for len(l.casts) <= act {
		l.casts = append(l.casts, nil)
	}
	l.casts[act] = append(l.casts[act], d)
}

// in is what was delivered in an act.
func (l *log) in(act int) []delivery {
	if act >= len(l.casts) {
		return nil
	}
	return l.casts[act]
}

func (l *log) reply(call uint64, what string) {
	if l.replies == nil {
		l.replies = map[uint64][]string{}
	}
	l.replies[call] = append(l.replies[call], what)
}

// view notes a change of membership.
func (l *log) view(p *player, i core.Viewed) {
	var left, failed []id.Address
	for _, m := range i.Left {
		if slices.ContainsFunc(i.Why, func(r msg.Removal) bool { return r.Site == m.Site() }) {
			failed = append(failed, m)
		} else {
			left = append(left, m)
		}
	}
	if len(i.Joined)+len(i.Left) == 0 {
		return
	}
	names := func(list []id.Address) (all []string) {
		for _, a := range list {
			all = append(all, p.who(a))
		}
		return all
	}
	l.note("view %v: joined %v, left %v, failed %v", names(i.View.Procs()), names(i.Joined), names(left), names(failed))
}

// history writes down what must be the same, after asking whether the members of
// this run agree where the promises leave them a choice.
func (p *player) history() (*History, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.agree(); err != nil {
		return nil, err
	}
	h := &History{}
	add := func(format string, args ...any) { h.lines = append(h.lines, fmt.Sprintf(format, args...)) }
	for _, x := range p.procs {
		for i, v := range x.log.views {
			add("%s: %d. %s", name(x.number), i+1, v)
		}
		for n, act := range workload {
			list := x.log.in(n)
			if act.ordered {
				add("%s: act %d, in order: %v", name(x.number), n+1, list)
				continue
			}
			for from := range processes {
				add("%s: act %d, from %s: %v", name(x.number), n+1, name(from), by(list, from))
			}
		}
		for call := range x.calls {
			list := x.log.replies[call+1]
			end := max(0, len(list)-1) // the end comes last, the others as they come
			slices.Sort(list[:end])
			add("%s: call %d: %s", name(x.number), call+1, strings.Join(list, ", "))
		}
		if x.group != 0 {
			add("%s: state of %v", name(x.number), x.state.counts)
		}
	}
	return h, nil
}

func by(list []delivery, from int) []delivery {
	return slices.DeleteFunc(slices.Clone(list), func(d delivery) bool { return d.from != from })
}

// agree demands that the members of each act were delivered the same Total and
// Barrier casts in the same order and the same casts before each Barrier, and
// that all states are equal.
func (p *player) agree() error {
	var first *proc
	for _, x := range p.procs {
		if x.group == 0 {
			continue
		}
		if first == nil {
			first = x
		}
		if x.state != first.state {
			return fmt.Errorf("the states of %s and %s differ: %v and %v", name(first.number), name(x.number), first.state, x.state)
		}
	}
	for n := range workload {
		var a *proc
		for _, b := range p.procs {
			if len(b.log.in(n)) == 0 {
				continue
			}
			if a == nil {
				a = b
			}
			if x, y := total(a.log.in(n)), total(b.log.in(n)); !slices.Equal(x, y) {
				return fmt.Errorf("act %d: %s and %s were delivered in different orders:\n%v\n%v", n+1, name(a.number), name(b.number), x, y)
			}
		}
	}
	return nil
}

// total is the order in which Total and Barrier casts came, with how many casts
// of each sender came before each Barrier.
func total(list []delivery) (order []string) {
	var before [processes]int
	for _, d := range list {
		switch d.kind.order {
		case msg.Total:
			order = append(order, d.String())
		case msg.Barrier:
			order = append(order, fmt.Sprintf("%v after %v", d, before))
		case msg.FIFO, msg.Causal, msg.Sequence:
		}
		before[d.from]++
	}
	return order
}
