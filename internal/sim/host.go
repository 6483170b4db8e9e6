package sim

import (
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// host is a place for a site, a machine of its own unless machine says that it
// shares one. It runs one site at a time; every start is a new incarnation.
type host struct {
	w           *World
	index       int
	addr        string
	incarnation int
	site        *site
	offset      effect.Time // of its clock
	rate        int64       // how much faster than true time it runs, in parts per million
	jumped      effect.Time // when it last jumped ahead
	weight      uint32
	client      *client
	machine     uint64 // 0: shared with no other host
	dark        bool   // the machine is off, not only the process gone
}

// site is one running incarnation.
type site struct {
	w        *World
	host     *host
	id       id.Site
	core     *core.Site
	inbox    []core.Event
	spare    []core.Event // the last inbox, to be used again
	links    []*link      // from it and to it, in the order in which they were made
	out      core.Output
	wants    map[dialKey]uint64 // the turn of each lane it wants dialed
	turns    uint64
	paused   bool
	stopped  bool
	waking   bool // a step is on the agenda
	wakeAt   effect.Time
	view     *view.Site // installed
	programs []*program
	clients  []*client
	seeds    []string // whom it may ask; all, if nil

	// What readers know.
	terms lease.Terms
	dues  map[dueKey]uint64
}

func (w *World) hostAt(addr string) *host {
	if w.byAddr == nil {
		w.byAddr = map[string]*host{}
		for _, h := range w.hosts {
			w.byAddr[h.addr] = h
		}
	}
	return w.byAddr[addr]
}

// start runs a new incarnation. The first of all founds the system; the others
// ask whoever runs.
func (h *host) start(found bool) {
	w := h.w
	s := h.newSite(view.Member{Name: fmt.Sprintf("n%d", h.index+1), Addr: h.addr, Weight: h.weight, Machine: h.machine})
	switch {
	case w.expect != nil && !w.founded: // the judges know one system
		w.system += 2 // each that may found draws a number of its own
		s.post(core.Found{System: w.system, With: w.expect})
		h.seek(s)
	case found:
		s.post(core.Found{System: w.system})
	default:
		if w.big != nil {
			s.seeds = w.big.seeds()
		}
		h.seek(s)
	}
	for n := 1; n <= w.Programs; n++ {
		s.programs = append(s.programs, newProgram(s, uint16(n)))
	}
}

// newSite makes the next incarnation.
func (h *host) newSite(me view.Member) *site {
	h.incarnation++
	h.dark = false
	w := h.w
	s := &site{
		w: w, host: h, wants: map[dialKey]uint64{}, dues: map[dueKey]uint64{},
		// "31" in base 36 reads: machine 3, incarnation 1; two digits for more.
		id: id.Site((h.index+1)*1296 + h.incarnation),
	}
	me.Site = s.id
	cfg := core.Defaults(me)
	cfg.Tracing = true
	cfg.Linger = 1200 * effect.Millisecond // shorter than the longest cuts
	cfg.Absent = w.absent
	if w.hasty {
		cfg.Detect.Beat, cfg.Detect.Floor, cfg.Detect.Ceil = cfg.Detect.Beat/2, cfg.Detect.Floor/4, cfg.Detect.Ceil/4
		cfg.Log.Patience /= 4
	}
	cfg.Log.Least = w.least
	if w.impatient {
		cfg.Log.Patience /= 3 // faults do not last long
		cfg.Log.Backoff /= 10 // and all have to be back before the run ends
	}
	cfg.HaltAfter = w.haltAfter
	if w.tenure != 0 {
		cfg.Tenure = w.tenure
	}
	if w.deps != 0 {
		cfg.Deps = w.deps
	}
	if w.grant != 0 {
		cfg.Lease.Grant = w.grant
	}
	cfg.Lease.Drift = max(cfg.Lease.Drift, w.drift)
	if w.Tune != nil {
		w.Tune(&cfg)
	}
	s.core = core.New(cfg)
	h.site = s
	return s
}

// seek looks for a seed until the site is in.
func (h *host) seek(s *site) {
	w := h.w
	w.in(w.takes(seeks, h, nil, 1000, 20_000), func() {
		if !s.running() || s.core.View() != nil {
			return
		}
		for _, other := range w.hosts {
			if other != h && s.knows(other) && other.site.running() && !w.cut(h, other) && !w.cut(other, h) && (w.expect != nil || other.site.core.View() != nil) && w.finds(h, other) {
				s.post(core.Contact{Site: other.site.id, Addr: other.addr})
			}
		}
		w.in(200*effect.Millisecond, func() { h.seek(s) })
	})
}

func (s *site) knows(h *host) bool { return s.seeds == nil || slices.Contains(s.seeds, h.addr) }

func (s *site) running() bool { return s != nil && !s.stopped }

// clock is the site's own monotonic time.
func (s *site) clock() effect.Time { return s.host.offset + s.w.now + s.w.now*s.host.rate/million }

// true time that passes while its clock runs on by d, and a little.
func (h *host) real(d effect.Time) effect.Time { return d*million/(million+h.rate) + 1 }

const million = 1_000_000

// post gives the site something to handle, soon.
func (s *site) post(ev core.Event) {
	if s.stopped {
		return
	}
	s.inbox = append(s.inbox, ev)
	if s.w.big != nil { // it is busy with what came before
		s.wakeIn(s.w.between(500, 3000))
		return
	}
	s.wakeIn(s.w.takes(wakes, s.host, nil, 1, 30))
}

func (s *site) wakeIn(delay effect.Time) {
	at := s.w.now + max(delay, 0)
	if s.stopped || s.paused || (s.waking && s.wakeAt <= at) {
		return
	}
	s.waking, s.wakeAt = true, at
	s.w.serial++
	s.w.agenda.push(deed{at: at, serial: s.w.serial, wakes: s})
}

// wake steps the site if that is still what it was to do now.
func (s *site) wake(at effect.Time) {
	if s.waking && s.wakeAt == at {
		s.waking = false
		s.step()
	}
}

// step runs the core on all that came in and carries out what it wants.
func (s *site) step() {
	if s.stopped || s.paused {
		return
	}
	in := core.Input{Now: s.clock(), Events: s.inbox}
	s.inbox, s.spare = s.spare, nil
	if !s.try(&in) {
		return
	}
	clear(in.Events)
	s.spare = in.Events[:0]
	s.publish()
	for _, f := range s.out.Facts {
		s.w.record(s.id, f)
	}
	for _, x := range s.out.Hangups {
		for l := range msg.Lanes {
			delete(s.wants, dialKey{x, l})
		}
		s.hangup(x)
	}
	for _, d := range s.out.Dials {
		s.turns++
		s.wants[dialKey{d.Site, d.Lane}] = s.turns
		s.w.dial(s, d)
	}
	for _, r := range s.out.Answers {
		s.w.answered(r)
	}
	for _, x := range s.out.Writes {
		if s.w.story != nil && !s.w.story.writes(s, x) {
			return
		}
		s.w.write(s, x)
		if s.w.story != nil && !s.w.story.wrote(s, x) {
			return
		}
		if m, dies := s.w.strikes(s, x); dies {
			s.w.kill(s.host, fmt.Sprintf("after %d->%d %s: ", s.host.index+1, int(x.To)/1296, kindName(m.Kind())))
			return
		}
	}
	if s.w.driver != nil && len(s.out.Items) > 0 {
		s.w.driver.Items(s.host.index, s.out.Items)
	}
	for _, i := range s.out.Items {
		s.handle(i)
	}
	if s.out.Wake != effect.Never {
		s.wakeIn(s.host.real(s.out.Wake - in.Now))
	}
	s.readers()
}

// try steps the core; a panic is a failure of the run.
func (s *site) try(in *core.Input) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			s.w.failure = fmt.Sprintf("panic: site %v: %v", s.id, r)
			if s.w.Stack != nil {
				s.w.failure += "\n" + string(s.w.Stack())
			}
		}
	}()
	s.core.Step(in, &s.out)
	for _, l := range s.out.Returns { // at once: what is written now must not be in them
		l.Return()
	}
	if s.w.Ask {
		s.w.asked += len(s.core.Why()) + len(s.core.Losses())
	}
	return true
}

// hangup ends the connections to a site, and those it has to us: it learns why
// when it tries again.
func (s *site) hangup(x id.Site) {
	for _, l := range s.links {
		switch {
		case l.gone:
		case l.from == s && l.to.id == x:
			l.broken = true
			s.w.links.drop(l)
		case l.to == s && l.from.id == x:
			s.w.breakLink(l, false)
		}
	}
}

func (s *site) handle(i core.Item) {
	switch i := i.(type) {
	case core.SiteViewed:
		s.w.founded = true
		s.view = i.View
	case core.Halted:
		s.stop(true)
		switch {
		case s.w.driver != nil:
			s.w.driver.Ended(s.host.index)
		case !s.w.resting && s.w.story == nil && (s.w.big == nil || !s.w.big.alone):
			s.w.aside(s.w.between(50_000, 400_000), func() { s.host.restart() })
		}
	default:
		for _, p := range s.programs {
			p.handle(i)
		}
		for _, c := range s.clients {
			c.handle(i)
		}
	}
}

// stop ends the incarnation. With late set, what it has written still arrives.
func (s *site) stop(late bool) {
	if s.stopped {
		return
	}
	s.stopped = true
	s.w.breakAll(s, late)
	for _, h := range s.host.mates() { // the machine sees it end
		if mate := h.site; mate.running() {
			s.w.in(s.w.takes(perishes, s.host, h, 10, 2000), func() { mate.post(core.Perished{Site: s.id}) })
		}
	}
}

// mates are the other hosts that are one machine with this one.
func (h *host) mates() (list []*host) {
	for _, x := range h.w.hosts {
		if x != h && x.machine == h.machine && h.machine != 0 {
			list = append(list, x)
		}
	}
	return list
}

// silent reports whether whoever dials gets no answer at all.
func (h *host) silent() bool {
	if h.site.running() {
		return h.site.paused
	}
	return h.dark
}

func (h *host) restart() {
	switch {
	case h.w.driver != nil:
		h.dark = false
		h.w.driver.Boot(h.index)
	case !h.site.running() && !h.w.resting:
		h.w.did("start %d", h.index+1)
		h.dark = false
		h.start(false)
	}
}

// pause stops the site's clock hand, not time: it handles nothing until resume.
func (h *host) pause(on bool) {
	s := h.site
	if !s.running() {
		return
	}
	s.paused = on
	if !on {
		s.waking = false
		s.wakeIn(0)
	}
}
