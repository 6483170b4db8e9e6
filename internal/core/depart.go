package core

import "slices"

// cleared has all members of a site that departs leave, and reports whether the site may
// leave the system: their casts are stable when they are out, all that its other processes
// had cast is held, and casts to lists are decided.
func (s *Site) cleared() bool {
	for _, m := range s.groups.list {
		if !m.leaving {
			m.wanted = true
			m.leave()
			s.groups.mark(m)
		}
	}
	owes := func(c *caller) bool { return len(c.unheld) > 0 && c.unheld[0].First <= c.owes }
	return len(s.groups.list) == 0 && len(s.lists.open) == 0 && !slices.ContainsFunc(s.outside.list, owes)
}
