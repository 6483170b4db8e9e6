package shrink

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/sim"
)

// begin has the sites run from the start, as stories do, numbered without gaps,
// and tries to leave nothing to chance: what is left of it becomes commands, or
// else stays as it is.
func (s *shrinker) begin() {
	var names []string
	var begun int64 // when the last of them starts
	c := s.best.without(func(_ int, d deed) bool {
		words := strings.Fields(d.line)
		if (words[0] != "found" && words[0] != "start") || slices.Contains(names, words[1]) {
			return false
		}
		names = append(names, words[1])
		begun = d.at
		return true
	})
	if c == nil {
		return
	}
	head := c.head[0] // without what it says of single sites, and without their clocks
	for _, key := range settings[:3] {
		head = unset(head, key)
	}
	_, like, ok := strings.Cut(strings.TrimPrefix(head, "hosts "), " ")
	if ok {
		c.like = " " + like
	}
	c.head, c.sites = nil, len(names)
	shift := int64(c.sites)*second - begun
	c.deeds = numbered(c.deeds, names)
	c = c.retime(func(_ int, at int64) int64 { return max(at+shift, int64(c.sites)*second) })
	none := c.clone()
	none.noise = nil
	before := func(first ...deed) *schedule {
		slow := none.clone()
		slow.deeds = append(numbered(first, names), none.deeds...)
		return slow
	}
	habits := s.best.habits()
	others := []*schedule{none, none.calmly(), before(habits...), before(append(s.best.lags(), habits...)...), before(append(s.best.paces(), habits...)...)}
	shifted := c.shifted(names, shift)
	for _, deeds := range shifted.holds() {
		held := before(habits...)
		held.deeds = merged(deeds, held.deeds)
		others = append(others, held)
	}
	others = append(others, shifted)
	s.first(len(others), func(i int) *schedule { return others[i] })
}

// numbered are deeds of which hosts are told by their place among names. What is
// about others is left out.
func numbered(deeds []deed, names []string) (all []deed) {
	for _, d := range deeds {
		if slices.ContainsFunc(hostsOf(d.line), func(h string) bool { return !slices.Contains(names, h) }) {
			continue
		}
		d.line = mapHosts(d.line, func(h string) string { return fmt.Sprint(slices.Index(names, h) + 1) })
		all = append(all, d)
	}
	return all
}

// shifted is the schedule with its noise later by so many nanoseconds, and its
// hosts told by their place among names.
func (s *schedule) shifted(names []string, by int64) *schedule {
	c := s.clone()
	c.noise = nil
	for _, n := range s.noise {
		list := numbered([]deed{{line: n.name}}, names)
		if len(list) == 0 {
			continue
		}
		later := noise{name: list[0].line}
		for _, p := range n.points {
			at, value, _ := strings.Cut(p, ":")
			whole, rest, exact := strings.Cut(at, ".")
			if us, err := strconv.ParseInt(whole, 10, 48); err == nil {
				at = fmt.Sprint(max(0, us+by/microsecond))
			}
			if exact {
				at += "." + rest
			}
			later.points = append(later.points, at+":"+value)
		}
		c.noise = append(c.noise, later)
	}
	return c
}

// habits are commands that have programs always do what they did now and then:
// hold a state as large as any that was captured, and not answer as others do.
func (s *schedule) habits() (all []deed) {
	most := 0 // bytes
	for _, n := range s.noise {
		kind, host, _ := strings.Cut(n.name, " ")
		switch {
		case kind == "state-of":
			most = max(most, n.most())
		case kind == "manner" && n.most() > 0:
			all = append(all, deed{rank: -1, line: fmt.Sprintf("answers %s %s", host, [...]string{1: "null", 2: "copy"}[n.most()])})
		}
	}
	if most > 0 {
		all = append(all, deed{rank: -1, line: fmt.Sprintf("state %d", most)})
	}
	return all
}

// lags are commands that make links as slow as they ever were, for all time, if
// that is slower than any.
func (s *schedule) lags() (all []deed) {
	for _, n := range s.noise {
		if link, most := n.link(); most >= slow {
			all = append(all, deed{rank: -1, line: fmt.Sprintf("lag %s %dms", link, (most+999)/1000)})
		}
	}
	return all
}

// slow is a delay that is told of, in microseconds; links are faster mostly.
const slow = 2000

// holds are, for each kind of message, commands that keep it back on the links that
// were slow for a while: from what was done just before, or from what was done next,
// until what was done when it was over.
func (s *schedule) holds() (all [][]deed) {
	for _, kind := range sim.Kinds() {
		var first, next []deed
		for _, n := range s.noise {
			link, most := n.link()
			if most < slow {
				continue
			}
			for _, p := range n.points {
				at, v, ok := parsePoint(p)
				if !ok || v < slow {
					continue
				}
				before, after := s.around(at)
				_, over := s.around(at + v*microsecond)
				release := deed{at: over, rank: -1, line: fmt.Sprintf("release %s %s", link, kind)}
				hold := deed{at: before, rank: -1, line: fmt.Sprintf("hold %s %s", link, kind)}
				first = append(first, hold, release)
				hold.at = after
				next = append(next, hold, release)
			}
		}
		if len(first) > 0 {
			all = append(all, first, next)
		}
	}
	return all
}

// parsePoint reads a choice and when it was made, in nanoseconds.
func parsePoint(p string) (at, value int64, ok bool) {
	when, v, _ := strings.Cut(p, ":")
	whole, _, _ := strings.Cut(when, ".")
	at, err1 := strconv.ParseInt(whole, 10, 48)
	value, err2 := strconv.ParseInt(v, 10, 48)
	return at * microsecond, value, err1 == nil && err2 == nil
}

// around are the times of the last deed up to a time and of the first one after it.
func (s *schedule) around(at int64) (before, after int64) {
	after = s.calm
	for _, d := range s.deeds {
		if d.at > at {
			return before, d.at
		}
		before = d.at
	}
	return before, after
}

// merged are deeds in the order of their times.
func merged(a, b []deed) []deed {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y deed) int { return cmp.Compare(x.at, y.at) })
	return all
}

// paces are those that make them faster too.
func (s *schedule) paces() (all []deed) {
	for _, n := range s.noise {
		if link, most := n.link(); most > 0 {
			all = append(all, deed{rank: -1, line: fmt.Sprintf("lag %s %dus", link, most)})
		}
	}
	return all
}

// link is the link whose delay the choice is, and the longest one in microseconds,
// 0 if it is of none.
func (n noise) link() (link string, most int) {
	link, ok := strings.CutPrefix(n.name, "delay ")
	if !ok || link == "*" {
		return "", 0
	}
	return link, n.most()
}

// most is the largest value of a choice.
func (n noise) most() (most int) {
	for _, p := range n.points {
		_, value, _ := strings.Cut(p, ":")
		if v, err := strconv.Atoi(value); err == nil {
			most = max(most, v)
		}
	}
	return most
}
