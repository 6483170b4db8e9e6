// Package shrink makes a failing run of the simulator small: fewer sites, groups,
// casts and faults, less chance, rounder times, as long as the same promise is
// broken. What is left is a story, which people can read and sim.RunStory plays.
//
// A seed decides a run, but cannot be edited. So the run is recorded first
// (sim.Record): all that was done, and how everything else turned out. Then parts
// of it are left out, large ones before small ones, until no part can be.
//
//	schedule.go a recording taken apart
//	shrink.go   what is tried, and in which order
//	parts.go    leaving parts out
//	simplify.go making what is left plainer
//	begin.go    and its beginning
package shrink

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/sim"
	"github.com/cohortkit/cohort/internal/trace"
)

// Options say what is to be shrunk. The zero value of a field has a default.
type Options struct {
	Run      sim.Options // of the failing run
	Property string      // that has to stay broken; default the first
	Tries    int         // how many runs at most; default 4000
	Workers  int         // runs at a time; default GOMAXPROCS
	// Progress, when set, is told what was done to the schedule and what is left
	// of it, from the goroutine that called Shrink.
	Progress func(what string, left Size, tries int)
}

// Result is the shrunk run.
type Result struct {
	Property      string
	Text          string // what the judges say of it
	Story         string // with what happened in it
	Records       []trace.Record
	Before, After Size
	Tries         int
}

// ErrSound means that nothing is wrong with the run: there is nothing to shrink.
var ErrSound = errors.New("shrink: nothing is wrong with that run")

// Shrink shrinks a run. It blocks until nothing can be left out, until it has
// tried often enough, or until ctx ends; then it returns the least it has found.
func Shrink(ctx context.Context, o Options) (Result, error) {
	if o.Tries == 0 {
		o.Tries = 4000
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.Run.Keep = true
	text, _ := sim.Record(o.Run)
	wrong, _, _ := sim.Outcome(text)
	i := slices.IndexFunc(wrong, func(w sim.Wrong) bool { return o.Property == "" || w.Property == o.Property })
	if i < 0 {
		return Result{}, ErrSound
	}
	first, err := parse(text)
	if err != nil {
		return Result{}, err
	}
	s := &shrinker{ctx: ctx, o: o, wrong: wrong[i], best: first}
	s.all()
	r := Result{Property: s.wrong.Property, Before: first.size(), After: s.best.size(), Tries: s.tries}
	r.Text, r.Story, r.Records = s.end()
	return r, nil
}

// shrinker looks for the least schedule that breaks a property.
type shrinker struct {
	ctx   context.Context
	o     Options
	wrong sim.Wrong // what the run broke
	best  *schedule
	tries int
}

// all tries everything until nothing helps any more.
func (s *shrinker) all() {
	s.step("the end", s.cutEnd)
	for last := (Size{}); last != s.best.size() && s.going(); {
		last = s.best.size()
		s.step("sites", s.dropSites)
		s.step("groups", s.dropGroups)
		s.step("deeds", s.dropDeeds)
		s.step("chance", s.dropNoise)
		s.step("casts", s.simplifyCasts)
		s.step("processes", s.simplifyProcesses)
		s.step("what sites are like", s.simplifyHead)
		s.step("the end", s.cutEnd)
	}
	s.step("points", s.dropRanks)
	s.step("times", s.roundTimes)
	s.step("the beginning", s.begin)
	s.step("pauses", s.shortenPauses)
	s.step("sites", s.dropSites)
	s.step("deeds", s.dropDeeds)
	s.step("chance", s.dropNoise)
	s.step("faults", s.simplifyFaults)
	s.step("times", s.roundTimes)
	s.step("names", s.rename)
}

func (s *shrinker) step(what string, do func()) {
	if !s.going() {
		return
	}
	do()
	if s.o.Progress != nil {
		s.o.Progress(what, s.best.size(), s.tries)
	}
}

func (s *shrinker) going() bool { return s.ctx.Err() == nil && s.tries < s.o.Tries }

// fails reports whether a schedule breaks the property.
func (s *shrinker) fails(c *schedule) bool {
	wrong, _, _ := sim.Outcome(c.story())
	return slices.ContainsFunc(wrong, s.same)
}

// same reports whether w is what was wrong with the run: the same promise broken,
// or the same panic, whatever numbers it tells.
func (s *shrinker) same(w sim.Wrong) bool {
	return w.Property == s.wrong.Property && (w.Property != "panic" || letters(w.Text) == letters(s.wrong.Text))
}

// letters is the first line of a text without its numbers.
func letters(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, line)
}

// try takes c for the best if it still breaks the property.
func (s *shrinker) try(c *schedule) bool {
	return s.first(1, func(int) *schedule { return c }) == 0
}

// first takes the first of n candidates that still breaks the property, and
// returns its index, or -1. Some are tried at a time; which one is taken does not
// depend on how many. A candidate may be nil.
func (s *shrinker) first(n int, candidate func(i int) *schedule) int {
	for at := 0; at < n && s.going(); at += s.o.Workers {
		batch := min(s.o.Workers, n-at)
		good := make([]chan *schedule, batch)
		for i := range batch {
			good[i] = make(chan *schedule, 1)
			c := candidate(at + i)
			go func() {
				if c == nil || !s.fails(c) {
					c = nil
				}
				good[i] <- c
			}()
		}
		taken := -1
		for i := range batch {
			if c := <-good[i]; c != nil && taken < 0 {
				taken, s.best = at+i, c
			}
		}
		s.tries += batch
		if taken >= 0 {
			return taken
		}
	}
	return -1
}

// end plays the best schedule once more, aloud.
func (s *shrinker) end() (text, story string, records []trace.Record) {
	plain := s.best.story()
	wrong, _, _ := sim.Outcome(plain)
	if i := slices.IndexFunc(wrong, s.same); i >= 0 {
		text, _, _ = strings.Cut(wrong[i].Text, "\n")
	}
	about := fmt.Sprintf("# Shrunk from a run of %s with %d sites and %d groups, seed %d.\n# It breaks %s: %s\n",
		s.o.Run.Faults.Name, s.o.Run.Sites, s.o.Run.Groups, s.o.Run.Seed, s.wrong.Property, text)
	story, records, _ = sim.RunStory(about + plain)
	return text, story, records
}
