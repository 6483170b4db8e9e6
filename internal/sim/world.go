// Package sim runs many sites of the very core that ships, in one goroutine and
// under one seed: a network that delays, breaks and cuts, clocks that jump,
// sites that crash, pause and come back, programs that cast, call, join and
// leave. Everything that happened comes out as a trace for the judges. The same
// seed gives the same trace, byte for byte, on every machine.
//
//	world.go   time and the record of what happened
//	agenda.go  what will happen
//	link.go    connections between sites; links.go all of them
//	host.go    one machine: the site that runs on it
//	client.go  a program outside a group that has a session
//	program.go what a user's program does with a site
//	read.go    how a program reads its own state
//	load.go    what the programs are made to do
//	faults.go  what goes wrong, and when it ends
//	noise.go   how everything else turns out
//	recording.go all that chance decided, as a story
//	run.go     a whole run
//	stats.go   what it exercised
//	story.go   a run that is told, command by command
//	count.go   what one step of a story sends
//	drive.go   a world whose programs somebody else runs
//	big.go     a large world: what each kind of event costs; meter.go counts
package sim

import (
	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// World is a whole system.
type World struct {
	Options
	dice      *Dice
	hasty     bool        // detectors give up sooner than by default
	grant     effect.Time // of leases, 0: the default
	drift     int64       // the most that clocks do
	least     uint64
	patience  core.Patience // of members with slow ones
	expect    []string      // the addresses of those that found the system together
	founded   bool          // there has been a site view
	haltAfter effect.Time
	tenure    int         // 0: as by default
	deps      int         // the same
	absent    effect.Time // how long sessions outlive their clients' sites
	impatient bool        // the log waits less: faults do not last long
	now       effect.Time
	agenda    agenda
	serial    uint64
	hosts     []*host
	byAddr    map[string]*host
	links     links
	encoded   encoded
	hashes    hashes
	cuts      map[[2]int]bool // directed, by host
	records   []trace.Record
	stats     counter
	calm      bool        // faults are over
	ended     bool        // the load is over too
	lulled    effect.Time // since when faults and load are over for a while; or 0
	resting   bool        // and nobody comes back any more
	system    uint64
	failure   string // the core panicked
	asked     int    // waits that sites told of, with Options.Ask
	story     *Story // not nil: what happens is told, and chance has no part in it
	driver    Driver // not nil: it runs the programs
	big       *big   // not nil: it says what programs do, and what goes wrong
	tally     *tally // not nil: what is written is counted

	rank      int        // how many events there were at this time, asides not counted
	recording *recording // of what chance decides; or nil
}

// in puts a deed on the agenda, after a delay.
func (w *World) in(delay effect.Time, do func()) {
	w.serial++
	w.agenda.push(deed{at: w.now + max(delay, 0), serial: w.serial, do: do})
}

// aside puts on the agenda what chance lets happen: in a story it is told.
func (w *World) aside(delay effect.Time, do func()) {
	w.serial++
	w.agenda.push(deed{at: w.now + max(delay, 0), serial: w.serial, do: do, aside: true})
}

// between throws a delay, in microseconds: in a story always the shortest.
func (w *World) between(lo, hi int64) effect.Time {
	if w.story != nil {
		return lo * effect.Microsecond
	}
	return w.dice.Between(lo, hi) * effect.Microsecond
}

// runUntil works off the agenda up to a time.
func (w *World) runUntil(end effect.Time) {
	for len(w.agenda) > 0 && w.agenda[0].at <= end && w.failure == "" {
		w.next()
	}
	w.pass(end)
}

// runTo works off the agenda up to a point.
func (w *World) runTo(p point) {
	for len(w.agenda) > 0 && w.failure == "" {
		if at := w.agenda[0].at; at > p.at || (at == p.at && w.now == at && w.rank >= p.rank) || (at == p.at && p.rank == 0) {
			break
		}
		w.next()
	}
	w.pass(p.at)
}

// next lets the next thing on the agenda happen.
func (w *World) next() {
	d := w.agenda.pop()
	w.pass(d.at)
	w.stats.Events++
	d.happen()
	if !d.aside {
		w.rank++
	}
}

// pass lets time pass.
func (w *World) pass(now effect.Time) {
	if now > w.now {
		w.now, w.rank = now, 0
	}
}

func (w *World) record(s id.Site, f fact.Fact) {
	if w.story != nil {
		w.story.told(s, f)
	}
	w.stats.count(f)
	if w.Keep {
		w.records = append(w.records, trace.Record{Time: w.now, Site: s, Fact: f})
	}
}
