package cohorttest

import (
	"fmt"
	"math/rand/v2"

	"github.com/cohortkit/cohort"
)

// Site is where one run of a program finds itself: a machine of the world, from
// its start to its crash. Its methods are safe for concurrent use, except Rand.
type Site struct {
	p      *process
	config cohort.Config
	rand   *rand.Rand
}

// Index is the number of the machine, from 0 on. A program can play another
// part on some of them, such as that of a client.
func (s *Site) Index() int { return s.p.m.index }

// Name is the name of the machine: n1, n2 and so on.
func (s *Site) Name() string { return s.config.Name }

// Config is what a node of this site starts with: the first founds the system,
// the others join it. NoVote may be added; Trace and Logger are not used, as
// the world has its own.
func (s *Site) Config() cohort.Config { return s.config }

// Rand is the program's source of chance: it depends on the seed, the machine
// and how often it was started. Any other source, the order of a map's keys
// among them, makes a run that cannot be replayed.
func (s *Site) Rand() *rand.Rand { return s.rand }

// Logf adds a line to the log of the run.
func (s *Site) Logf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.p.mail(func() { s.p.w.line(s.Name(), text) })
}

// Errorf fails the run: something that must never happen has.
func (s *Site) Errorf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.p.mail(func() { s.p.w.fail(false, "%s: %s", s.Name(), text) })
}
