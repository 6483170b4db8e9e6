package explore

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// net is the network between the sites and who of them runs: a value that is
// copied whenever something happens. Queues are never changed, but replaced.
type net struct {
	links   [maxSites * maxSites * msg.Lanes]link
	stopped uint8 // the sites that run no more
	crashed uint8 // those of them that were killed
}

// link is one lane from one site to another.
type link struct {
	state linkState
	turn  uint8 // how many connections it has had
	got   uint64
	queue []frameID
}

type linkState uint8

const (
	closed   linkState = iota
	down               // broke, and its dialer has to hear of it
	dialing            // to be offered to the other end
	accepted           // the dialer has to hear that it was taken
	rejected           // the dialer has to hear that it was excluded
	refused            // for now
	open
)

func at(from, to int, lane msg.Lane) int { return (from*maxSites+to)*int(msg.Lanes) + int(lane) }

// ends is the inverse of at.
func ends(i int) (from, to int, lane msg.Lane) {
	return i / int(msg.Lanes) / maxSites, i / int(msg.Lanes) % maxSites, msg.Lane(i % int(msg.Lanes))
}

// connOf numbers a link's connection.
func (n *net) connOf(i int) uint64 { return uint64(n.links[i].turn)<<8 | uint64(i+1) }

// linkOf is the link whose connection of now has this number, or nil.
func (n *net) linkOf(conn uint64) *link {
	l := &n.links[conn&0xff-1]
	if uint64(l.turn) != conn>>8 {
		return nil
	}
	return l
}

func (n *net) runs(site int) bool { return n.stopped&(1<<site) == 0 }

// carry carries out what a step of a site wants of the network.
func (n *net) carry(site int, o *outcome) {
	for _, d := range o.dials {
		if l := &n.links[at(site, int(d.to), d.lane)]; l.state == closed {
			l.state = dialing
			l.turn++
		}
	}
	for _, x := range o.hangups {
		n.hangup(site, int(x))
	}
	for _, r := range o.answers {
		l := n.linkOf(r.Conn)
		if l == nil || l.state != dialing {
			continue
		}
		switch {
		case r.Shun:
			l.state = rejected
		case r.Refuse:
			l.state = refused
		default:
			l.state, l.got = accepted, r.Got
		}
	}
	for _, x := range o.writes {
		l := n.linkOf(x.conn)
		_, to, _ := ends(int(x.conn&0xff) - 1)
		if l != nil && l.state == open && n.runs(to) {
			l.queue = append(slices.Clip(l.queue), x.frame)
		}
	}
	if o.halted {
		n.stop(site)
	}
}

// hangup ends what site has with x. What x had with site it dials anew, and
// learns why that is not taken.
func (n *net) hangup(site, x int) {
	for lane := range msg.Lanes {
		l := &n.links[at(site, x, lane)]
		l.state, l.queue = closed, nil
		n.lose(at(x, site, lane))
	}
}

// lose breaks a link: what is under way is lost.
func (n *net) lose(i int) {
	if l := &n.links[i]; l.state != closed {
		l.state, l.queue = down, nil
	}
}

// stop ends a site. What it has written may still arrive.
func (n *net) stop(site int) {
	n.stopped |= 1 << site
	for x := range maxSites {
		for lane := range msg.Lanes {
			l := &n.links[at(x, site, lane)]
			l.state, l.queue = closed, nil
			if l = &n.links[at(site, x, lane)]; len(l.queue) == 0 {
				l.state = closed
			}
		}
	}
}

// next is what a link has for one of its ends, if it has anything.
func (n *net) next(i int) (site int, in input, ok bool) {
	l := &n.links[i]
	from, to, lane := ends(i)
	switch {
	case l.state == open && len(l.queue) > 0 && n.runs(to):
		return to, input{kind: frame, site: int8(from), conn: n.connOf(i), frame: l.queue[0]}, true
	case !n.runs(from) || !n.runs(to):
		return 0, in, false
	}
	switch l.state {
	case down:
		return from, input{kind: broken, site: int8(to), lane: lane, conn: n.connOf(i)}, true
	case dialing:
		return to, input{kind: offered, site: int8(from), lane: lane, conn: n.connOf(i), got: system}, true
	case accepted:
		return from, input{kind: connected, site: int8(to), lane: lane, conn: n.connOf(i), got: l.got}, true
	case rejected:
		return from, input{kind: shunned, site: int8(to)}, true
	case closed, refused, open:
	}
	return 0, in, false
}

// passed takes off a link what next gave, before the step that it causes.
func (n *net) passed(i int) {
	l := &n.links[i]
	switch l.state {
	case open:
		l.queue = l.queue[1:]
		if from, _, _ := ends(i); len(l.queue) == 0 {
			l.queue = nil
			if !n.runs(from) {
				l.state = closed
			}
		}
	case down:
		l.state = dialing
		l.turn++
	case accepted:
		l.state = open
	case rejected:
		l.state = closed
	case closed, dialing, refused:
	}
}

func (n *net) digest(s *sum) {
	s.word(uint64(n.stopped)<<8 | uint64(n.crashed))
	for i := range n.links {
		l := &n.links[i]
		if l.state == closed && l.turn == 0 {
			continue
		}
		s.word(uint64(i)<<48 | uint64(l.state)<<40 | uint64(l.turn)<<32 | uint64(len(l.queue)))
		if l.state == accepted {
			s.word(l.got)
		}
		for _, f := range l.queue {
			s.word(uint64(f))
		}
	}
}
