package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
)

// A program's state on its way to a joiner: what there is to it comes first, and
// then, in some, so many zeros that it takes a while.

// front is more than what comes before the zeros.
const front = 64 << 10

// zeros are a block of state that is ballast. Nobody writes to it.
var zeros = make([]byte, flow.XferBlock)

// capture is a state on its way to a joiner.
type capture struct {
	joiner  id.Address
	xfer    uint64
	front   []byte
	ballast int // bytes after it
	upto    int // bytes that may be handed over
	handed  int
	done    bool
}

// left is how many bytes are still to be handed over.
func (c *capture) left() int { return len(c.front) + c.ballast }

// take hands over the next n bytes, at most a block.
func (c *capture) take(n int) (b []byte) {
	c.handed += n
	k := min(n, len(c.front))
	b, c.front, c.ballast = c.front[:k:k], c.front[k:], c.ballast-(n-k)
	if k == 0 {
		return zeros[:n:n]
	}
	return append(b, zeros[:n-k]...)
}

// snapshot is the program's state in this group as bytes: now and then a large one.
func (m *membership) snapshot() (front []byte, ballast int) {
	ballast = 32
	w, c := m.p.s.w, choice{states, m.p.s.host.index, -1}
	if w.story != nil {
		ballast = w.story.sizeOfState(c)
	} else if w.big == nil && w.dice.Chance(100) {
		ballast = w.dice.N(6 << 20)
	}
	w.chosen(c, int64(ballast))
	b := make([]byte, 16, 32+8*len(m.state.counts))
	binary.LittleEndian.PutUint64(b, m.sum)
	binary.LittleEndian.PutUint64(b[8:], m.chain)
	return m.state.append(b), ballast
}

// digest is the order-free part of the state: members of one view may handle
// FIFO and Causal casts in different orders.
func (m *membership) digest() uint64 { return mix(m.sum) ^ m.chain }

// feed hands over as much as there is room for.
func (m *membership) feed(c *capture) {
	for !c.done && (c.upto > c.handed || c.left() == 0) {
		n := min(c.left(), c.upto-c.handed, flow.XferBlock)
		ev := core.StateBlock{Proc: m.p.proc, Group: m.group, Joiner: c.joiner, Xfer: c.xfer, Bytes: c.take(n)}
		ev.Last = c.left() == 0
		c.done = ev.Last
		m.p.s.post(m.p.s.w.lendState(ev))
	}
}

func (p *program) room(i core.CaptureRoom) {
	m := p.in(i.Group)
	if i.Proc != p.proc || m == nil {
		return
	}
	for _, c := range m.captures {
		if c.joiner == i.Joiner && c.xfer == i.Xfer {
			if i.Stop {
				c.done = true
				return
			}
			c.upto = int(i.Upto)
			m.feed(c)
		}
	}
}

// load takes a block of the state that comes in, and keeps what is no ballast.
func (m *membership) load(block []byte) {
	k := min(len(block), front-len(m.loading))
	m.loading = append(m.loading, block[:k]...)
	if ballast := block[k:]; len(ballast) > 0 && ballast[0]|ballast[len(ballast)-1] != 0 {
		m.p.s.w.failure = fmt.Sprintf("lent: %v is given a state that somebody wrote into", m.p.proc)
	}
}

func (m *membership) restore(i core.RestoreEnd) {
	s := m.p.s
	ev := core.Restored{Proc: m.p.proc, Group: m.group, Xfer: i.Xfer, Err: i.Err}
	if m.spoilt && ev.Err == "" {
		ev.Err = "it is of no use"
	}
	if ev.Err == "" {
		m.sum = binary.LittleEndian.Uint64(m.loading)
		m.chain = binary.LittleEndian.Uint64(m.loading[8:])
		m.state.read(m.loading[16:])
		s.w.record(s.id, fact.Digest{Proc: m.p.proc, Group: m.group, Xfer: i.Xfer, Sum: m.digest()})
	}
	m.loading = nil
	s.post(ev)
}
