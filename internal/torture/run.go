package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/cohortkit/cohort/internal/crew"
)

const (
	// roundFor is how long a round storms at most: what it leaves behind has to
	// be judged in memory.
	roundFor = 30 * time.Second
	// leastRound is the shortest round that is begun for what is left of the time.
	leastRound = 5 * time.Second
	// clients is how many processes outside the groups ask.
	clients = 2
)

// Options say what a run is like.
type Options struct {
	Sites  int           // members with a vote
	For    time.Duration // how long to begin and torment systems; the last one's end comes on top
	Faults []Fault
	Seed   uint64
	// Worker are the arguments that make this program call Work.
	Worker []string
	// Keep is the directory for traces of rounds in which a promise was broken;
	// empty means a new one below the system's directory for such files.
	Keep string
	// Story gets what happens, for people; Verbose tells of each fault.
	Story   io.Writer
	Verbose bool
	// Forget, if not 0, makes the second member leave out one update, counted
	// from 1, so that it can be seen that this is noticed.
	Forget uint64
}

// Result is what a run found.
type Result struct {
	Ops          uint64        `json:"ops"`    // updates and questions that the system answered
	Faults       map[Fault]int `json:"faults"` // by kind
	Violations   int           `json:"violations"`
	Lost         int           `json:"lost"`       // acknowledged updates that a survivor does not have
	Duplicated   int           `json:"duplicated"` // updates that a member was delivered twice
	MaxOutageMs  int64         `json:"max_outage_ms"`
	Acknowledged uint64        `json:"acknowledged"` // updates whose effect had to last
	Unknown      uint64        `json:"unknown"`      // operations that ended with an error
	Facts        int           `json:"facts"`        // lines of traces
	Checks       int           `json:"checks"`       // made by the judges
	Rounds       int           `json:"rounds"`
	Apart        int           `json:"apart"`    // rounds whose processes were as on machines of their own
	Stranded     int           `json:"stranded"` // rounds that ended without the majority of a site view
	Sites        int           `json:"sites"`
	Seconds      float64       `json:"seconds"`
	Seed         uint64        `json:"seed"`
	Kept         []string      `json:"kept"` // directories with what shows a broken promise
}

// OK reports whether all promises were kept.
func (r *Result) OK() bool { return r.Violations == 0 && r.Lost == 0 && r.Duplicated == 0 }

// Run torments systems until its time is over or ctx ends. It returns what it
// has found in any case. An error says that it could not go on: ctx has ended,
// or a process could not be started.
func Run(ctx context.Context, o Options) (res Result, err error) {
	res = Result{Faults: map[Fault]int{}, Sites: o.Sites, Seed: o.Seed, Kept: []string{}}
	for _, f := range o.Faults {
		res.Faults[f] = 0
	}
	if runtime.GOOS != "linux" {
		return res, errors.New("only Linux has all that it takes to torment processes: every address of 127.0.0.0/8, signals, and the end of a child with its parent")
	}
	began := time.Now()
	defer func() { res.Seconds = float64(time.Since(began).Milliseconds()) / 1000 }()
	for left := o.For; res.Rounds == 0 || left >= leastRound; left = o.For - time.Since(began) {
		if err := o.round(ctx, &res, min(left, roundFor)); err != nil {
			return res, err
		}
	}
	return res, nil
}

// round runs one round and adds what it found.
func (o Options) round(ctx context.Context, res *Result, storm time.Duration) (err error) {
	dir, err := os.MkdirTemp(o.Keep, fmt.Sprintf("cohort-torture-%d-%d-", o.Seed, res.Rounds))
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	story, err := os.Create(filepath.Join(dir, "story.txt"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, story.Close()) }()
	r, err := newRound(ctx, o, res.Rounds, dir, story)
	if err != nil {
		return err
	}
	if err := r.run(storm); err != nil {
		if keep = !errors.Is(err, crew.ErrInterrupted); keep {
			res.Kept = append(res.Kept, dir)
		}
		return err
	}
	j, err := r.judge()
	if err != nil { // to be looked at
		keep, res.Kept = true, append(res.Kept, dir)
		return err
	}
	keep = j.bad(r)
	r.conclude(j)
	res.add(r, j)
	if keep {
		res.Kept = append(res.Kept, dir)
	}
	return nil
}

// add sums up.
func (r *Result) add(x *round, j *verdict) {
	r.Rounds++
	r.Ops += x.ops
	r.Unknown += x.unknown
	r.Acknowledged += x.acked.count()
	for f, n := range x.counts { // order does not matter: sums
		r.Faults[f] += n
	}
	r.Violations += j.violations
	r.Lost += len(j.lost)
	r.Duplicated += len(x.twice)
	r.MaxOutageMs = max(r.MaxOutageMs, j.outage)
	r.Facts += j.facts
	r.Checks += j.checks
	if x.apart {
		r.Apart++
	}
	if j.stranded {
		r.Stranded++
	}
}
