package bench

import (
	"fmt"
	"sync/atomic"
	"time"
)

// ledger is what a member has been delivered, and judges it: each payload whole and
// in its group, each sender's casts without a gap, none twice; after what its sender
// had seen where the order promises that; and for members to compare, one hash of
// who came when.
type ledger struct {
	shape  Shape
	rank   int  // of this member
	deaf   bool // own casts need not come
	groups []account
	timed  atomic.Bool // times are kept
	own    func()      // a cast of this member was delivered
	fail   func(error)
}

// account is the ledger of one group.
type account struct {
	lanes []lane
	_     [cacheLines]byte // who casts reads lanes, while who is delivered to writes what follows
	chain uint64           // hash of all deliveries in their order, where there is one
	_     [cacheLines]byte
}

// cacheLines keeps what different processors write apart.
const cacheLines = 128

// lane is what came from one sender to one group.
type lane struct {
	next  atomic.Uint64 // casts delivered, and so the number of the next
	times timings
	_     [cacheLines - 40]byte // lanes are written on different processors
}

func newLedger(s Shape, rank int) *ledger {
	l := &ledger{shape: s, rank: rank, groups: make([]account, s.Groups)}
	for g := range l.groups {
		l.groups[g].lanes = make([]lane, s.Members)
		for r := range l.groups[g].lanes {
			l.groups[g].lanes[r].times.every = s.stride()
		}
	}
	return l
}

// deliver is Seat.Deliver.
func (l *ledger) deliver(group int, payload []byte) {
	var m message
	if !m.read(payload, l.shape.Size) || m.sender >= l.shape.Members || m.witness >= l.shape.Members {
		l.fail(fmt.Errorf("a payload of %d bytes is not what was cast", len(payload)))
		return
	}
	if m.group != group {
		l.fail(fmt.Errorf("cast %d of member %d to group %d came in group %d", m.seq, m.sender, m.group, group))
		return
	}
	p := &l.groups[group]
	from := &p.lanes[m.sender]
	if next := from.next.Load(); m.seq != next {
		l.fail(fmt.Errorf("from member %d came cast %d where %d was next", m.sender, m.seq, next))
		return
	}
	if l.shape.Order != FIFO {
		if have := p.lanes[m.witness].next.Load(); have < m.seen {
			l.fail(fmt.Errorf("cast %d of member %d came before one of member %d that its sender had seen: %d of %d were here",
				m.seq, m.sender, m.witness, have, m.seen))
			return
		}
	}
	if l.shape.agreed() {
		p.chain = (p.chain ^ (m.seq<<16 | uint64(m.sender))) * 0x9e3779b97f4a7c15
		p.chain ^= p.chain >> 29
	}
	if m.at != 0 && l.timed.Load() {
		from.times.add(timing{m.seq, time.Duration(time.Now().UnixNano() - m.at)})
	}
	from.next.Store(m.seq + 1)
	if m.sender == l.rank {
		l.own()
	}
}

// counts are the deliveries so far, and those of them that others cast.
func (l *ledger) counts() (all, others uint64) {
	for g := range l.groups {
		for r := range l.groups[g].lanes {
			n := l.groups[g].lanes[r].next.Load()
			all += n
			if r != l.rank {
				others += n
			}
		}
	}
	return all, others
}

// has reports whether all that was cast and should come has been delivered; sent
// is by group and rank.
func (l *ledger) has(sent [][]uint64) bool {
	for g := range l.groups {
		for r := range l.groups[g].lanes {
			if (!l.deaf || r != l.rank) && l.groups[g].lanes[r].next.Load() < sent[g][r] {
				return false
			}
		}
	}
	return true
}

// chains are the hashes of the groups, for members to compare. The call follows
// the last delivery.
func (l *ledger) chains() (list []uint64) {
	for g := range l.groups {
		list = append(list, l.groups[g].chain)
	}
	return list
}
