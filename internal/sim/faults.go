package sim

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Faults says what may go wrong.
type Faults struct {
	Name       string
	Crashes    bool // kill -9, and come back
	Pauses     bool // a site that stands still, and its clock does not
	Partitions bool // the network falls apart, in one direction or both
	Breaks     bool // connections break, with frames lost or late
	Slow       bool // slow links and slow programs
	Laggards   bool // programs so slow that they are set aside, or taken out
}

// The profiles of the command line.
var profiles = []Faults{
	{Name: "calm"},
	{Name: "crash", Crashes: true, Breaks: true},
	{Name: "partition", Partitions: true, Breaks: true, Slow: true},
	{Name: "slow", Crashes: true, Breaks: true, Slow: true, Laggards: true},
	{Name: "chaos", Crashes: true, Pauses: true, Partitions: true, Breaks: true, Slow: true},
}

// Profiles lists what there is to choose from.
func Profiles() []Faults { return append([]Faults(nil), profiles...) }

// Profile finds a profile by name.
func Profile(name string) (Faults, error) {
	for _, f := range profiles {
		if f.Name == name {
			return f, nil
		}
	}
	return Faults{}, fmt.Errorf("sim: no faults called %q: take calm, crash, partition, slow or chaos", name)
}

// vary makes systems differ: in some runs votes weigh differently, and in some
// the detectors are hasty, so that more sites are removed that live; and in some each site has two
// processes, often in one group.
func (w *World) vary() {
	if w.dice.Chance(250) {
		for _, h := range w.hosts[1:] {
			h.weight = Pick(w.dice, []uint32{0, 2, 2, 2, 3})
		}
		w.hosts[0].weight = Pick(w.dice, []uint32{1, 3}) // the founder has a vote
	}
	w.hasty = w.dice.Chance(250)
	w.tenure = []int{0, 1, 2, 3}[w.Seed%4] // few cast often enough for the default
	w.deps = []int{0, 0, 2, 3}[w.Seed/4%4] // and there are too few groups
	// Grants that outlast suspicions, and shorter ones; but a clock that is slow by
	// a tenth must not lose one between two heartbeats and two answers.
	if w.dice.Chance(500) {
		w.grant = w.dice.Between(350, 2000) * effect.Millisecond
	}
	w.drift = Pick(w.dice, []int64{0, 1_000, 10_000, 100_000})
	for _, h := range w.hosts {
		h.rate = w.dice.Between(-w.drift, w.drift)
	}
	if w.dice.Chance(300) {
		w.share()
	}
	if w.dice.Chance(150) {
		w.haltAfter = 2 * effect.Second
	}
	if w.dice.Chance(250) {
		w.expect = w.addresses()
	}
	if w.dice.Chance(150) {
		for _, h := range w.hosts {
			w.least += uint64(h.weight)
		}
		w.least /= 3
	}
	if w.Programs == 1 && w.dice.Chance(200) { // several members at a site
		w.Programs = 2
	}
}

// share lets hosts share machines, and with them clocks.
func (w *World) share() {
	machines := 1 + w.dice.N(2)
	for i, h := range w.hosts {
		if m := w.dice.N(machines + 1); m > 0 || machines == 1 {
			h.machine = uint64(max(m, 1))
		}
		for _, x := range w.hosts[:i] {
			if x.machine == h.machine && h.machine != 0 {
				h.offset, h.rate = x.offset, x.rate
			}
		}
	}
}

// massacre kills all sites of a machine but one, at once or nearly so.
func (w *World) massacre(h *host) {
	mates := h.mates()
	if len(mates) == 0 || !h.site.running() {
		return
	}
	for _, x := range mates {
		w.aside(w.between(0, Pick(w.dice, []int64{1, 1000, 400_000})), func() {
			if x.site.running() && h.site.running() && !w.calm {
				w.crash(x)
			}
		})
	}
}

// fault lets something go wrong now and then, until the calm.
func (w *World) fault() {
	if w.calm {
		return
	}
	w.aside(w.between(5_000, 400_000), func() {
		if w.calm {
			return
		}
		w.mishap()
		w.fault()
	})
}

func (w *World) mishap() {
	h := Pick(w.dice, w.hosts)
	switch w.dice.N(10) {
	case 0, 1:
		if w.Faults.Crashes && w.canLose(h) {
			w.crash(h)
		}
	case 2:
		if w.Faults.Crashes && w.dice.Chance(300) { // several at once
			for _, x := range w.hosts {
				if w.dice.Chance(400) && w.canLose(x) {
					w.crash(x)
				}
			}
		}
		if w.Faults.Crashes && w.driver == nil && w.dice.Chance(300) {
			w.massacre(h)
		}
		if w.Faults.Crashes && w.driver == nil && w.dice.Chance(200) && w.canLose(h) {
			w.did("depart %d", h.index+1)
			h.site.post(core.Depart{}) // and comes back
		}
	case 3:
		if w.Faults.Pauses && h.site.running() && !h.site.paused {
			w.pauseFor(h, w.between(1000, 3_000_000))
		}
	case 4:
		// The clock jumps ahead, at most once while a grant lasts.
		if w.Faults.Pauses && (h.jumped == 0 || w.now-h.jumped > 3*effect.Second) {
			d := w.between(1000, 2_500_000)
			for _, x := range append(h.mates(), h) {
				w.did("jump %d %dus", x.index+1, d/effect.Microsecond)
				x.jumped = w.now
				x.offset += d
			}
		}
	case 5, 6:
		if w.Faults.Partitions {
			w.partition()
		}
	default:
		if w.Faults.Breaks {
			w.breakSome(h)
		}
	}
}

// strikes reports whether, and at which message, the site that has just written x dies of it: half way
// through a step, at the points where one message decides what becomes of others.
func (w *World) strikes(s *site, x core.Write) (m msg.Message, strikes bool) {
	if w.calm || !w.Faults.Crashes {
		return nil, false
	}
	for _, m := range x.Frame.Msgs {
		switch m.(type) {
		case *msg.Prepare, *msg.Promise, *msg.Propose, *msg.Accept, *msg.Commit, *msg.FlushOK, *msg.Cut, *msg.CutAck, *msg.Install, *msg.XferBegin, *msg.Part:
			if w.dice.N(2000) == 0 {
				return m, w.canLose(s.host)
			}
		}
	}
	return nil, false
}

// canLose reports whether the system can go on without h: one that has lost its
// quorum for good stalls, and rightly so.
func (w *World) canLose(h *host) bool { return h.site.running() && w.survives(h) && w.spares(h) }

// survives reports whether those who run, but for one, are a quorum of the
// newest view that any of them knows.
func (w *World) survives(but *host) bool {
	var newest *view.Site
	running := map[id.Site]bool{}
	for _, h := range w.hosts {
		if h == but || !h.site.running() {
			continue
		}
		running[h.site.id] = true
		if v := h.site.view; v != nil && (newest == nil || v.Seq > newest.Seq) {
			newest = v
		}
	}
	return newest != nil && newest.Quorum(func(x id.Site) bool { return running[x] })
}

func (w *World) crash(h *host) { w.kill(h, "") }

// kill kills a host, and brings it back after a while. If it dies half way
// through a step, before says at which of its writes.
func (w *World) kill(h *host, before string) {
	w.stats.Crashes++
	h.strike(before)
	w.aside(w.between(1000, 1_500_000), func() { h.restart() })
}

func (w *World) pauseFor(h *host, d effect.Time) {
	s := h.site
	w.stats.Pauses++
	w.told("n%d stands still", h.index+1)
	w.did("pause %d", h.index+1)
	h.pause(true)
	w.aside(d, func() {
		if h.site == s && s.paused && s.running() {
			w.told("n%d goes on", h.index+1)
			w.did("resume %d", h.index+1)
			h.pause(false)
		}
	})
}

// partition cuts some links for a while: one in one direction, one site from
// the rest, or the sites into two sides.
func (w *World) partition() {
	n := len(w.hosts)
	if n < 2 {
		return
	}
	var pairs [][2]int
	switch w.dice.N(3) {
	case 0:
		a, b := w.dice.N(n), w.dice.N(n)
		if a != b {
			pairs = append(pairs, [2]int{a, b})
			if w.dice.Chance(500) {
				pairs = append(pairs, [2]int{b, a})
			}
		}
	case 1:
		a := w.dice.N(n)
		for b := range n {
			if a != b {
				pairs = append(pairs, [2]int{a, b}, [2]int{b, a})
			}
		}
	case 2:
		var side []bool
		for range n {
			side = append(side, w.dice.Chance(500))
		}
		for a := range n {
			for b := range n {
				if side[a] != side[b] {
					pairs = append(pairs, [2]int{a, b})
				}
			}
		}
	}
	if len(pairs) == 0 {
		return
	}
	w.stats.Partitions++
	w.told("links are cut: %s", w.sides(pairs))
	for _, p := range pairs {
		w.did("cut %d->%d", p[0]+1, p[1]+1)
		w.setCut(p[0], p[1], true)
	}
	w.aside(w.between(1000, 4_000_000), func() {
		if !w.calm {
			w.told("links are mended: %s", w.sides(pairs))
		}
		for _, p := range pairs {
			w.did("heal %d->%d", p[0]+1, p[1]+1)
			w.setCut(p[0], p[1], false)
		}
	})
}

// breakSome breaks connections from or to a host.
func (w *World) breakSome(h *host) {
	for l := range w.links.all() {
		if (l.from.host == h || l.to.host == h) && w.dice.Chance(400) {
			late := w.dice.Chance(300)
			w.didBreak(l, late)
			w.breakLink(l, late)
		}
	}
}

// didBreak writes down that a connection breaks.
func (w *World) didBreak(l *link, late bool) {
	if l.broken || w.recording == nil {
		return
	}
	line := fmt.Sprintf("break %d->%d %s", l.from.host.index+1, l.to.host.index+1, lanes[l.lane])
	if late {
		line += " late"
	}
	w.did("%s", line)
}

// lull is how long all rest, if they do: time enough for all but laggards.
const lull = 12 * effect.Second

// rests ends faults and load for a while in some runs, as they end for good: what was
// not told in time is made up for by whatever comes next, if something does.
func (w *World) rests() {
	if w.failure != "" || w.Faults.Laggards || !w.dice.Chance(150) {
		return
	}
	w.runUntil(w.now + w.between(50_000, 1_500_000))
	w.rest()
	w.runUntil(w.now + lull)
	w.rested()
	w.fault()
}

// rest ends faults and load, until all have rested.
func (w *World) rest() {
	w.did("rest")
	w.heal()
	w.lulled = w.now
}

// rested has faults and load begin again, if nothing waits any more.
func (w *World) rested() {
	w.did("rested")
	if w.failure == "" && w.survives(nil) {
		w.failure = w.settled()
	}
	w.lulled, w.calm = 0, false
}

// heal ends all faults.
func (w *World) heal() {
	w.calm = true
	w.told("all faults are over")
	clear(w.cuts)
	for _, h := range w.hosts {
		if h.site.running() && h.site.paused {
			h.pause(false)
		}
	}
}
