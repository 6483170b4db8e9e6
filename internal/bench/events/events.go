// Package events measures what happens to groups, beside casts: members die, pause
// and join, states are handed over, groups idle, programs read.
//
// Members are processes of their own on this machine, which use the public package
// as any program does. A [Bench] has them live through each event several times; a
// [Row] is what that came to, beside the goal.
package events

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/crew"
)

// Bench measures. Its workers are processes of this program.
type Bench struct {
	Worker []string // the arguments that make this program a worker
	Only   []string // the measurements to make; nil for all
	Rounds int      // of each; 0 for as many as its time allows, up to those of Measurements
	// Network is what each member is in as on a machine of its own, nil for this one's
	// loopback. The goals are for that, so there are none then.
	Network *bench.Network
	Scale
	// Tell is called before each measurement with what it is, and Row with each row.
	Tell func(what string)
	Row  func(Row)

	congestion string // control of TCP in the network
}

// Scale is how large things are.
type Scale struct {
	Groups int           // where there are many
	State  int           // bytes, where it is large
	Span   time.Duration // that something is watched for
	Pause  time.Duration // of a member that must not be excluded for it
}

// Full is the scale of the goals.
var Full = Scale{Groups: 1000, State: 100_000_000, Span: time.Second, Pause: 300 * time.Millisecond}

// members is how many there are, but for a joiner.
const members = 3

// Result is all rows of an invocation.
type Result struct {
	Rows       []Row   `json:"rows"`
	Network    string  `json:"network,omitempty"`    // what was between members; empty for loopback
	Congestion string  `json:"congestion,omitempty"` // control of TCP there
	Seconds    float64 `json:"seconds"`
	Processors int     `json:"processors"`
	Load       float64 `json:"load"` // of the machine in the minute before
	LoadAfter  float64 `json:"load_after"`
}

// measurement is one that can be asked for by its name.
type measurement struct {
	name   string
	what   string
	rounds int
	limit  time.Duration // after which no further round begins, unless rounds were asked for
	make   func(*system, *rounds) ([]Row, error)
}

// rounds counts the rounds of a measurement.
type rounds struct {
	mu         sync.Mutex
	most, done int
	end        time.Time // zero for none
}

// next reports whether there is one more. There are at least two, if they may.
func (r *rounds) next() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done == r.most || r.done >= 2 && !r.end.IsZero() && time.Now().After(r.end) {
		return false
	}
	r.done++
	return true
}

// measurements are all there are. Those that mostly wait are made in several
// systems at once.
func measurements() []measurement {
	return []measurement{
		{"kill", "a member of one group is killed", 10, 4 * time.Second, (*system).killOne},
		{"stop", "a member of one group is stopped", 3, 5 * time.Second, (*system).stopOne},
		{"stop-apart", "a member of one group is stopped, on a machine of its own", 6, 4 * time.Second, (*system).stopApart},
		{"kill-many", "a member of many groups is killed", 3, 6 * time.Second, (*system).killMany},
		{"stop-many", "a member of many groups is stopped", 3, 4 * time.Second, (*system).stopMany},
		{"pause", "a member pauses", 6, 4 * time.Second, (*system).pause},
		{"join", "joins of empty groups", 10, 3 * time.Second, (*system).joinEmpty},
		{"join-load", "joins of a group under load", 5, 6 * time.Second, (*system).joinLoad},
		{"transfer", "a large state is handed to a joiner", 5, 6 * time.Second, (*system).transfer},
		{"transfer-load", "a large state is handed to a joiner while all cast", 5, 6 * time.Second, (*system).transferLoad},
		{"idle", "many groups do nothing", 3, 9 * time.Second, (*system).idle},
		{"read", "members read their state", 3, 5 * time.Second, (*system).read},
	}
}

// Names are those of all measurements.
func Names() (list []string) {
	for _, m := range measurements() {
		list = append(list, m.name)
	}
	return list
}

// Check says what is wrong with names of measurements.
func Check(names []string) error {
	for _, n := range names {
		if !slices.Contains(Names(), n) {
			return fmt.Errorf("%q is no measurement; there are %s", n, strings.Join(Names(), ", "))
		}
	}
	return nil
}

// Run makes the measurements. The error says which failed and why; it is
// [crew.ErrInterrupted] if ctx ended. No process outlives Run. Measurements that
// stop processes are left out where the system cannot.
func (b *Bench) Run(ctx context.Context) (*Result, error) {
	if err := Check(b.Only); err != nil {
		return nil, err
	}
	began := time.Now()
	res := &Result{Rows: []Row{}, Processors: runtime.NumCPU(), Load: bench.Load()}
	for _, m := range measurements() {
		if len(b.Only) > 0 && !slices.Contains(b.Only, m.name) {
			continue
		}
		b.Tell(m.what)
		rows, err := b.measure(ctx, m)
		if errors.Is(err, errors.ErrUnsupported) {
			b.Tell("  this system cannot stop processes: left out")
			continue
		}
		if errors.Is(err, crew.ErrInterrupted) {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		if b.Network != nil {
			rows = withoutGoals(rows)
		}
		for _, r := range rows {
			b.Row(r)
		}
		res.Rows = append(res.Rows, rows...)
	}
	if b.Network != nil {
		res.Network, res.Congestion = b.Network.String(), b.congestion
	}
	res.Seconds, res.LoadAfter = bench.Rounded(time.Since(began).Seconds()), bench.Load()
	return res, nil
}

// measure makes one measurement, in a system of its own.
func (b *Bench) measure(ctx context.Context, m measurement) ([]Row, error) {
	r := &rounds{most: m.rounds, end: time.Now().Add(m.limit)}
	if b.Rounds > 0 {
		r = &rounds{most: b.Rounds}
	}
	var rows []Row
	err := b.within(ctx, func(s *system) (err error) {
		rows, err = m.make(s, r)
		return err
	})
	return rows, err
}
