package explore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/check"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

const (
	pace   = 300 * millisecond // between the events that prepare a world
	rest   = 4 * effect.Second // until it has come to rest
	settle = 8 * effect.Second // how long time runs in the end
)

// prepare lets all sites in, one after the other, and their programs into the
// groups, and has each cast once so that all connections are open; then it lets
// the world come to rest. That is the first state.
func (s *Search) prepare() (*global, error) {
	if s.w.Sites > maxSites {
		return nil, fmt.Errorf("explore: at most %d sites in a world", maxSites)
	}
	n := s.w.Sites
	c := &calm{w: s.w, machines: make([]*machine, n), offset: make([]effect.Time, n), past: make([][]timed, n)}
	for i := range n {
		c.machines[i] = newMachine(s.w, s.fr, i)
		c.offset[i] = start - c.now
		first := input{kind: contact}
		if i == 0 {
			first = input{kind: found}
		}
		c.step(i, first)
		c.run(c.now + pace)
	}
	for _, do := range []Deed{Join, Cast} {
		for g, members := range s.w.Groups {
			for _, site := range members {
				c.step(site-1, input{kind: act, act: prepared(do, g)})
				c.run(c.now + pace)
			}
		}
	}
	c.run(c.now + rest)
	if c.failure != "" {
		return nil, errors.New("explore: " + c.failure)
	}
	first := &global{net: c.net}
	for i, m := range c.machines {
		if m.core.View() == nil || len(m.core.View().Members) != n {
			return nil, fmt.Errorf("explore: the world did not come together: %v", m.core)
		}
		first.at[i] = s.locals.root(m, c.past[i])
	}
	s.before = c.records
	return first, nil
}

// prepared numbers the acts that prepare a world: they are none of World.Acts.
func prepared(d Deed, group int) int { return -1 - group*2 - int(d) }

// actOf is the act with this number.
func (m *machine) actOf(n int) Act {
	if n >= 0 {
		return m.w.Acts[m.index][n]
	}
	return Act{Do: Deed((-1 - n) % 2), Group: (-1 - n) / 2, Order: msg.FIFO}
}

// judge lets time run from g on, and has the judges look at the whole run.
func (s *Search) judge(g *global) {
	n := s.w.Sites
	records := s.records()
	c := &calm{w: s.w, net: g.net, told: g.told, machines: make([]*machine, n), offset: make([]effect.Time, n)}
	for i := range n {
		c.machines[i] = g.at[i].take(s.locals)
		c.offset[i] = g.at[i].now
		if !g.runs(i) { // what did not arrive is lost
			for x := range n {
				for lane := range msg.Lanes {
					c.net.links[at(i, x, lane)] = link{}
				}
			}
		}
	}
	c.run(settle)
	now := records[len(records)-1].Time + millisecond
	records = append(records, quiet(now, c.alive()))
	for _, r := range c.records {
		r.Time += now
		records = append(records, r)
	}
	if c.failure != "" {
		s.fail(property(c.failure), c.failure, records)
		return
	}
	for _, v := range check.Run(records, check.Options{GlobalClock: true, Limit: 1}).Violations {
		if v.Property == "M15" && s.w.lies() {
			continue // it is the world that breaks this one, and the others have to hold all the same
		}
		s.fail(v.Property, v.Text, records)
		return
	}
	if text := c.compare(); text != "" {
		s.fail("state", text, records)
	}
}

// compare demands that members of one view that hold the state hold the same.
func (c *calm) compare() string {
	type held struct {
		who int
		m   *membership
	}
	first := map[[2]uint64]held{}
	for i, x := range c.machines {
		for k := range x.prog.groups {
			m := &x.prog.groups[k]
			if !c.net.runs(i) || m.view == 0 {
				continue
			}
			if v := x.core.Group(m.group); v == nil || v.Index != m.view || !ready(x, m.group) {
				continue
			}
			view := [2]uint64{uint64(m.group), m.view}
			f, ok := first[view]
			if !ok {
				first[view] = held{i + 1, m}
			} else if f.m.digest() != m.digest() {
				return fmt.Sprintf("state: %d and %d are in view %d of %s and hold different states", f.who, i+1, m.view, groupName(k))
			}
		}
	}
	return ""
}

// ready reports whether the log knows that a machine's program holds the state.
func ready(x *machine, group id.Address) bool {
	v := x.core.Group(group)
	rank := v.Rank(proc(x.index))
	return rank >= 0 && v.Members[rank].Ready
}

// property is the name of what a failure begins with.
func property(failure string) string {
	name, _, _ := strings.Cut(failure, ":")
	return name
}
