package shrink

import (
	"fmt"
	"slices"
	"strconv"
)

// cutEnd ends the run earlier: as early as halving finds that it may.
func (s *shrinker) cutEnd() {
	b := s.best
	enough, few := len(b.deeds), 0
	for enough-few > 1 && s.going() {
		n := (enough + few) / 2
		if s.try(b.upTo(n)) {
			enough = n
		} else {
			few = n
		}
	}
}

// upTo is the schedule with its first n deeds; the end comes soon after.
func (s *schedule) upTo(n int) *schedule {
	if n < 1 || n >= len(s.deeds) {
		return nil
	}
	c := s.clone()
	c.deeds = s.deeds[:n]
	c.calm = c.deeds[n-1].at + 10*millisecond
	c.back = c.calm + 2*second
	return c
}

// without is the schedule without some deeds.
func (s *schedule) without(drop func(i int, d deed) bool) *schedule {
	c := s.clone()
	c.deeds = nil
	for i, d := range s.deeds {
		if !drop(i, d) {
			c.deeds = append(c.deeds, d)
		}
	}
	if len(c.deeds) == len(s.deeds) {
		return nil
	}
	return c
}

// dropSites leaves out all that is about a site.
func (s *shrinker) dropSites() {
	var hosts []string
	for _, d := range s.best.deeds {
		for _, h := range hostsOf(d.line) {
			if h != "1" && !slices.Contains(hosts, h) {
				hosts = append(hosts, h)
			}
		}
	}
	for _, h := range hosts {
		if c := s.best.withoutSite(h); c != nil {
			s.try(c)
		}
	}
	for h := s.best.sites; h > 1 && s.going(); h-- {
		s.try(s.best.fewer(h))
	}
}

func (s *schedule) withoutSite(host string) *schedule {
	if s.sites > 0 {
		return nil // see fewer
	}
	return s.without(func(_ int, d deed) bool { return slices.Contains(hostsOf(d.line), host) })
}

// fewer is the schedule without one of the sites that run from the start; those
// after it are numbered anew.
func (s *schedule) fewer(host int) *schedule {
	gone := fmt.Sprint(host)
	c := s.without(func(_ int, d deed) bool { return slices.Contains(hostsOf(d.line), gone) })
	if c == nil {
		c = s.clone()
		c.deeds = slices.Clone(s.deeds)
	}
	for i := range c.deeds {
		c.deeds[i].line = mapHosts(c.deeds[i].line, func(h string) string {
			if n, err := strconv.Atoi(h); err == nil && n > host {
				return fmt.Sprint(n - 1)
			}
			return h
		})
	}
	c.sites--
	return c.retime(func(_ int, at int64) int64 { return at - second })
}

// dropGroups leaves out all that is about a group.
func (s *shrinker) dropGroups() {
	var groups []string
	for _, d := range s.best.deeds {
		for _, g := range groupsOf(d.line) {
			if !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
	}
	for _, g := range groups {
		if c := s.best.without(func(_ int, d deed) bool { return slices.Contains(groupsOf(d.line), g) }); c != nil {
			s.try(c)
		}
	}
}

// dropDeeds leaves out deeds: half of them, a quarter, down to each alone (delta
// debugging).
func (s *shrinker) dropDeeds() {
	for size := max(1, len(s.best.deeds)/2); s.going(); size /= 2 {
		for at := 0; at < len(s.best.deeds) && s.going(); {
			b := s.best
			n := (len(b.deeds) - at + size - 1) / size
			taken := s.first(n, func(i int) *schedule {
				from := at + i*size
				return b.without(func(k int, _ deed) bool { return k >= from && k < from+size })
			})
			if taken < 0 {
				break
			}
			at += taken * size
		}
		if size == 1 {
			return
		}
	}
}

// dropNoise leaves out choices of chance: all, those of a kind, of a place, and
// then parts of each.
func (s *shrinker) dropNoise() {
	if len(s.best.noise) == 0 {
		return
	}
	none := s.best.clone()
	none.noise = nil
	if s.try(none) || s.try(none.calmly()) {
		return
	}
	for size := max(1, len(s.best.noise)/2); s.going(); size /= 2 {
		for at := 0; at < len(s.best.noise) && s.going(); {
			b := s.best
			taken := s.first((len(b.noise)-at+size-1)/size, func(i int) *schedule {
				c := b.clone()
				from := at + i*size
				c.noise = slices.Delete(slices.Clone(b.noise), from, min(from+size, len(b.noise)))
				return c
			})
			if taken < 0 {
				break
			}
			at += taken * size
		}
		if size == 1 {
			break
		}
	}
	for i := range s.best.noise {
		s.thin(i)
	}
}

// calmly is the schedule with a network that is as fast as the one that was
// recorded, but always the same.
func (s *schedule) calmly() *schedule {
	c := s.clone()
	c.noise = append([]noise{{"delay *", []string{"0:70"}}}, s.noise...)
	return c
}

// thin leaves out values of one kind of choice; what was before them holds on.
func (s *shrinker) thin(n int) {
	for size := max(1, len(s.best.noise[n].points)/2); s.going(); size /= 2 {
		for at := 0; at < len(s.best.noise[n].points) && s.going(); {
			b := s.best
			points := b.noise[n].points
			taken := s.first((len(points)-at+size-1)/size, func(i int) *schedule {
				from := at + i*size
				rest := slices.Delete(slices.Clone(points), from, min(from+size, len(points)))
				if len(rest) == 0 {
					return nil
				}
				c := b.clone()
				c.noise = slices.Clone(b.noise)
				c.noise[n].points = rest
				return c
			})
			if taken < 0 {
				break
			}
			at += taken * size
		}
		if size == 1 {
			return
		}
	}
}
