package shrink

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// schedule is a recording taken apart, so that it can be edited. Schedules share
// what they have in common: nothing in one is changed in place.
type schedule struct {
	head  []string // hosts and what they are like
	noise []noise
	deeds []deed
	calm  int64  // nanoseconds: when faults and load end
	back  int64  // when who was to come back has; judgement begins
	sites int    // above 0: so many sites run before anything else, and no hosts are told
	like  string // and what they are like, as the command says it
}

// noise is how one kind of choice turns out over time.
type noise struct {
	name   string // kind and place
	points []string
}

// deed is a command and the point of the run at which it is carried out. With
// rank -1 that is after all else that happens at that time.
type deed struct {
	at   int64 // nanoseconds
	rank int
	line string
}

// parse reads what sim.Record wrote.
func parse(story string) (*schedule, error) {
	s := &schedule{}
	var now deed
	for line := range strings.Lines(story) {
		line = strings.TrimSpace(line)
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "at":
			when, rank, _ := strings.Cut(words[1], "+")
			at, err1 := instant(when)
			n, err2 := strconv.Atoi(rank)
			if err1 != nil || err2 != nil {
				return nil, fmt.Errorf("shrink: %q is no point of a run", words[1])
			}
			now = deed{at: at, rank: n}
		case words[0] == "noise":
			s.noise = append(s.noise, noise{words[1] + " " + words[2], words[3:]})
		case slices.Contains([]string{"hosts", "impatient", "hasty", "clock"}, words[0]):
			s.head = append(s.head, line)
		case line == "calm":
			s.calm = now.at
		case line == "judge":
			s.back = now.at
		default:
			now.line = line
			s.deeds = append(s.deeds, now)
		}
	}
	if s.calm == 0 || s.back < s.calm || len(s.head) == 0 {
		return nil, fmt.Errorf("shrink: that is no recording: it does not come to an end")
	}
	return s, nil
}

// clone is a copy whose deeds and noise may be set anew.
func (s *schedule) clone() *schedule {
	c := *s
	return &c
}

// story writes the schedule down: commands that sim.RunStory understands.
func (s *schedule) story() string {
	var b strings.Builder
	now := int64(0)
	if s.sites > 0 {
		fmt.Fprintf(&b, "sites %d%s\n", s.sites, s.like)
		now = int64(s.sites) * second
	}
	for _, line := range s.head {
		b.WriteString(line + "\n")
	}
	for _, n := range s.noise {
		fmt.Fprintf(&b, "noise %s %s\n", n.name, strings.Join(n.points, " "))
	}
	rank := -1
	pass := func(at int64, to int) {
		switch {
		case to >= 0 && (at != now || to != rank):
			fmt.Fprintf(&b, "at %s+%d\n", duration(at), to)
		case to < 0 && at > now:
			fmt.Fprintf(&b, "run %s\n", duration(at-now))
		case to < 0 && rank >= 0:
			fmt.Fprintf(&b, "at %s\n", duration(at))
		}
		now, rank = max(now, at), to
	}
	calm := false
	for _, d := range s.deeds {
		if d.at > s.calm && !calm {
			calm = true
			pass(s.calm, -1)
			b.WriteString("calm\n")
		}
		pass(d.at, d.rank)
		b.WriteString(d.line + "\n")
	}
	if calm {
		pass(s.back, -1)
	} else {
		pass(s.calm, -1)
	}
	b.WriteString("judge\n")
	return b.String()
}

const (
	microsecond = 1000
	millisecond = 1000 * microsecond
	second      = 1000 * millisecond
)

// duration writes nanoseconds with the largest unit that fits.
func duration(ns int64) string {
	switch {
	case ns%second == 0:
		return fmt.Sprintf("%ds", ns/second)
	case ns%millisecond == 0:
		return fmt.Sprintf("%dms", ns/millisecond)
	case ns%microsecond == 0:
		return fmt.Sprintf("%dus", ns/microsecond)
	}
	return fmt.Sprintf("%dns", ns)
}

// instant reads the time of a recorded point.
func instant(word string) (int64, error) {
	if us, ok := strings.CutSuffix(word, "us"); ok {
		n, err := strconv.ParseInt(us, 10, 48)
		return n * microsecond, err
	}
	return strconv.ParseInt(strings.TrimSuffix(word, "ns"), 10, 64)
}

// Size counts what a schedule has.
type Size struct {
	Sites  int // machines on which a site runs
	Groups int
	Casts  int // calls, and requests in sessions
	Acts   int // what else programs do
	Faults int // what goes wrong, and what ends it
	Noise  int // choices of chance
}

func (z Size) String() string {
	return fmt.Sprintf("sites %d, groups %d, casts %d, other acts %d, faults %d, choices of chance %d", z.Sites, z.Groups, z.Casts, z.Acts, z.Faults, z.Noise)
}

func (s *schedule) size() (z Size) {
	z.Sites = s.sites
	var groups, begun []string
	for _, d := range s.deeds {
		words := strings.Fields(d.line)
		for _, g := range groupsOf(d.line) {
			if !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
		switch words[0] {
		case "found", "start":
			if !slices.Contains(begun, words[1]) {
				begun = append(begun, words[1])
				continue
			}
			z.Faults++
		case "cast", "call", "ask":
			z.Casts += castsIn(words)
		case "join", "replace", "leave", "flush", "read", "open", "close":
			z.Acts++
		case "lag", "state", "answers": // made of choices
			z.Noise++
		default:
			z.Faults++
		}
	}
	z.Sites += len(begun)
	z.Groups = len(groups)
	for _, n := range s.noise {
		z.Noise += len(n.points)
	}
	return z
}

// payloads is where the casts of a command begin among its words.
func payloads(words []string) int {
	at := 4
	switch words[0] {
	case "ask":
		return len(words) - 1
	case "call":
		at = 5
	}
	if at <= len(words) && len(words) > at && words[at] == "safe" {
		at++
	}
	return min(at, len(words))
}

func castsIn(words []string) int { return len(words) - payloads(words) }

// groupsOf lists the groups that a command is about.
func groupsOf(line string) (all []string) {
	words := strings.Fields(line)
	switch words[0] {
	case "join", "replace", "leave", "flush", "read", "open", "cast", "call":
		for to := range strings.SplitSeq(words[2], ",") {
			if to != "" && !strings.HasPrefix(to, "@") {
				all = append(all, to)
			}
		}
	}
	return all
}

// shorter are a cast to a list without one destination each, and at last a cast
// to a group.
func shorter(line string) (others []string) {
	words := strings.Fields(line)
	if words[0] != "cast" || !strings.Contains(words[2], ",") {
		return nil
	}
	dests := strings.Split(strings.TrimSuffix(words[2], ","), ",")
	to := func(list string) {
		c := slices.Clone(words)
		c[2] = list
		others = append(others, strings.Join(c, " "))
	}
	for i := range dests {
		rest := slices.Delete(slices.Clone(dests), i, i+1)
		switch len(rest) {
		case 0:
			if !strings.HasPrefix(dests[0], "@") {
				to(dests[0])
			}
		case 1:
			to(rest[0] + ",")
		default:
			to(strings.Join(rest, ","))
		}
	}
	return others
}

// hostsOf lists the hosts that a command is about.
func hostsOf(line string) (all []string) {
	mapHosts(line, func(h string) string {
		all = append(all, h)
		return h
	})
	return all
}

// mapHosts gives the hosts in a command other names.
func mapHosts(line string, name func(string) string) string {
	return mapNames(line, func(word string) string { // 3, 3.2, 3#1.2
		end := strings.IndexAny(word, "#.")
		if end < 0 {
			end = len(word)
		}
		return name(word[:end]) + word[end:]
	})
}

// mapNames puts others in place of the words that name sites and processes.
func mapNames(line string, other func(word string) string) string {
	if head, do, ok := strings.Cut(line, ": "); ok { // after 1->2 Commit: crash 1
		return mapNames(head, other) + ": " + mapNames(do, other)
	}
	words := strings.Fields(line)
	if words[0] == "state" {
		return line // it is about all
	}
	for i := 1; i < min(4, len(words)); i++ {
		from, to, link := strings.Cut(words[i], "->")
		switch {
		case i == 1 && link:
			words[i] = other(from) + "->" + other(to)
		case i == 1, i == 3 && words[0] == "replace":
			words[i] = other(words[i])
		case i == 2:
			list := strings.Split(words[i], ",")
			for k, to := range list {
				if process, direct := strings.CutPrefix(to, "@"); direct {
					list[k] = "@" + other(process)
				}
			}
			words[i] = strings.Join(list, ",")
		}
	}
	return strings.Join(words, " ")
}

// ofAny names who runs where a command names one incarnation.
func ofAny(line string) string {
	return mapNames(line, func(word string) string {
		site, run, _ := strings.Cut(word, "#")
		if _, local, ok := strings.Cut(run, "."); ok {
			site += "." + local
		}
		return site
	})
}

// inFirst has the first process of a site do what another one does.
func inFirst(line string) string {
	return mapNames(line, func(word string) string {
		site, _, _ := strings.Cut(word, ".")
		return site
	})
}
