package causal

import "github.com/cohortkit/cohort/internal/model"

// Config bounds the world.
type Config struct {
	Groups  []model.Set // of processes, numbered from 0
	Casts   int
	Entries int
	AtOnce  int         // processes that an entry may remove
	Gone    []model.Set // if given, just whom each entry removes
	Senders model.Set   // who casts; all if empty
	Broken  Rule
}

// A Rule is a rule of the design that can be left out.
type Rule int

// The rules. None is left out in the design itself.
const (
	None      Rule = iota
	Depend         // casts carry what they depend on in other groups
	Merge          // at the end of a view too they wait for it
	GiveUp         // but not for what is lost
	Rest           // though for what the same sender sent before that
	KeepAll        // and they are delivered all the same, by all
	Expand         // what a cast implies is still named by the next, for those that do not get the first
	Delivered      // a dependency is dropped when all were delivered it, not when all hold it
)

// Machine is the model.
func Machine(c Config) model.Machine[State] {
	return model.Machine[State]{Init: []State{{}}, Next: c.next, Plain: plain, Holds: c.holds, Done: c.done, Show: c.show, Sights: c.sights()}
}

func (c Config) procs() (all model.Set) {
	for _, g := range c.Groups {
		all |= g
	}
	return all
}

// removed are those that the first n entries remove.
func (s *State) removed(n uint8) (who model.Set) {
	for _, gone := range s.gone[:n] {
		who |= gone
	}
	return who
}

// view is the view of group g after the first n entries.
func (c Config) view(s *State, g int, n uint8) (view uint8) {
	for _, gone := range s.gone[:n] {
		if gone&c.Groups[g] != 0 {
			view++
		}
	}
	return view
}

func (c Config) next(s State, out *model.Steps[State]) {
	c.decide(s, out)
	c.procs().Each(func(p int) {
		if s.down.Has(p) {
			return
		}
		busy := false // what can be delivered is, before anything else comes
		for m := range int(s.sent) {
			if c.ready(&s, p, m) {
				busy = true
				out.Must(deliver(s, p, m), "deliver", p, m)
			}
		}
		for m := range int(s.sent) {
			if !busy {
				c.receive(s, p, m, out)
			}
		}
		for g := range c.Groups {
			if c.Groups[g].Has(p) && !busy {
				c.send(s, p, g, out)
				c.install(s, p, g, out)
			}
		}
		if s.procs[p].applied < s.decided {
			t := s
			t.procs[p].applied++
			if s.gone[s.procs[p].applied].Has(p) {
				t.down = t.down.With(p)
			}
			out.Must(t, "apply", p)
		}
	})
	for g := range c.Groups {
		c.agree(s, g, out)
	}
}

// decide lets the log remove some: the dead, or others. Who dies does nothing
// more, like one who learns at once that it is removed.
func (c Config) decide(s State, out *model.Steps[State]) {
	if int(s.decided) == c.Entries {
		return
	}
	in := c.procs() &^ s.removed(s.decided)
	for gone := model.Set(1); gone < in; gone++ {
		if !in.Covers(gone) || gone.Len() > c.AtOnce || c.Gone != nil && c.Gone[s.decided] != gone {
			continue
		}
		t := s
		t.gone[s.decided] = gone
		t.decided++
		out.May(t, "remove "+gone.String())
	}
}

// send casts in group g, unless a view of it is ending.
func (c Config) send(s State, p, g int, out *model.Steps[State]) {
	me := &s.procs[p]
	if int(s.sent) == c.Casts || c.Senders != 0 && !c.Senders.Has(p) || c.view(&s, g, me.applied) != me.views[g] {
		return
	}
	m := int(s.sent)
	x := cast{from: uint8(p), group: uint8(g), view: me.views[g], past: me.past}
	me.context = c.pruned(&s, me.context, me.applied)
	me.context.Each(func(d int) {
		switch y := &s.casts[d]; {
		case y.group != x.group:
			x.deps = x.deps.With(d)
		case y.view == x.view && me.done.Has(d):
			x.vector = x.vector.With(d)
		}
	})
	x.vector |= s.of(g, int(me.views[g])) & me.done
	x.deps = s.latest(x.deps)
	if c.Broken == Depend {
		x.deps = 0
	}
	s.casts[m] = x
	s.sent++
	me.held, me.done, me.past = me.held.With(m), me.done.With(m), me.past.With(m)
	me.context = me.context.With(m)
	if c.Broken == Expand {
		me.context = model.Of(m)
	}
	out.May(s, "cast", p, g)
}

// of are the casts of a view of group g.
func (s *State) of(g, view int) (list model.Set) {
	for m := range int(s.sent) {
		if int(s.casts[m].group) == g && int(s.casts[m].view) == view {
			list = list.With(m)
		}
	}
	return list
}

// pruned leaves out of list what all members have been delivered, as they are
// after so many entries.
func (c Config) pruned(s *State, list model.Set, applied uint8) model.Set {
	list.Each(func(d int) {
		everywhere := true
		(c.Groups[s.casts[d].group] &^ s.removed(applied)).Each(func(p int) {
			has := s.procs[p].done.Has(d)
			if c.Broken == Delivered {
				has = s.procs[p].held.Has(d)
			}
			everywhere = everywhere && has
		})
		if everywhere {
			list = list.Without(d)
		}
	})
	return list
}

// latest leaves in list the last of each sender in a view of a group.
func (s *State) latest(list model.Set) model.Set {
	list.Each(func(d int) {
		if s.upto(d).Without(d)&list != 0 {
			list &^= s.upto(d).Without(d)
		}
	})
	return list
}

// upto are the casts of d's sender in its view and group, up to d.
func (s *State) upto(d int) (list model.Set) {
	x := &s.casts[d]
	for m := range d + 1 {
		if y := &s.casts[m]; y.from == x.from && y.group == x.group && y.view == x.view {
			list = list.With(m)
		}
	}
	return list
}

// receive brings cast m to p: casts of one sender in one group come in order.
// Who has learnt that the sender is removed takes no more of it.
func (c Config) receive(s State, p, m int, out *model.Steps[State]) {
	x, me := &s.casts[m], &s.procs[p]
	from := int(x.from)
	closed := s.removed(me.applied).Has(from) || me.views[x.group] > x.view
	if !c.Groups[x.group].Has(p) || closed || !me.held.With(m).Covers(s.upto(m)) {
		return
	}
	me.held = me.held.With(m)
	out.When(!s.down.Has(from), s, "receive", p, m)
}
