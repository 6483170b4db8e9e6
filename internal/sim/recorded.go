package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Commands that recordings are told with, beside those of every story.

// lanes are their names.
var lanes = [msg.Lanes]string{"control", "data", "bulk"}

// Kinds are the names by which a story holds messages, in order.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// kindName is what a story calls a kind of message.
func kindName(k msg.Kind) string {
	// order does not matter: a kind has one name
	for name, other := range kinds {
		if other == k {
			return name
		}
	}
	return "nothing"
}

// doHosts makes hosts on which nothing runs yet; the rest is as of sites.
func (s *Story) doHosts(args []string) error {
	if err := want(args, 1, "hosts N [weights w1 w2 …] …"); err != nil {
		return err
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > maxHosts {
		return fmt.Errorf("cannot make %q hosts", args[0])
	}
	return s.makeHosts(n, args)
}

// makeHosts makes the world of a story, with what args say of its sites.
func (s *Story) makeHosts(n int, args []string) error {
	if s.w != nil {
		return errors.New("the number of sites is told once")
	}
	s.w = newWorld(Options{Seed: 1, Sites: n, Keep: true})
	s.w.story, s.w.impatient, s.w.absent = s, false, 3*effect.Second
	for _, h := range s.w.hosts {
		h.offset = effect.Second
	}
	if slices.Contains(args, "together") {
		s.w.expect = s.w.addresses()
	}
	return s.setting(args)
}

// doFound starts the first site: found 1.
func (s *Story) doFound(args []string) error {
	if err := want(args, 1, "found 1"); err != nil {
		return err
	}
	h, err := s.host(args[0])
	if err == nil {
		h.start(true)
	}
	return err
}

// doHasty makes all detectors give up sooner.
func (s *Story) doHasty([]string) error {
	s.w.hasty = true
	return nil
}

// doImpatient makes sites wait less for others, as faults do not last long.
func (s *Story) doImpatient([]string) error {
	s.w.impatient = true
	return nil
}

// doClock says what a host's clock shows at the beginning, and by how many parts
// per million it runs fast: clock 3 17s [-250ppm].
func (s *Story) doClock(args []string) error {
	if err := want(args, 2, "clock 3 17s [-250ppm]"); err != nil {
		return err
	}
	h, err1 := s.host(args[0])
	d, err2 := duration(args[1])
	rate := int64(0)
	var err3 error
	if len(args) > 2 {
		rate, err3 = drift(args[2])
	}
	err := errors.Join(err1, err2, err3)
	if err == nil {
		h.offset, h.rate = d, rate
	}
	return err
}

// doAt lets time pass up to a point of the run: at 1200ms, or at 1200ms+3, when
// three events of that instant have happened.
func (s *Story) doAt(args []string) error {
	if err := want(args, 1, "at 1200ms"); err != nil {
		return err
	}
	when, rank, ranked := strings.Cut(args[0], "+")
	t, err := duration(when)
	if err != nil {
		return err
	}
	if !ranked {
		s.w.runUntil(t)
	} else {
		n, err := strconv.Atoi(rank)
		if err != nil {
			return err
		}
		s.w.runTo(point{t, n})
	}
	s.tell()
	return nil
}

// doCalm ends all faults; who was to come back still may.
func (s *Story) doCalm([]string) error {
	s.w.end()
	return nil
}

// doSpoil has the state that a program is about to load be of no use to it.
func (s *Story) doSpoil(args []string) error {
	if err := want(args, 2, "spoil 3 g"); err != nil {
		return err
	}
	p, err := s.program(args[0])
	if err != nil {
		return err
	}
	m := p.named(args[1])
	if m == nil {
		return fmt.Errorf("site %s does not join %s", p.name(), args[1])
	}
	m.spoilt = true
	return nil
}

// doRest ends faults for a while, at the end of which doRested demands that nothing
// waits any more.
func (s *Story) doRest([]string) error {
	s.w.rest()
	return nil
}

func (s *Story) doRested([]string) error {
	if s.w.lulled == 0 || s.w.now-s.w.lulled < lull {
		return fmt.Errorf("nobody has rested for %v seconds", lull/effect.Second)
	}
	s.w.rested()
	return nil
}

// doBreak breaks the connections between two sites; frames under way are lost
// and must be sent again: break 1 2. Or one connection: break 1->2 data [late].
func (s *Story) doBreak(args []string) error {
	if err := want(args, 2, "break 1 2, break 1->2 data [late]"); err != nil {
		return err
	}
	if strings.Contains(args[0], "->") {
		return s.breakOne(args)
	}
	a, err1 := s.host(args[0])
	b, err2 := s.host(args[1])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for l := range s.w.links.all() {
		if (l.from.host == a && l.to.host == b) || (l.from.host == b && l.to.host == a) {
			s.w.breakLink(l, false)
		}
	}
	return nil
}

func (s *Story) breakOne(args []string) error {
	h, err := s.between(args[0])
	if err != nil {
		return err
	}
	lane := slices.Index(lanes[:], args[1])
	for l := range s.w.links.all() {
		if !l.broken && h.covers(l.from.host.index, l.to.host.index) && int(l.lane) == lane {
			s.w.breakLink(l, slices.Contains(args, "late"))
			return nil
		}
	}
	return fmt.Errorf("there is no such connection to break: %s %s", args[0], args[1])
}

// finds reports whether a site that looks for others finds one that it could.
func (w *World) finds(h, other *host) bool {
	c := choice{lets, h.index, other.index}
	if w.story != nil {
		v, ok := w.story.noise.look(c, w.now)
		return !ok || v != 0
	}
	found := w.dice.Chance(500)
	v := int64(0)
	if found {
		v = 1
	}
	w.chosen(c, v)
	return found
}

// delay is how long a frame is under way.
func (s *Story) delay(c choice) effect.Time {
	if v, ok := s.noise.look(c, s.w.now); ok {
		return v * effect.Microsecond
	}
	if d, ok := s.lags[[2]int{c.from, c.to}]; ok {
		return d
	}
	return effect.Millisecond
}

// sizeOfState is the size of a state that is captured.
func (s *Story) sizeOfState(c choice) int {
	if v, ok := s.noise.look(c, s.w.now); ok {
		return int(v)
	}
	return s.stateSize
}

// mannerOf is the number of a way of answering.
func mannerOf(a core.Answer) int64 {
	switch {
	case a.Null:
		return 1
	case a.Copy != nil:
		return 2
	}
	return 0
}

// reply answers as chance decided when the run was recorded, if it did.
func (s *Story) reply(p *program, r core.Request, payload []byte) bool {
	v, ok := s.noise.look(choice{mannered, p.s.host.index, -1}, s.w.now)
	if !ok {
		return false
	}
	a := core.Answer{Proc: p.proc, Request: r, Null: v == 1}
	if !a.Null {
		a.Body = payload[:min(8, len(payload))]
	}
	if v == 2 && r.Group != 0 {
		a.Copy = []byte("copy")
	}
	s.w.in(s.w.takes(replies, p.s.host, nil, 0, 300), func() { p.s.post(a) })
	return true
}
