// Package core is one site of Cohort as a value: Step takes what happened and
// says what to do. It has no clock, socket, goroutine, lock or dice; the same
// code runs in production, in the simulator and in the judges' small worlds.
//
// This file is the composition. Each idea is a package below this one; they do
// not know each other and meet here:
//
//	session   lanes between two sites that survive broken connections
//	detect    who is silent
//	lease     what a member may read without asking anybody
//	gms       the membership log: site views and the directory of groups
//	change    from group view to group view: flush and cut
//	mcast     the streams of a view, held until stable
//	order     FIFO, Causal, Total, Barrier, safe
//	stable    who holds and who has used what
//	flow      the bound of every queue
//	call      replies and failures counted down
//	clients   sessions of callers outside that outlive their sites
//	xfer      state for a joiner
//
// and in this package: site.go the step, peers.go sessions and frames, contact.go
// who is in touch, groups.go the log's word carried to the members, member.go one
// process in one group, with its cast.go, flush.go, transfer.go, handover.go,
// causality.go, bound.go, pasts.go and made.go; depart.go the way out; readers.go what
// readers of its state may rely on; outside.go callers that are not members, relay.go what
// a member does for them, direct.go what is cast to a process, speaker.go callers with a
// session, sessions.go what sessions are to members; why.go and whygroup.go what waits, for
// people.
package core

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cohortkit/cohort/internal/core/detect"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/gms"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Config is what a site is told about itself and its times.
type Config struct {
	Me     view.Member
	Detect detect.Config
	Log    gms.Config
	Lease  lease.Config
	Retry  effect.Time // pause before a request to the coordinator is repeated
	Lazy   effect.Time // how long an acknowledgement may wait
	Linger effect.Time // how long a session to an excluded site is kept
	Absent effect.Time // how long a client session outlives its site
	// Tenure is how many order records in a row are for one other member before the
	// sequencer hands the order over to it.
	Tenure int
	// Deps is of how many groups a process may carry knowledge (flow.Deps).
	Deps int
	// HaltAfter is how long a site stays stalled before it gives up; 0: for ever.
	HaltAfter effect.Time
	Tracing   bool // tell facts
}

// Defaults fits a local network.
func Defaults(me view.Member) Config {
	const ms = effect.Millisecond
	return Config{
		Me:     me,
		Detect: detect.Config{Beat: 100 * ms, Floor: 1000 * ms, Ceil: 8000 * ms},
		Log:    gms.Config{Patience: 3000 * ms, Gather: 100 * ms, Retry: 10 * ms, Bond: 1000 * ms, Backoff: 1000 * ms},
		Lease:  lease.Config{Grant: 900 * ms, Drift: 10_000, Slack: 100 * ms},
		Retry:  250 * ms,
		Lazy:   20 * ms,
		Linger: 5000 * ms,
		Absent: 60_000 * ms,
		Tenure: 64,
		Deps:   flow.Deps,
	}
}

// Site is one site. Its methods are not safe for concurrent use.
type Site struct {
	cfg Config
	me  id.Site
	now effect.Time

	log      *gms.Log
	detector *detect.Detector
	lease    *lease.Lease
	peers    peers
	groups   groups
	outside  callers
	directs  directs
	lists    lists
	requests requests
	pasts    pasts

	started bool // said so in the trace
	stalled bool
	since   effect.Time // when it stalled
	departs bool        // the program wants to leave the system
	breaks  uint64      // of connections that we write to (loans.go)
	halted  bool

	fx        effect.Effects
	out       *Output
	loop      []looped // to ourselves: handled before the step ends
	early     []early  // from beyond our place in the log,
	earlySize uint64   // and what that counts for
	wake      effect.Time
}

type looped struct {
	lane msg.Lane
	m    msg.Message
}

// New returns a site that is in no system yet: give it Found or Contact.
func New(cfg Config) *Site {
	s := &Site{
		cfg: cfg, me: cfg.Me.Site,
		log:      gms.New(cfg.Me, cfg.Log),
		detector: detect.New(cfg.Detect),
		lease:    lease.New(cfg.Lease, cfg.Me.Site),
		peers:    newPeers(),
		groups:   newGroups(),
		outside:  newCallers(),
		pasts:    newPasts(),
	}
	s.fx.Tracing = cfg.Tracing
	s.log.Guard(s.fence)
	return s
}

// Step takes what happened and fills out. Events are handled in order; then
// what became due is done, what can be delivered is, and all that is to be said
// to one peer goes into one frame.
func (s *Site) Step(in *Input, out *Output) {
	out.reset()
	s.lease.Clock(in.Now, s.wake)
	s.out, s.now, s.wake = out, in.Now, effect.Never
	s.fx.Facts = out.Facts
	for _, ev := range in.Events {
		if s.halted {
			break
		}
		s.handle(ev)
	}
	if !s.halted {
		s.tick()
	}
	if !s.halted {
		s.settle()
	}
	s.pasts.drop()
	s.pack()
	out.Facts, s.fx.Facts = s.fx.Facts, nil
	out.Terms = s.terms()
	out.Wake, s.out = s.wake, nil
}

func (s *Site) handle(ev Event) {
	switch ev := ev.(type) {
	case *Frame:
		s.frame(ev)
	case Offered:
		s.offered(ev)
	case Connected:
		s.connected(ev)
	case Broken:
		s.breaks++
		s.peers.broken(ev)
	case Gone:
		s.crashed(ev.Site)
	case Perished:
		s.crashed(ev.Site)
		s.lease.Mourn()
		s.applied(s.log.Perished(s.now, ev.Site, &s.fx))
	case Shunned:
		s.halt("excluded")
	case Contact:
		s.contact(ev)
	case Found:
		s.start(len(ev.With) == 0)
		s.applied(s.log.Found(s.now, ev.System, ev.With, &s.fx))
	case Depart:
		if s.log.View() == nil { // there is nothing to leave yet
			s.start(false)
			s.halt("left")
			return
		}
		s.departs = true
		for _, c := range s.outside.list {
			c.owes = c.last
		}
	default:
		s.program(ev)
	}
}

func (s *Site) start(founder bool) {
	if !s.started {
		s.started = true
		s.fx.Fact(fact.Start{Name: s.cfg.Me.Name, Founder: founder, Least: s.cfg.Log.Least})
	}
}

// program handles what the user's program asks for.
func (s *Site) program(ev Event) {
	switch ev := ev.(type) {
	case Sync:
		s.requests.add(msg.Op{Kind: msg.OpSync, Proc: id.Process(s.me, 0), Index: ev.ID})
	case JoinGroup:
		if !s.departs { // else the program hears soon that the site is out
			s.joinGroup(ev)
		}
	case Cast:
		s.cast(ev)
	case OpenSession:
		s.openSession(ev)
	case CloseSession:
		s.closeSession(ev)
	case Answer:
		s.answer(ev)
	case CastList:
		s.castList(ev)
	case CancelCall:
		s.cancelCall(ev)
	case LeaveGroup:
		s.withMember(ev.Group, ev.Proc, func(m *member) { m.wanted, m.gone = true, m.gone || ev.Gone; m.leave() })
	case Used:
		if ev.Group == 0 {
			s.usedDirect(ev.Proc, ev.Items)
			return
		}
		s.withMember(ev.Group, ev.Proc, func(m *member) {
			if ev.Since == m.joined { // else it is of an earlier membership
				m.used(ev.Items)
			}
		})
	case FlushGroup:
		if s.groups.find(ev.Group, ev.Proc) == nil { // its membership has ended, and its program has yet to hear of that
			s.item(Flushed{Proc: ev.Proc, Group: ev.Group, ID: ev.ID, Unknown: true})
			return
		}
		s.withMember(ev.Group, ev.Proc, func(m *member) { m.flushCall(ev.ID) })
	case StateBlock:
		s.withMember(ev.Group, ev.Proc, func(m *member) { m.stateBlock(ev) })
	case StateRead:
		s.withMember(ev.Group, ev.Proc, func(m *member) { m.stateRead(ev) })
	case Restored:
		s.withMember(ev.Group, ev.Proc, func(m *member) { m.restored(ev) })
	}
}

// dispatch handles one message, or keeps it until the log has come so far.
func (s *Site) dispatch(from id.Site, m msg.Message) {
	if need := needs(m); need > s.log.Index() {
		s.keepEarly(from, need, m)
		return
	}
	g, grouped := groupOf(m)
	if v := s.log.View(); grouped && from != s.me && (v == nil || !v.Has(from)) {
		return // excluded, or a stranger: it has no part in any group
	}
	switch m := m.(type) {
	case *msg.Heartbeat:
	case *msg.Join:
		s.visitor(m.Member.Site, m.Member.Addr)
		s.applied(s.log.Received(s.now, from, m, &s.fx))
	case *msg.Refuse:
		s.refused(m)
	case *msg.Request:
		s.request(m)
	case *msg.RequestHeld:
		s.requestHeld(m)
	case *msg.SessionTold:
		s.sessionTold(m)
	case *msg.Replies:
		s.replies(m)
	case *msg.DepAsk:
		s.depAsk(from, m)
	case *msg.DepDone:
		s.depDone(m)
	default:
		if grouped {
			for _, member := range s.groups.of(g) {
				member.received(m)
			}
			return
		}
		s.applied(s.log.Received(s.now, from, m, &s.fx))
	}
}

// tick does what time made due.
func (s *Site) tick() {
	silent, wake := s.detector.Advance(s.now, nil)
	s.wakeAt(wake)
	for _, x := range silent {
		s.log.Suspect(s.now, x, msg.Timeout, &s.fx)
	}
	s.checkContact()
	if s.givesUp() {
		s.halt("stalled")
		return
	}
	s.wakeAt(s.requests.tick(s))
	s.wakeAt(s.groups.tick(s.now))
	s.wakeAt(s.askPast())
	s.wakeAt(s.peers.tick(s))
}

func (s *Site) wakeAt(t effect.Time) { s.wake = min(s.wake, t) }

// manyRounds is after how many a step in which the log still moves ends. One that does
// not settle otherwise never will.
const manyRounds = 1000

// settle lets everything come to rest: our messages to ourselves, the members
// that something happened to, the log's next entry.
func (s *Site) settle() {
	for round := 0; !s.halted; round++ {
		if round > 10*manyRounds {
			panic("core: step does not settle")
		}
		s.pasts.resume(s)
		s.outside.passFresh(s)
		if s.departs && s.cleared() {
			s.requests.add(msg.Op{Kind: msg.OpDepart, Proc: id.Process(s.me, 0)})
		}
		s.requests.submit(s)
		applied, wake := s.log.Advance(s.now, &s.fx)
		s.applied(applied)
		worked := s.groups.work()
		s.divert()
		if s.halted {
			return
		}
		if len(applied) == 0 && !worked && len(s.loop) == 0 && !s.requests.pending(s) {
			s.wakeAt(wake)
			return
		}
		if len(applied) > 0 && round > manyRounds { // as with thousands of Barrier casts: others have a turn
			s.wakeAt(s.now + effect.Millisecond)
			return
		}
		loop := s.loop
		s.loop = nil
		for _, l := range loop {
			if !s.halted {
				s.dispatch(s.me, l.m)
			}
		}
	}
}

// divert takes what is for ourselves out of what is to be sent.
func (s *Site) divert() {
	keep := s.fx.Sends[:0]
	for _, x := range s.fx.Sends {
		if x.To == s.me {
			s.loop = append(s.loop, looped{x.Lane, x.Msg})
		} else {
			keep = append(keep, x)
		}
	}
	s.fx.Sends = keep
}

func (s *Site) item(i Item) { s.out.Items = append(s.out.Items, i) }

// halt ends this incarnation: it was excluded, or left.
func (s *Site) halt(why string) {
	if s.halted {
		return
	}
	s.halted = true
	for _, m := range slices.Clone(s.groups.list) {
		m.end("halted")
	}
	s.haltLists()
	s.outside.halt()
	s.fx.Fact(fact.Halt{Why: why})
	s.item(Halted{Why: why})
}

// View is the installed site view, nil before the site is in a system.
func (s *Site) View() *view.Site { return s.log.View() }

// Lookup finds a group in this site's copy of the directory, or nil.
func (s *Site) Lookup(name string) *view.Group { return s.log.Directory().Lookup(name) }

// Groups are the newest views of all groups there are in this site's copy of
// the log, by address.
func (s *Site) Groups() []*view.Group { return s.log.Directory().Groups() }

// Group is the newest view of a group in this site's copy of the log, or nil.
func (s *Site) Group(a id.Address) *view.Group { return s.log.Directory().Group(a) }

// Index is the last log entry applied.
func (s *Site) Index() uint64 { return s.log.Index() }

// System is the number of the system, 0 before there is one.
func (s *Site) System() uint64 { return s.log.System() }

// Excludes reports whether this site knows that the log removed s.
func (s *Site) Excludes(x id.Site) bool { _, gone := s.peers.removed[x]; return gone }

// Stalled reports whether the site is out of touch with a majority.
func (s *Site) Stalled() bool { return s.stalled }

// String draws the site's state, for people.
func (s *Site) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "site %v: %v", s.me, s.log)
	if s.stalled {
		b.WriteString("; stalled")
	}
	for _, op := range s.requests.open {
		fmt.Fprintf(&b, "; wants %+v", op)
	}
	for _, c := range s.outside.list {
		fmt.Fprintf(&b, "\n  %v asks %v by %v: %d made, %d passed on, %d not held, %d open", c.proc, c.dest, c.relay.Proc, c.last, c.sent, len(c.unheld), c.calls.Len())
	}
	for _, l := range s.lists.open {
		fmt.Fprintf(&b, "\n  %v casts %d to %v, by attempt %d: requests %v, held in %v", l.Proc, l.ID, l.Dests, l.num, l.firsts, l.held)
	}
	for _, p := range s.pasts.list {
		for _, d := range p.deps {
			fmt.Fprintf(&b, "\n  %v carries %v of view %d of %v", p.proc, d.Time, d.View, d.Group)
		}
	}
	for _, m := range s.groups.list {
		fmt.Fprintf(&b, "\n  %v in %v %q:", m.proc, m.group, m.name)
		if m.cur != nil {
			fmt.Fprintf(&b, " view %d", m.cur.view.Index)
		}
		for _, t := range m.targets {
			fmt.Fprintf(&b, " to %d", t.Index)
		}
		fmt.Fprintf(&b, ", %d queued, %d waiting, %d early, %d handed, %d relayed, %d pooled", len(m.queue), len(m.waiting), len(m.early.list), len(m.handed), len(m.relayed), len(m.pool.kept))
		if m.waits {
			fmt.Fprintf(&b, ", waits for another group: %d views to end, delivery %v, to send %v", len(m.ending), m.cur != nil && m.cur.queue.Waits(), m.unsecured)
		}
		if m.coord != nil {
			fmt.Fprintf(&b, ", %v", m.coord)
		}
		if m.cut != nil {
			fmt.Fprintf(&b, ", cut %v held %v", m.cut.Counts, m.cur.streams.Vector())
		}
	}
	return b.String()
}
