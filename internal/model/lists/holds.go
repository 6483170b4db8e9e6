package lists

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/model"
)

// holds is the promise: one order in all groups and processes (O7), nothing
// without a number, nothing twice, and what a sender was told is true (O11).
// That all is delivered that has a number is for done.
func (c Config) holds(s State) error {
	if s.wrong != 0 {
		return errors.New(faults[s.wrong])
	}
	var after [maxCasts]model.Set // of each cast, those that somebody is delivered later
	var given model.Set
	judge := func(who string, p int, h *history) error {
		var before model.Set
		for _, a := range h.list[:h.n] {
			i := int(s.tries[a-1].cast)
			if s.number(int(a-1)) == 0 {
				return fmt.Errorf("%s %d is delivered cast %d, which is void", who, p, i)
			}
			if before.Has(i) {
				return fmt.Errorf("%s %d is delivered cast %d twice", who, p, i)
			}
			before.Each(func(b int) { after[b] = after[b].With(i) })
			before = before.With(i)
		}
		given |= before
		return nil
	}
	for p := range c.sites() {
		for g := range c.Groups {
			if err := judge("member", p, &s.groups[g].members[p].got); err != nil {
				return err
			}
		}
		if err := judge("process", p, &s.direct[p].got); err != nil {
			return err
		}
	}
	for range maxCasts { // the closure
		for i := range after {
			after[i].Each(func(b int) { after[i] |= after[b] })
		}
	}
	for i := range c.Casts {
		x := &s.casts[i]
		switch {
		case after[i].Has(i):
			return fmt.Errorf("cast %d comes before itself", i)
		case x.state == nowhere && given.Has(i):
			return fmt.Errorf("the sender of %d was told that it is delivered nowhere", i)
		case x.state == numbered && s.number(int(x.try-1)) == 0:
			return fmt.Errorf("the sender of %d was told that it has a number", i)
		}
	}
	return nil
}

// done: who lives has applied the log and is in the last views, knows what has
// become of its casts, and was delivered all that has a number and was for it.
func (c Config) done(s State) bool {
	for p := range c.sites() {
		if !s.up(p) {
			continue
		}
		if s.applied[p] < s.decided {
			return false
		}
		for g := range c.Groups {
			me, v := &s.groups[g].members[p], c.has(&s, g, s.decided)
			if v.members.Has(p) && (me.view != v.no+1 || !c.complete(&s, g, p)) {
				return false
			}
		}
	}
	for i, x := range c.Casts {
		if s.casts[i].state == open && s.up(x.From) {
			return false
		}
		for a := range int(s.tried) {
			if int(s.tries[a].cast) != i || s.number(a) == 0 || s.tries[a].quit {
				continue
			}
			fine := true
			x.Direct.Each(func(p int) { fine = fine && (!s.up(p) || s.direct[p].got.has(a)) })
			if !fine {
				return false
			}
		}
	}
	return s.down&^s.removed(s.decided) == 0
}

// complete reports whether p was delivered all numbers that were for group g
// since it came.
func (c Config) complete(s *State, g, p int) bool {
	for n := uint8(1); ; n++ {
		a, index := c.due(s, g, p, n)
		if index == 0 {
			return true
		}
		if a >= 0 && !s.groups[g].members[p].got.has(a) {
			return false
		}
	}
}

func (h *history) has(a int) bool {
	for _, x := range h.list[:h.n] {
		if int(x) == a+1 {
			return true
		}
	}
	return false
}

// plain forgets what the dead had in mind, streams that all who live have left,
// and what was said of attempts that are over.
func (c Config) plain(s State) State {
	s.down.Each(func(p int) {
		for g := range s.groups {
			me := &s.groups[g].members[p]
			*me = member{got: me.got}
		}
		s.direct[p].pool = 0
	})
	for g := range c.Groups {
		x := &s.groups[g]
		for no := range x.tip {
			open := false
			for p := range c.sites() {
				open = open || x.members[p].view == no+1
			}
			if !open {
				x.streams[no] = stream{next: x.streams[no].next, rest: x.streams[no].rest}
			}
		}
	}
	for p := range c.sites() {
		for s.up(p) && s.applied[p] < s.decided && !c.concerns(&s, s.log[s.applied[p]], p) {
			s.applied[p]++
		}
	}
	for a := range int(s.tried) {
		t := &s.tries[a]
		from := c.from(&s, a)
		over := s.casts[t.cast].state != open || s.casts[t.cast].try != uint8(a+1)
		if (over || s.removed(s.decided).Has(from)) && c.Broken != Excluded {
			t.relay, t.sent, t.direct, t.known = [maxGroups]uint8{}, [maxGroups]uint8{}, 0, 0
		}
		if uint8(a+1) <= c.dealt(&s, from, s.decided) && c.Broken != Once {
			t.held = [maxGroups]uint8{}
		}
	}
	return s
}

// concerns reports whether entry e can matter to p: what does not it may as well
// apply at once.
func (c Config) concerns(s *State, e entry, p int) bool {
	with := func(to model.Set) (yes bool) {
		to.Each(func(g int) { yes = yes || c.Groups[g].Has(p) || s.joined(g, p) != 0 })
		return yes
	}
	switch e.kind {
	case join, remove:
		if e.kind == remove {
			return true
		}
		for _, x := range c.Casts {
			if x.From == p && x.To.Has(int(e.group)) {
				return true
			}
		}
		return with(model.Of(int(e.group)))
	case list, quit:
		x := c.Casts[s.tries[e.who].cast]
		return x.From == p || x.Direct.Has(p) || with(x.To)
	}
	return true
}

// show draws a state.
func (c Config) show(s State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "log:")
	for _, e := range s.log[:s.decided] {
		switch e.kind {
		case join:
			fmt.Fprintf(&b, " %d joins group %d,", e.who, e.group)
		case remove:
			fmt.Fprintf(&b, " %d removed,", e.who)
		case list, quit:
			fmt.Fprintf(&b, " attempt %d gets number %d,", e.who, e.number)
		}
	}
	fmt.Fprintf(&b, " down %v", s.down)
	for a := range int(s.tried) {
		t := &s.tries[a]
		fmt.Fprintf(&b, " | attempt %d of cast %d held in views %v", a, t.cast, t.held[:len(c.Groups)])
	}
	for p := range c.sites() {
		fmt.Fprintf(&b, " | site %d applied %d:", p, s.applied[p])
		for g := range c.Groups {
			if me := &s.groups[g].members[p]; me.view != 0 || me.got.n != 0 {
				fmt.Fprintf(&b, " in view %d of group %d keeps %v delivered %v;", int(me.view)-1, g, me.pool, me.got.list[:me.got.n])
			}
		}
		if x := &s.direct[p]; x.pool != 0 || x.got.n != 0 {
			fmt.Fprintf(&b, " itself keeps %v delivered %v", x.pool, x.got.list[:x.got.n])
		}
	}
	return b.String()
}
