package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// Options describe a run. The zero value of each field has a default.
type Options struct {
	Seed     uint64
	Sites    int
	Groups   int
	Programs int // processes at each site
	Faults   Faults
	Load     effect.Time   // how long programs act and faults happen
	Settle   effect.Time   // the quiet period after
	Pace     int64         // microseconds between a program's acts, at most
	MaxCast  int           // largest payload
	Keep     bool          // keep the trace
	Stack    func() []byte // tells where a panic happened; may be nil
	Draw     bool          // draw the sites at the end, even if nothing failed
	Tune     func(*core.Config)
	Ask      bool // ask each site after each step what waits, which changes nothing
}

func (o *Options) defaults() {
	set := func(p *int, n int) {
		if *p == 0 {
			*p = n
		}
	}
	set(&o.Sites, 5)
	set(&o.Groups, 3)
	set(&o.Programs, 1)
	set(&o.MaxCast, 600<<10)
	if o.Load == 0 {
		o.Load = 3 * effect.Second
	}
	if o.Settle == 0 {
		o.Settle = 30 * effect.Second
	}
	if o.Pace == 0 {
		o.Pace = 20_000
	}
}

// Result is what came of a run.
type Result struct {
	Stats
	Records []trace.Record
	// Failure is set when the core panicked, a frame was malformed, or members
	// hold different states.
	Failure string
	// Lost is set when what runs in the end is no quorum of the newest view it
	// knows: such a system stalls, and nothing need come to an end in it.
	Lost bool
	// Asked counts the waits that sites told of, with Options.Ask.
	Asked int
	// Sites draws how each site ended, for people; only if there is a failure.
	Sites string
}

// Run simulates one run.
func Run(o Options) Result {
	return newWorld(o).run()
}

// run lets everything happen.
func (w *World) run() Result {
	w.Faults.Laggards = w.Faults.Laggards || w.Faults.Slow && w.Faults.Crashes && w.dice.Chance(150)
	if w.Faults.Laggards {
		w.patience = core.Patience{After: w.between(100_000, 600_000), Dismiss: w.dice.Chance(300)}
	}
	for i, h := range w.hosts {
		if i == 0 {
			w.did("found 1")
			h.start(true)
			continue
		}
		w.aside(w.between(1000, 50_000), func() {
			w.did("start %d", i+1)
			h.start(false)
		})
	}
	w.runUntil(300 * effect.Millisecond)
	w.fault()
	w.rests()
	w.runUntil(w.now + w.Load)
	return w.finish()
}

// newWorld makes the hosts. No site runs yet.
func newWorld(o Options) *World {
	o.defaults()
	w := &World{Options: o, dice: NewDice(o.Seed), stats: newCounter(), cuts: map[[2]int]bool{}, impatient: true, absent: 800 * effect.Millisecond}
	w.system = w.dice.Uint64() | 1
	for i := range o.Sites {
		w.hosts = append(w.hosts, &host{w: w, index: i, addr: fmt.Sprintf("h%d", i+1), weight: 1, offset: w.between(1000, 5_000_000)})
	}
	if o.Faults.Crashes || o.Faults.Partitions {
		w.vary()
	}
	return w
}

// addresses are those of all hosts.
func (w *World) addresses() (all []string) {
	for _, h := range w.hosts {
		all = append(all, h.addr)
	}
	return all
}

// finish lets everything come to rest and compares what the programs hold.
func (w *World) finish() Result {
	if !w.ended {
		w.end()
		w.runUntil(w.now + 2*effect.Second) // whoever was to come back does
	}
	w.did("judge")
	quiet := len(w.records)
	w.resting = true
	w.runUntil(w.now + w.Settle)
	r := Result{Failure: w.failure, Asked: w.asked}
	r.Lost = !w.survives(nil)
	if !r.Lost && r.Failure == "" {
		w.quiet(quiet)
		r.Failure = w.settled()
	}
	if r.Failure != "" || w.Draw {
		r.Sites = w.draw()
	}
	r.Stats, r.Records = w.stats.Stats, w.records
	return r
}

// settled demands that members agree, and that nothing waits.
func (w *World) settled() string {
	for _, of := range []func() string{w.compare, w.drained, w.readable, w.idle, w.sessions} {
		if failure := of(); failure != "" {
			return failure
		}
	}
	return ""
}

// loads reports whether programs do what chance says.
func (w *World) loads() bool {
	return w.story == nil && w.big == nil && w.driver == nil && !w.ended && w.lulled == 0
}

// end ends faults and load.
func (w *World) end() {
	w.did("calm")
	w.heal()
	w.ended = true
}

// drained demands that all that was cast has been used everywhere, and credit
// for it come back: else a sender would starve in the end.
func (w *World) drained() string {
	for _, h := range w.hosts {
		if !h.site.running() {
			continue
		}
		for _, p := range h.site.programs {
			for _, to := range slices.Sorted(maps.Keys(p.out)) {
				if p.out[to] > 0 { // more may come back than was cast since it left
					return fmt.Sprintf("drain: %v still counts %d bytes as under way to %v", p.proc, p.out[to], to)
				}
			}
		}
	}
	return ""
}

// draw shows the state of every site.
func (w *World) draw() string {
	var b strings.Builder
	for _, h := range w.hosts {
		if h.site == nil {
			continue
		}
		state := "runs"
		if h.site.stopped {
			state = "stopped"
		} else if h.site.paused {
			state = "pauses"
		}
		fmt.Fprintf(&b, "%s %s: %v\n", h.addr, state, h.site.core)
	}
	return b.String()
}

// quiet puts the word that faults are over where they ended.
func (w *World) quiet(at int) {
	if !w.Keep {
		return
	}
	var alive []id.Site
	for _, h := range w.hosts {
		if h.site.running() {
			alive = append(alive, h.site.id)
		}
	}
	t := effect.Time(0)
	if at > 0 {
		t = w.records[at-1].Time
	}
	rec := trace.Record{Time: t, Site: 0, Fact: fact.Quiet{Alive: alive}}
	w.records = append(w.records[:at], append([]trace.Record{rec}, w.records[at:]...)...)
}

// compare demands that all members of a group that hold its state hold the same.
func (w *World) compare() string {
	type held struct {
		who id.Address
		m   *membership
	}
	first := map[id.Address]held{}
	for _, h := range w.hosts {
		if !h.site.running() {
			continue
		}
		for _, p := range h.site.programs {
			for _, m := range p.groups {
				if m.left || m.view.View == nil || len(m.stream) > 0 {
					continue
				}
				g := m.view.View
				if h.site.core.Group(g.Group) != g {
					continue
				}
				f, ok := first[g.Group]
				if !ok {
					first[g.Group] = held{p.proc, m}
					continue
				}
				if f.m.digest() != m.digest() {
					return fmt.Sprintf("state: %v and %v are in view %d of %v and hold different states: %x %x, %x %x", f.who, p.proc, g.Index, g.Group, f.m.sum, f.m.chain, m.sum, m.chain)
				}
			}
		}
	}
	return ""
}
