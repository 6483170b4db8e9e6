package core

import (
	"cmp"
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/session"
	"github.com/cohortkit/cohort/internal/core/view"
)

// peers are the sites this one has sessions with: the members of the view, and
// for a while those that come and go.
type peers struct {
	bySite  map[id.Site]*peer
	order   []*peer            // by site, for every walk
	removed map[id.Site]uint64 // excluded incarnations: the entry that did it
	gone    []id.Site          // keys of removed, oldest first
	seeds   []id.Site          // contacts while joining
	joinAt  effect.Time
}

type peer struct {
	site    id.Site
	addr    string
	lanes   session.Peer
	dialed  [msg.Lanes]bool
	member  bool
	gone    bool        // it has crashed, as far as we know
	until   effect.Time // a session with a non-member ends then; 0: not set
	beatAt  effect.Time // when a heartbeat is due
	control []msg.Message
}

const (
	maxRemoved = 1 << 12
	joinEvery  = 500 * effect.Millisecond
)

func newPeers() peers {
	return peers{bySite: map[id.Site]*peer{}, removed: map[id.Site]uint64{}}
}

// know makes sure there is a session for site s, which is reached at addr.
func (ps *peers) know(s id.Site, addr string) *peer {
	p := ps.bySite[s]
	if p == nil {
		if _, gone := ps.removed[s]; gone {
			return nil
		}
		p = &peer{site: s}
		ps.bySite[s] = p
		at, _ := ps.search(s)
		ps.order = slices.Insert(ps.order, at, p)
	}
	if addr != "" {
		p.addr = addr
	}
	return p
}

func (ps *peers) search(s id.Site) (at int, found bool) {
	return slices.BinarySearchFunc(ps.order, s, func(p *peer, s id.Site) int { return cmp.Compare(p.site, s) })
}

func (ps *peers) strangers() int {
	n := 0
	for _, p := range ps.order {
		if !p.member {
			n++
		}
	}
	return n
}

// forget ends the session with site x, and all connections.
func (s *Site) forget(x id.Site) {
	if at, ok := s.peers.search(x); ok {
		s.peers.order = slices.Delete(s.peers.order, at, at+1)
		delete(s.peers.bySite, x)
		s.out.Hangups = append(s.out.Hangups, x)
		s.breaks++
	}
}

func (ps *peers) exclude(s id.Site, index uint64) {
	if _, ok := ps.removed[s]; ok {
		return
	}
	ps.removed[s] = index
	if ps.gone = append(ps.gone, s); len(ps.gone) > maxRemoved {
		delete(ps.removed, ps.gone[0])
		ps.gone = ps.gone[1:]
	}
}

// settlePeers brings the peers up to a new view.
func (s *Site) settlePeers(v *view.Site, removed []msg.Removal, index uint64) {
	var watch []id.Site
	for _, m := range v.Members {
		if m.Site == s.me {
			continue
		}
		watch = append(watch, m.Site)
		if p := s.peers.know(m.Site, m.Addr); p != nil {
			p.member, p.until = true, 0
			s.dial(p, msg.LaneControl)
		}
	}
	s.detector.Watch(s.now, watch)
	for _, x := range watch {
		if p := s.peers.bySite[x]; p != nil && p.gone {
			s.crashed(x)
		}
	}
	s.lease.Install(v)
	s.hurry(watch)
	for _, x := range s.log.Removed() {
		s.peers.exclude(x, index)
	}
	for _, r := range removed {
		s.peers.exclude(r.Site, index)
		if p := s.peers.bySite[r.Site]; p != nil {
			if r.Evidence == msg.Crash {
				s.forget(r.Site)
				continue
			}
			p.member, p.until = false, s.now+s.cfg.Linger
		}
	}
	s.peers.seeds = nil
	for _, p := range s.peers.order {
		if !p.member && p.until == 0 {
			p.until = s.now + s.cfg.Linger
		}
	}
}

// crashed takes certain evidence against x. We hear it once, and x may be in a view that we
// have yet to make: then it counts as soon as x is in.
func (s *Site) crashed(x id.Site) {
	if p := s.peers.bySite[x]; p != nil {
		p.gone = true
	}
	if s.detector.Crashed(x) {
		s.log.Suspect(s.now, x, msg.Crash, &s.fx)
	}
}

// alive disproves it: x has opened a connection, or taken one.
func (s *Site) alive(p *peer) {
	p.gone = false
	if s.detector.Alive(s.now, p.site) {
		s.log.Clear(p.site, &s.fx)
	}
}

// visitor has a session for a while, to be answered; it comes again if it must.
func (s *Site) visitor(x id.Site, addr string) {
	if p := s.peers.bySite[x]; p == nil && s.peers.strangers() >= flow.Strangers {
		return
	}
	if p := s.peers.know(x, addr); p != nil && !p.member && p.until != 0 {
		p.until = s.now + s.cfg.Linger
	}
}

func (s *Site) dial(p *peer, lane msg.Lane) {
	if !p.dialed[lane] && p.addr != "" {
		p.dialed[lane] = true
		s.out.Dials = append(s.out.Dials, Dial{p.site, p.addr, lane})
	}
}

// contact asks a site that answered at a seed's address to let us in.
func (s *Site) contact(ev Contact) {
	if s.log.View() != nil || ev.Site == s.me {
		return
	}
	s.start(false)
	if p := s.peers.know(ev.Site, ev.Addr); p != nil && !slices.Contains(s.peers.seeds, ev.Site) {
		s.peers.seeds = append(s.peers.seeds, ev.Site)
		s.fx.Control(ev.Site, &msg.Join{Member: s.cfg.Me})
		s.peers.joinAt = s.now + joinEvery
	}
}

func (s *Site) refused(m *msg.Refuse) {
	if s.log.View() == nil {
		s.item(Refused{Why: m.Why})
	}
}

// offered answers a connection that another site opened to us.
func (s *Site) offered(ev Offered) {
	r := Reception{Conn: ev.Conn}
	p := s.peers.bySite[ev.From]
	_, gone := s.peers.removed[ev.From]
	ours := s.log.System()
	switch {
	case gone:
		r.Shun = true
	case ev.System != 0 && ours != 0 && ev.System != ours, ev.From == s.me, ev.From == 0:
		r.Refuse = true
	case p == nil && s.peers.strangers() >= flow.Strangers:
		r.Refuse = true
	default:
		if p == nil {
			p = s.peers.know(ev.From, ev.Addr)
			p.until = s.now + s.cfg.Linger
		}
		r.Got = p.lanes.In[ev.Lane].Open(ev.Conn)
		s.alive(p)
	}
	s.out.Answers = append(s.out.Answers, r)
}

func (s *Site) connected(ev Connected) {
	p := s.peers.bySite[ev.To]
	if p == nil {
		return
	}
	again := p.lanes.Out[ev.Lane].Up(ev.Conn, ev.Got)
	if len(again) > 0 {
		s.breaks++
	}
	s.alive(p)
	for _, f := range again {
		s.out.Writes = append(s.out.Writes, Write{ev.Conn, ev.To, f})
	}
}

func (ps *peers) broken(ev Broken) {
	if p := ps.bySite[ev.To]; p != nil {
		p.lanes.Out[ev.Lane].Down(ev.Conn)
	}
}

// frame takes a frame off a lane and handles its messages.
func (s *Site) frame(ev *Frame) {
	p := s.peers.bySite[ev.From]
	if p == nil || !p.lanes.In[ev.Frame.Lane].Take(ev.Conn, ev.Bytes) {
		return
	}
	if s.detector.Heard(s.now, ev.From) {
		s.log.Clear(ev.From, &s.fx)
	}
	if ev.Frame.Lane == msg.LaneControl {
		p.lanes.Acked(ev.Frame.Got)
		s.log.Shown(s.now, ev.From, ev.Frame.Index)
	}
	for _, m := range ev.Frame.Msgs {
		if s.halted {
			return
		}
		if beat, ok := m.(*msg.Heartbeat); ok {
			s.log.Lagging(s.now, ev.From, ev.Frame.Index, &s.fx)
			if s.lease.Heard(ev.From, beat) {
				p.beatAt = 0
			}
		}
		s.dispatch(ev.From, m)
	}
}

// tick sends heartbeats, repeats the wish to join, ends old sessions.
func (ps *peers) tick(s *Site) effect.Time {
	wake := effect.Never
	if s.log.View() == nil && len(ps.seeds) > 0 {
		if s.now >= ps.joinAt {
			ps.joinAt = s.now + joinEvery
			for _, seed := range ps.seeds {
				s.fx.Control(seed, &msg.Join{Member: s.cfg.Me})
			}
		}
		wake = ps.joinAt
	}
	beat := s.beat()
	var ended []id.Site
	for _, p := range ps.order {
		if p.until != 0 && s.now >= p.until && !slices.Contains(ps.seeds, p.site) {
			if s.mayForget(p.site) {
				ended = append(ended, p.site)
				continue
			}
			p.until = s.now + s.cfg.Linger
		}
		if p.until > s.now {
			wake = min(wake, p.until)
		}
		if !p.member || p.lanes.Out[msg.LaneControl].Conn == 0 {
			continue
		}
		if s.now >= p.beatAt {
			p.control = append(p.control, s.lease.Beat(s.now, p.site, s.log.MayBind(p.site)))
			p.beatAt = s.now + beat
		}
		wake = min(wake, p.beatAt)
	}
	for _, x := range ended {
		s.forget(x)
	}
	return wake
}

// mayForget reports whether nothing is lost with the session to x, which is no
// member: not while we are joining, nor while we keep what it said, as a member
// by a view we have yet to learn of. It believes that we have got all that.
func (s *Site) mayForget(x id.Site) bool {
	return s.log.View() != nil && !s.log.Keeps(x) &&
		!slices.ContainsFunc(s.early, func(e early) bool { return e.from == x })
}

// beat is the pause between heartbeats; it grows with the system, so that the
// number of all heartbeats grows no faster than the number of sites.
func (s *Site) beat() effect.Time {
	b := s.cfg.Detect.Beat
	if n := len(s.peers.order); n > 32 {
		b = min(b*effect.Time(n)/32, s.cfg.Detect.Floor/3)
	}
	return b
}

// pack turns what is to be sent into frames: one control frame for each peer, or
// several if it would be too large, and one frame for each message of the other
// lanes, the same for all its readers.
func (s *Site) pack() {
	s.divert()
	var last msg.Message
	var frame *msg.Frame
	for _, x := range s.fx.Sends {
		p := s.peers.bySite[x.To]
		if p == nil {
			continue
		}
		if x.Lane == msg.LaneControl {
			p.control = append(p.control, x.Msg)
			continue
		}
		if x.Msg != last {
			last, frame = x.Msg, single(x.Lane, x.Msg)
		}
		s.push(p, frame)
	}
	clear(s.fx.Sends)
	s.fx.Sends = s.fx.Sends[:0]
	for _, p := range s.peers.order {
		if len(p.control) == 0 && (!p.lanes.Due() || p.lanes.Out[msg.LaneControl].Conn == 0) {
			continue
		}
		for list := p.control; ; {
			n := fitting(list)
			s.push(p, &msg.Frame{Lane: msg.LaneControl, Got: p.lanes.Got(), Index: s.log.Index(), Msgs: list[:n:n]})
			if list = list[n:]; len(list) == 0 {
				break
			}
		}
		p.control = nil
	}
}

// fitting is how many messages off the front of a list go into one control frame.
// One that is too large goes alone.
func fitting(list []msg.Message) int {
	if len(list) < 2 {
		return len(list)
	}
	size := 0
	for i, m := range list {
		if size += msg.Most(m); size > flow.ControlFrame && i > 0 {
			return i
		}
	}
	return len(list)
}

// single is a frame with one message, in one allocation.
func single(lane msg.Lane, m msg.Message) *msg.Frame {
	f := new(struct {
		frame msg.Frame
		one   [1]msg.Message
	})
	f.one[0] = m
	f.frame.Lane, f.frame.Msgs = lane, f.one[:]
	return &f.frame
}

func (s *Site) push(p *peer, f *msg.Frame) {
	out := &p.lanes.Out[f.Lane]
	if out.Push(f) {
		s.out.Writes = append(s.out.Writes, Write{out.Conn, p.site, f})
		return
	}
	s.dial(p, f.Lane)
}
