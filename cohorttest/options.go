package cohorttest

import (
	"context"
	"flag"
	"strings"
	"time"

	"github.com/cohortkit/cohort/internal/sim"
)

// Faults says what may go wrong in the world.
type Faults uint

// Faults are combined with |. All is all of them; the zero Faults is a calm
// world, which still delays messages and programs.
const (
	// Crashes kill a site's process at any moment, and boot it again. The
	// system always keeps its majority, and each group a member with its state.
	Crashes Faults = 1 << iota
	// Pauses make a site stand still for up to some seconds.
	Pauses
	// Partitions cut links, in one direction or both, for up to some seconds.
	Partitions
	// Breaks break connections, with messages under way.
	Breaks
	// Slow makes some messages and some programs slow.
	Slow

	All = Crashes | Pauses | Partitions | Breaks | Slow
)

var faultNames = []string{"crashes", "pauses", "partitions", "breaks", "slow"}

// String names the faults.
func (f Faults) String() string {
	var words []string
	for i, name := range faultNames {
		if f&(1<<i) != 0 {
			words = append(words, name)
		}
	}
	if words == nil {
		return "calm"
	}
	return strings.Join(words, "+")
}

func (f Faults) profile() sim.Faults {
	return sim.Faults{
		Name: f.String(), Crashes: f&Crashes != 0, Pauses: f&Pauses != 0, Partitions: f&Partitions != 0,
		Breaks: f&Breaks != 0, Slow: f&Slow != 0,
	}
}

// Options describe the worlds. Each field but Faults has a default that the
// zero value stands for. All times are of the simulated world.
type Options struct {
	// Seeds is how many worlds are run, 20 by default, with the seeds First,
	// First+1 and so on. First is 1 by default.
	Seeds int
	First uint64
	// Sites is how many there are, 5 by default.
	Sites int
	// Faults are what may go wrong.
	Faults Faults
	// Rounds is how often it goes wrong, comes to rest and is checked, 1 by
	// default. Time is how long each round lasts without the rest, 2 s by
	// default.
	Rounds int
	Time   time.Duration
	// Workers is how many goroutines call Act at each site, 1 by default; each
	// waits twice Pace at most, and Pace on average, between two calls. Pace is
	// 50 ms by default.
	Workers int
	Pace    time.Duration
	// Rest is how long a world may take to come to rest after the last fault, a
	// minute by default. Give calls of your program shorter timeouts than that.
	Rest time.Duration
}

func (o *Options) complete() {
	defaults(&o.Seeds, 20)
	defaults(&o.First, 1)
	defaults(&o.Sites, 5)
	defaults(&o.Rounds, 1)
	defaults(&o.Time, 2*time.Second)
	defaults(&o.Workers, 1)
	defaults(&o.Pace, 50*time.Millisecond)
	defaults(&o.Rest, time.Minute)
}

func defaults[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// The flags of a test binary that imports this package.
var (
	flagSeed  = flag.Uint64("cohort.seed", 0, "run this `seed` of a simulated world alone, and print its log")
	flagSeeds = flag.Int("cohort.seeds", 0, "run so many seeds instead of Options.Seeds")
	flagTrace = flag.String("cohort.trace", "", "write the trace of the failed world, or of the last, to this `file`")
)

func (o *Options) flags() {
	if *flagSeeds > 0 {
		o.Seeds = *flagSeeds
	}
	if *flagSeed > 0 {
		o.First, o.Seeds = *flagSeed, 1
	}
}

// A Program is what runs at the sites of a world, and what must hold of it. A P
// is the program as it runs at one site, such as a service with its Group.
type Program[P any] struct {
	// Start makes the program of a site. It is called when the site's machine is
	// switched on, and again whenever it comes back from a crash, with nothing
	// left of what it was. It starts a node with ctx and the site's Config,
	// and may block; while it does, the site counts as starting. After an error
	// the machine is switched on again a little later. The context ends with
	// the process, and goroutines of the program have to end with it.
	Start func(ctx context.Context, s *Site) (P, error)
	// Act does something with a program that runs, as its clients would, by
	// chance: chance is s.Rand. It is called again and again until the round is
	// over, and may block for less than Options.Rest.
	Act func(ctx context.Context, s *Site, p P)
	// Check looks at the programs when faults are over, no Act is under way and
	// all is at rest. They are those of all sites, in order. An error is what is
	// wrong with them.
	Check func(all []P) error
}

// program is a Program of any type.
type program struct {
	start func(context.Context, *Site) (any, error)
	act   func(context.Context, *Site, any)
	check func([]any) error
}

func (p Program[P]) erased() program {
	e := program{
		start: func(ctx context.Context, s *Site) (any, error) { return p.Start(ctx, s) },
		act:   func(context.Context, *Site, any) {},
		check: func([]any) error { return nil },
	}
	if p.Act != nil {
		e.act = func(ctx context.Context, s *Site, v any) { p.Act(ctx, s, v.(P)) }
	}
	if p.Check != nil {
		e.check = func(all []any) error {
			typed := make([]P, len(all))
			for i, v := range all {
				typed[i] = v.(P)
			}
			return p.Check(typed)
		}
	}
	return e
}
