package explore

import (
	"context"
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/trace"
)

// Search goes through all states of a world, depth first.
type Search struct {
	w      *World
	fr     *frames
	locals *locals
	before []trace.Record // what led to the first state
	seen   map[sum]struct{}
	trail  []step
	ctx    context.Context
	o      Options
	r      Result
}

// Options bound a search. The zero value of a field has no bound.
type Options struct {
	States   int            // how many states at most
	Failures int            // end after so many; 0 is one
	Progress func(r Result) // called now and then
}

// Result is what a search found.
type Result struct {
	States   int  // different states of the world
	Moves    int  // from one to another
	Runs     int  // states in which a run may be over, each judged
	Sites    int  // different states of single sites
	Steps    int  // of the core that were taken to find them
	Depth    int  // moves in the longest run
	Complete bool // no bound ended the search
	Failures []Failure
}

// Failure is a run in which something was wrong.
type Failure struct {
	Property string // its ID, or "panic", "wire", "stream" or "state"
	Text     string
	Trail    []string       // the moves that led there
	Records  []trace.Record // the whole run
}

// step is a move of the run that is looked at, and what was told in it.
type step struct {
	from *global
	move move
	told []trace.Record
}

// Explore searches a world. It blocks until it is done, bounded or cancelled.
func Explore(ctx context.Context, w *World, o Options) (Result, error) {
	s := &Search{w: w, fr: newFrames(), seen: map[sum]struct{}{}, ctx: ctx, o: o}
	s.locals = newLocals(w, s.fr)
	first, err := s.prepare()
	if err != nil {
		return Result{}, err
	}
	s.r.Complete = true
	s.visit(first)
	s.count()
	return s.r, nil
}

func (s *Search) count() {
	s.r.States, s.r.Sites, s.r.Steps = len(s.seen), len(s.locals.byKey), s.locals.steps
}

// over reports whether a bound is reached.
func (s *Search) over() bool {
	if len(s.r.Failures) >= max(1, s.o.Failures) || (s.o.States > 0 && len(s.seen) >= s.o.States) {
		s.r.Complete = false
		return true
	}
	if s.r.Moves&0xfff == 0 {
		if s.ctx.Err() != nil {
			s.r.Complete = false
		}
		if s.r.Moves&0xfffff == 0 && s.o.Progress != nil {
			s.count()
			s.o.Progress(s.r)
		}
	}
	return !s.r.Complete
}

// visit looks at a state and all that follow it.
func (s *Search) visit(g *global) {
	key := g.key(s.w.Sites)
	if _, ok := s.seen[key]; ok || s.over() {
		return
	}
	s.seen[key] = struct{}{}
	s.r.Depth = max(s.r.Depth, len(s.trail))
	moves, owed := s.moves(g)
	if !owed {
		s.r.Runs++
		s.judge(g)
	}
	for _, m := range moves {
		s.r.Moves++
		next := *g
		told, failure := s.apply(&next, m)
		s.trail = append(s.trail, step{g, m, told})
		if failure != "" {
			s.fail(property(failure), failure, s.records())
		} else {
			s.visit(&next)
		}
		s.trail = s.trail[:len(s.trail)-1]
		if !s.r.Complete {
			return
		}
	}
}

// records is what was told up to here. Moves follow each other by a microsecond.
func (s *Search) records() []trace.Record {
	all := slices.Clone(s.before)
	now := all[len(all)-1].Time
	for _, x := range s.trail {
		now += effect.Microsecond
		for _, r := range x.told {
			r.Time = now
			all = append(all, r)
		}
	}
	return all
}

func (s *Search) fail(property, text string, records []trace.Record) {
	f := Failure{Property: property, Text: text, Records: records}
	for _, x := range s.trail {
		f.Trail = append(f.Trail, s.draw(x.from, x.move))
	}
	s.r.Failures = append(s.r.Failures, f)
}
