package events

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort/internal/crew"
)

// The ages of a member that fails. The oldest coordinates changes of members and
// gives out the order of casts.
var ages = []string{"oldest", "youngest"}

// failing is a way for members to fail.
type failing struct {
	name    string
	signal  string
	end     func(*crew.Process) error
	goal    float64 // milliseconds, until the view has changed
	systems int     // at once
	apart   bool    // members are as on machines of their own
}

func (s *system) killOne(r *rounds) ([]Row, error) {
	return s.fail(r, 1, failing{"kill", "SIGKILL", (*crew.Process).Kill, 10, 1, false})
}

func (s *system) killMany(r *rounds) ([]Row, error) {
	return s.fail(r, s.b.Groups, failing{"kill_many", "SIGKILL", (*crew.Process).Kill, 100, 1, false})
}

func (s *system) stopOne(r *rounds) ([]Row, error) {
	return s.fail(r, 1, failing{"stop", "SIGSTOP", (*crew.Process).Pause, 1500, 3, false})
}

// stopApart is the same for members of different machines: those of one machine
// have given each other their word not to vote without each other for a while.
func (s *system) stopApart(r *rounds) ([]Row, error) {
	return s.fail(r, 1, failing{"stop_apart", "SIGSTOP", (*crew.Process).Pause, 1500, 3, true})
}

func (s *system) stopMany(r *rounds) ([]Row, error) {
	return s.fail(r, s.b.Groups, failing{"stop_many", "SIGSTOP", (*crew.Process).Pause, 1500, 3, false})
}

// fail lets members fail, and measures until the last group of the last survivor
// has handled a view without them.
func (s *system) fail(r *rounds, groups int, f failing) ([]Row, error) {
	var mu sync.Mutex
	list := make([][]float64, len(ages))
	err := s.together(min(f.systems, r.most), func(s *system) error {
		s.apart = s.apart || f.apart
		if err := s.form(groups, order{}); err != nil {
			return err
		}
		for r.next() {
			for i := range ages {
				took, err := s.failure(s.members[i*(members-1)], groups, f.end)
				if err != nil {
					return err
				}
				mu.Lock()
				list[i] = append(list[i], ms(took))
				mu.Unlock()
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var rows []Row
	for i, age := range ages {
		what := fmt.Sprintf("view change after %s of the %s, %s", f.signal, age, counted(groups, "group"))
		if f.apart {
			what += ", machines apart"
		}
		rows = append(rows, newRow(fmt.Sprintf("%s_%s_ms", f.name, age), what, "ms", list[i]).most(f.goal))
	}
	return rows, nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// failure lets a member fail, and replaces it.
func (s *system) failure(victim *proc, groups int, end func(*crew.Process) error) (time.Duration, error) {
	if err := s.breathe(); err != nil {
		return 0, err
	}
	left := s.others(victim)
	if _, err := s.ask(order{Do: doWatch, Gone: victim.address}, left...); err != nil {
		return 0, err
	}
	for _, p := range left {
		p.viewed = 0
	}
	victim.over = true
	began := time.Now().UnixNano()
	if err := end(victim.Process); err != nil {
		return 0, err
	}
	unaware := func(p *proc) bool { return p.viewed == 0 }
	if err := s.Until("the change of view", s.take, func() bool { return !slices.ContainsFunc(left, unaware) }); err != nil {
		return 0, err
	}
	var last int64
	for _, p := range left {
		last = max(last, p.viewed)
	}
	if err := s.retire(victim); err != nil { // it may be stopped only
		return 0, err
	}
	return time.Duration(last - began), s.replace(victim, groups, order{})
}

// pause stops members for a moment under load, and counts who was excluded for it.
func (s *system) pause(r *rounds) ([]Row, error) {
	if err := s.form(1, order{}); err != nil {
		return nil, err
	}
	if _, err := s.ask(order{Do: doLoad}, s.members...); err != nil {
		return nil, err
	}
	var list []float64
	counted := 0
	for r.next() {
		if err := s.during(s.b.Span / 5); err != nil {
			return nil, err
		}
		n, err := s.pauseOne(s.members[r.done%members])
		if err != nil {
			return nil, err
		}
		list, counted = append(list, float64(n-counted)), n
	}
	if _, err := s.ask(order{Do: doHush}, s.members...); err != nil {
		return nil, err
	}
	n, err := s.excluded() // those of the last round that came late
	if err != nil {
		return nil, err
	}
	list[len(list)-1] += float64(n - counted)
	what := fmt.Sprintf("members excluded for a pause of %.0f ms, under casting load", ms(s.b.Pause))
	return []Row{newRow("pause_excluded", what, "", list).sum(list).most(0)}, nil
}

// pauseOne stops a member for a moment, waits until all is well, and returns how
// many exclusions there have been so far.
func (s *system) pauseOne(p *proc) (int, error) {
	if err := p.Pause(); err != nil {
		return 0, err
	}
	if err := s.during(s.b.Pause); err != nil {
		return 0, err
	}
	if err := p.Resume(); err != nil {
		return 0, err
	}
	if _, err := s.ask(order{Do: doCall}, p); err != nil {
		return 0, err
	}
	return s.excluded()
}

// excluded waits until all is well, and returns how many exclusions there have
// been so far.
func (s *system) excluded() (n int, err error) {
	list, err := s.ask(order{Do: doReady, Members: members}, s.members...)
	for _, r := range list {
		n = max(n, r.Excluded)
	}
	return n, err
}
