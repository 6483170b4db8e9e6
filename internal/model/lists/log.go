package lists

import "github.com/cohortkit/cohort/internal/model"

// view is a group as the log has it after some entries.
type view struct {
	members model.Set
	no      uint8
	entry   uint8 // that made it: so many entries with it
	grown   uint8 // the last view into which somebody came
	lead    int
}

// has is the view of group g after the first n entries.
func (c Config) has(s *State, g int, n uint8) view {
	return c.walk(s, g, func(_ view, next uint8) bool { return next > n })
}

// view is view no of group g.
func (c Config) view(s *State, g int, no uint8) view {
	return c.walk(s, g, func(v view, _ uint8) bool { return v.no == no })
}

// walk follows group g through the log until stop says so, which is told the
// view and the entry that comes next.
func (c Config) walk(s *State, g int, stop func(v view, next uint8) bool) view {
	v := view{members: c.Groups[g]}
	age := v.members
	var young [maxSites]int
	joined := 0
	for i, e := range s.log[:s.decided] {
		if stop(v, uint8(i+1)) {
			break
		}
		switch {
		case e.kind == join && int(e.group) == g:
			v.members = v.members.With(int(e.who))
			v.no++
			v.entry, v.grown = uint8(i+1), v.no
			young[joined] = int(e.who)
			joined++
		case e.kind == remove && v.members.Has(int(e.who)):
			v.members, age = v.members.Without(int(e.who)), age.Without(int(e.who))
			v.no++
			v.entry = uint8(i + 1)
		}
	}
	v.lead = age.Min()
	for _, p := range young[:joined] {
		if age == 0 && v.members.Has(p) {
			v.lead = p
			break
		}
	}
	return v
}

// removed are the sites that the first n entries remove.
func (s *State) removed(n uint8) (who model.Set) {
	for _, e := range s.log[:n] {
		if e.kind == remove {
			who = who.With(int(e.who))
		}
	}
	return who
}

// dealt is the last attempt of a sender that the first n entries deal with, from
// 1.
func (c Config) dealt(s *State, from int, n uint8) (last uint8) {
	for _, e := range s.log[:n] {
		if (e.kind == list || e.kind == quit) && c.from(s, int(e.who)) == from {
			last = max(last, e.who+1)
		}
	}
	return last
}

// from is the sender of attempt a.
func (c Config) from(s *State, a int) int { return c.Casts[s.tries[a].cast].From }

// of finds the attempt that has a number, and the entry that gave it.
func (s *State) of(number uint8) (a int, index uint8) {
	for i, e := range s.log[:s.decided] {
		if e.number == number {
			return int(e.who), uint8(i + 1)
		}
	}
	return -1, 0
}

// number is what attempt a was given, 0 if nothing.
func (s *State) number(a int) uint8 {
	for _, e := range s.log[:s.decided] {
		if e.kind == list && int(e.who) == a && e.number != 0 {
			return e.number
		}
	}
	return 0
}

// void reports whether attempt a has no number by the first n entries and gets
// none later, or has one.
func (c Config) void(s *State, a int, n uint8) bool {
	from := c.from(s, a)
	return s.removed(n).Has(from) || uint8(a+1) <= c.dealt(s, from, n)
}

// ask is the entry that the log makes of attempt a.
func (c Config) ask(s *State, a int) entry {
	t := &s.tries[a]
	e := entry{kind: list, who: uint8(a)}
	if t.quit {
		e.kind = quit
	}
	if uint8(a+1) <= c.dealt(s, c.from(s, a), s.decided) && c.Broken != Once {
		e.void = dealt
		return e
	}
	numbers := uint8(1)
	for _, x := range s.log[:s.decided] {
		numbers = max(numbers, x.number+1)
	}
	e.number = numbers
	if t.quit { // a number for nobody
		return e
	}
	x := c.Casts[t.cast]
	out := x.Direct&s.removed(s.decided) != 0
	x.To.Each(func(g int) {
		v := c.has(s, g, s.decided)
		out = out || v.members == 0
		if t.held[g] != 0 && v.grown > t.held[g]-1 {
			e.void = grown
		}
	})
	if out {
		e.void = gone
	}
	if e.void == grown && c.Broken == Grown {
		e.void = 0
	}
	if e.void != 0 {
		e.number = 0
	}
	return e
}

// decide lets the log take an entry.
func (c Config) decide(s State, out *model.Steps[State]) {
	add := func(e entry) State {
		t := s
		t.log[t.decided] = e
		t.decided++
		return t
	}
	gone := s.removed(s.decided)
	for p := range c.sites() {
		if gone.Has(p) {
			continue
		}
		switch victims := s.down | gone; {
		case s.down.Has(p):
			out.Must(add(entry{kind: remove, who: uint8(p)}), "remove", p)
		case c.May.Has(p) && victims.Len() < c.Crashes && c.Expel:
			out.May(add(entry{kind: remove, who: uint8(p)}), "remove the living", p)
		}
	}
	for _, j := range c.Joins {
		v := c.has(&s, j.Group, s.decided)
		if v.members != 0 && s.joined(j.Group, j.Site) == 0 && s.up(j.Site) && !gone.Has(j.Site) {
			out.May(add(entry{kind: join, who: uint8(j.Site), group: uint8(j.Group)}), "join", j.Group, j.Site)
		}
	}
	c.askLog(s, add, out)
}

// joined is the entry by which a site came into a group, 0 if none did.
func (s *State) joined(g, p int) uint8 {
	for i, e := range s.log[:s.decided] {
		if e.kind == join && int(e.group) == g && int(e.who) == p {
			return uint8(i + 1)
		}
	}
	return 0
}

// askLog lets the log take what it is asked for. Its sender repeats that until it
// sees the effect, so it must come in the end; what it has repeated, or does no
// more, may still come.
func (c Config) askLog(s State, add func(entry) State, out *model.Steps[State]) {
	again := 0
	var in model.Set
	for _, e := range s.log[:s.decided] {
		if e.kind == list || e.kind == quit {
			if in.Has(int(e.who)) {
				again++
			}
			in = in.With(int(e.who))
		}
	}
	for a := range int(s.tried) {
		t, from := &s.tries[a], c.from(&s, a)
		removed := s.removed(s.decided).Has(from) && c.Broken != Excluded
		if !t.asked && !t.quit || removed || in.Has(a) && again >= c.Repeats {
			continue
		}
		must := t.wants && s.up(from) && !in.Has(a)
		out.When(must, add(c.ask(&s, a)), "ask", a)
	}
}
