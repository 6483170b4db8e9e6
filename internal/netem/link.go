package netem

import (
	"math/rand/v2"
	"time"
)

const (
	// queueBytes is what waits for the line at most: a thousand packets, as in the
	// queue of a Linux device, if they are full; 12 ms at 1 Gbit/s.
	queueBytes = 1000 * (deviceMTU + framing)
	// together is how many segments arrive at once at most, when the last one is
	// there, as network cards put them together: 0.1 ms at 1 Gbit/s.
	together = 8
)

// link is what a host sends into: a queue of bounded length, a line of some rate,
// on which packets are lost, and a way that takes a while. Times are nanoseconds
// of any clock.
type link struct {
	network Network
	dice    *rand.Rand
	most    float64 // nanoseconds that a full queue lasts
	busy    float64 // until when the line is taken
	left    float64 // when the last packet that was not lost had left it
	pending fifo
	Traffic
}

// Traffic is what hosts have sent. Packets are as on a wire: segments.
type Traffic struct {
	Packets uint64
	Bytes   uint64        // with all headers, of those that had room in the queue
	Lost    uint64        // packets, by chance
	Dropped uint64        // packets for which the queue had no room
	Waited  time.Duration // of all packets together, in queues
}

// add adds what another has sent.
func (t *Traffic) add(o *Traffic) {
	t.Packets += o.Packets
	t.Bytes += o.Bytes
	t.Lost += o.Lost
	t.Dropped += o.Dropped
	t.Waited += o.Waited
}

func newLink(n Network, seed uint64) *link {
	l := &link{network: n, dice: rand.New(rand.NewPCG(1987, seed))}
	l.most = l.lasts(queueBytes)
	return l
}

// lasts is how long the line is taken by some bytes.
func (l *link) lasts(bytes int) float64 {
	if l.network.Rate == 0 {
		return 0
	}
	return float64(bytes) * 8e9 / l.network.Rate
}

// send takes a packet that comes at a time. What arrives of it is pending from
// then on, in pieces.
func (l *link) send(now int64, p packet, b *buffer) {
	first, n := 0, p.segments()
	for i := range n {
		ok := l.passes(now, p.wire(i))
		switch {
		case !ok:
			l.pend(p, b, first, i)
			first = i + 1
		case i+1-first == together:
			l.pend(p, b, first, i+1)
			first = i + 1
		}
	}
	l.pend(p, b, first, n)
}

// passes decides about one segment. One that is lost has taken the line as well.
func (l *link) passes(now int64, wire int) bool {
	l.Packets++
	start := max(l.busy, float64(now))
	lasts := l.lasts(wire)
	if l.network.Rate > 0 && start-float64(now)+lasts > l.most {
		l.Dropped++
		return false
	}
	l.Bytes += uint64(wire)
	l.Waited += time.Duration(start) - time.Duration(now)
	l.busy = start + lasts
	if l.network.Loss > 0 && l.dice.Float64() < l.network.Loss {
		l.Lost++
		return false
	}
	l.left = l.busy
	return true
}

// pend puts segments on their way, the last of which is the last that has passed.
func (l *link) pend(p packet, b *buffer, from, to int) {
	if from >= to {
		return
	}
	x := l.pending.push()
	x.due, x.to, x.buffer = int64(l.left)+int64(l.network.Delay), p.to, b
	x.head, x.payload = p.cut(from, to, &x.heading)
	b.users++
}

// piece is what arrives at once.
type piece struct {
	due     int64
	to      int
	head    []byte // in heading; may be empty
	payload []byte // in buffer
	heading heading
	buffer  *buffer
}

// buffer is what packets were read into. It is used again when no piece is left
// of it.
type buffer struct {
	bytes []byte
	users int
}

// fifo is a queue of pieces that uses its room again.
type fifo struct {
	list        []*piece
	first, size int
}

// push appends a piece, which keeps its place in memory.
func (q *fifo) push() *piece {
	if q.size == len(q.list) {
		grown := make([]*piece, max(64, 2*len(q.list)))
		for i := range q.list {
			grown[i] = q.list[(q.first+i)%len(q.list)]
		}
		for i := q.size; i < len(grown); i++ {
			grown[i] = &piece{}
		}
		q.list, q.first = grown, 0
	}
	q.size++
	return q.list[(q.first+q.size-1)%len(q.list)]
}

// head is the first piece, nil if there is none.
func (q *fifo) head() *piece {
	if q.size == 0 {
		return nil
	}
	return q.list[q.first]
}

// pop takes the first piece away. It stays as it is until the next push.
func (q *fifo) pop() {
	q.first = (q.first + 1) % len(q.list)
	q.size--
}
