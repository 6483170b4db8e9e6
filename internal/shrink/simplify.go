package shrink

import (
	"fmt"
	"slices"
	"strings"
)

// edit tries to put other lines in place of each deed's, the first that does.
func (s *shrinker) edit(others func(line string) []string) {
	for i := 0; i < len(s.best.deeds) && s.going(); i++ {
		b := s.best
		lines := others(b.deeds[i].line)
		s.first(len(lines), func(n int) *schedule {
			c := b.clone()
			c.deeds = slices.Clone(b.deeds)
			c.deeds[i].line = lines[n]
			return c
		})
	}
}

// simplifyCasts makes of many casts one, of large ones small ones, of calls casts,
// of requests in sessions those that want one answer, and of casts to lists ones
// to fewer.
func (s *shrinker) simplifyCasts() {
	s.edit(func(line string) (others []string) {
		words := strings.Fields(line)
		if !isCast(words) {
			return nil
		}
		at := payloads(words)
		if at == len(words) {
			return nil
		}
		others = shorter(line)
		small, _, large := strings.Cut(words[at], "*")
		head := strings.Join(words[:at], " ")
		if words[0] == "call" && !strings.HasPrefix(words[2], "@") {
			others = append(others, "cast "+strings.Join(append(slices.Clone(words[1:3]), words[4:at]...), " ")+" "+small)
		}
		if words[0] == "ask" && at > 2 {
			others = append(others, "ask "+words[1]+" "+small)
		}
		if large {
			others = append(others, head+" "+small)
		}
		if len(words) > at+1 {
			others = append(others, head+" "+words[at])
		}
		return others
	})
}

// isCast reports whether a command ends with what is cast.
func isCast(words []string) bool { return slices.Contains([]string{"cast", "call", "ask"}, words[0]) }

// simplifyProcesses has one process at each site do all, where that does.
func (s *shrinker) simplifyProcesses() {
	c := s.best.clone()
	c.deeds = slices.Clone(c.deeds)
	changed := false
	for i, d := range c.deeds {
		c.deeds[i].line = inFirst(d.line)
		changed = changed || c.deeds[i].line != d.line
	}
	if !changed || s.try(c) {
		return
	}
	s.edit(func(line string) []string {
		if first := inFirst(line); first != line {
			return []string{first}
		}
		return nil
	})
}

// simplifyHead makes the sites alike.
func (s *shrinker) simplifyHead() {
	for i := len(s.best.head) - 1; i > 0 && s.going(); i-- {
		c := s.best.clone()
		c.head = slices.Delete(slices.Clone(c.head), i, i+1)
		s.try(c)
	}
	for _, key := range settings {
		if len(s.best.head) == 0 || !slices.Contains(strings.Fields(s.best.head[0]), key) {
			continue
		}
		c := s.best.clone()
		c.head = slices.Clone(c.head)
		c.head[0] = unset(c.head[0], key)
		s.try(c)
	}
}

// settings are what the first command says of sites; the first three are of
// single ones.
var settings = []string{"weights", "machines", "together", "grant", "drift", "least", "halt-after", "absent", "programs"}

// unset takes a setting out of a command: its key and what follows it.
func unset(line, key string) string {
	words := strings.Fields(line)
	i := slices.Index(words, key)
	if i < 0 {
		return line
	}
	end := i + 1
	for end < len(words) && !slices.Contains(settings, words[end]) {
		end++
	}
	return strings.Join(slices.Delete(words, i, end), " ")
}

// simplifyFaults makes crashes, broken connections and joins plain ones, and who is
// named with an incarnation whoever runs there.
func (s *shrinker) simplifyFaults() {
	s.edit(func(line string) (others []string) {
		for _, word := range []string{" silently", " abruptly", " late", " dismissing", " conservatively"} {
			if plain := strings.Replace(line, word, "", 1); plain != line {
				others = append(others, plain)
			}
		}
		if plain, _, patient := strings.Cut(line, " patient "); patient {
			others = append(others, plain)
		}
		if plain := ofAny(line); plain != line {
			others = append(others, plain)
		}
		slices.Reverse(others)
		return others
	})
}

// dropRanks carries out deeds after all else of their time.
func (s *shrinker) dropRanks() {
	c := s.best.clone()
	c.deeds = slices.Clone(c.deeds)
	for i := range c.deeds {
		c.deeds[i].rank = -1
	}
	if s.try(c) {
		return
	}
	for i := range s.best.deeds {
		c := s.best.clone()
		c.deeds = slices.Clone(c.deeds)
		c.deeds[i].rank = -1
		s.try(c)
	}
}

// retime gives every deed another time. The order stays.
func (s *schedule) retime(of func(i int, at int64) int64) *schedule {
	c := s.clone()
	c.deeds = slices.Clone(s.deeds)
	last := int64(0)
	for i := range c.deeds {
		if at := max(last, of(i, c.deeds[i].at)); at != c.deeds[i].at {
			c.deeds[i].at, c.deeds[i].rank = at, -1
		}
		last = c.deeds[i].at
	}
	c.calm = max(last, of(len(c.deeds), c.calm))
	c.back = c.calm + max(2*second, of(len(c.deeds)+1, s.back)-of(len(c.deeds), s.calm))
	return c
}

// roundTimes makes times round: all of them, or else one after the other.
func (s *shrinker) roundTimes() {
	units := []int64{100 * millisecond, 10 * millisecond, millisecond, 100 * microsecond, microsecond}
	b := s.best
	s.first(len(units), func(n int) *schedule {
		return b.retime(func(_ int, at int64) int64 { return (at + units[n]/2) / units[n] * units[n] })
	})
	for i := range s.best.deeds {
		b := s.best
		s.first(len(units), func(n int) *schedule {
			if b.deeds[i].at%units[n] == 0 {
				return nil
			}
			return b.retime(func(k int, at int64) int64 {
				if k == i {
					at = (at + units[n]/2) / units[n] * units[n]
				}
				return at
			})
		})
	}
}

// shortenPauses makes the time between deeds shorter.
func (s *shrinker) shortenPauses() {
	pauses := []int64{0, millisecond, 10 * millisecond, 100 * millisecond, 500 * millisecond, second}
	for i := range len(s.best.deeds) + 1 {
		b := s.best
		before, now := int64(b.sites)*second, b.calm
		if i > 0 {
			before = b.deeds[i-1].at
		}
		if i < len(b.deeds) {
			now = b.deeds[i].at
		}
		gap := now - before
		s.first(len(pauses), func(n int) *schedule {
			if pauses[n] >= gap {
				return nil
			}
			return b.retime(func(k int, at int64) int64 {
				if k >= i {
					at -= gap - pauses[n]
				}
				return at
			})
		})
	}
}

// rename gives casts the names a, b, c and so on.
func (s *shrinker) rename() {
	c := s.best.clone()
	c.deeds = slices.Clone(c.deeds)
	n := 0
	for i, d := range c.deeds {
		words := strings.Fields(d.line)
		if !isCast(words) {
			continue
		}
		for k := payloads(words); k < len(words); k++ {
			_, size, large := strings.Cut(words[k], "*")
			words[k] = word(n)
			if large {
				words[k] += "*" + size
			}
			n++
		}
		c.deeds[i].line = strings.Join(words, " ")
	}
	s.try(c)
}

// word is the n-th of a, b, …, z, a1, b1, ….
func word(n int) string {
	name := string(rune('a' + n%26))
	if n >= 26 {
		name += fmt.Sprint(n / 26)
	}
	return name
}
