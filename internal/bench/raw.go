package bench

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
)

const (
	chunkSize = 256 << 10 // of what is written, and read, at once
	chunks    = 8         // that a sender has under way
	headSize  = 4         // of a frame: the length of its payload
	ackSize   = 8         // of an answer: how many casts were taken
)

// rawMember sends frames over plain TCP connections, one for each sender and
// receiver. It promises nothing that TCP does not: no order between senders, no
// membership, and nobody keeps what was sent. It encodes once and writes large
// chunks, from a goroutine for each connection.
//
// With a window, receivers answer how many casts they have taken, after each
// batch that came, and an own cast counts as delivered when all others have: a
// round trip to all. The sender then writes and reads by itself, which is fastest
// with one cast at a time.
type rawMember struct {
	*Seat
	listener net.Listener
	outs     []*rawOut
	accepted atomic.Int32
	all      chan struct{} // closed when all senders are connected
	buf      []byte        // a window's casts, not yet written
	pending  []byte        // payloads of a window's casts, not yet answered by all
	taken    uint64        // of a window's casts: answered by all
	current  *chunk
	free     chan *chunk
	closed   atomic.Bool
}

// rawOut is a connection to one receiver.
type rawOut struct {
	net.Conn
	queue chan *chunk
	acks  *bufio.Reader
	acked uint64
}

// chunk is frames that are written to all connections.
type chunk struct {
	bytes []byte
	users atomic.Int32
}

func newRaw(s *Seat) Member {
	return &rawMember{Seat: s, all: make(chan struct{}), free: make(chan *chunk, chunks)}
}

// senders is how many members cast to this one.
func (m *rawMember) senders() (n int) {
	for r := range m.Members {
		if r != m.Rank && m.casts(r) {
			n++
		}
	}
	return n
}

func (m *rawMember) Listen() (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(m.Host, "0"))
	if err != nil {
		return "", err
	}
	m.listener = l
	if m.senders() == 0 {
		close(m.all)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // it was closed
			}
			if int(m.accepted.Add(1)) == m.senders() {
				close(m.all)
			}
			go m.receive(c)
		}
	}()
	return l.Addr().String(), nil
}

func (m *rawMember) Join(addrs []string) error {
	if !m.casts(m.Rank) {
		return nil
	}
	d := dialer(m.Congestion)
	for r, addr := range addrs {
		if r == m.Rank {
			continue
		}
		c, err := d.Dial("tcp", addr)
		if err != nil {
			return err
		}
		o := &rawOut{Conn: c, queue: make(chan *chunk, chunks), acks: bufio.NewReader(c)}
		m.outs = append(m.outs, o)
		if m.Window == 0 {
			go m.write(o)
		}
	}
	for range chunks {
		m.free <- &chunk{bytes: make([]byte, 0, chunkSize)}
	}
	m.current = <-m.free
	return nil
}

func (m *rawMember) Ready() error {
	select {
	case <-m.all:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%d of %d senders are connected after %v", m.accepted.Load(), m.senders(), patience)
	}
}

func appendFrame(b, payload []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(payload))), payload...)
}

// congestion is the congestion control of its connections to others.
func (m *rawMember) congestion() string {
	if len(m.outs) == 0 {
		return ""
	}
	return congestionOf(m.outs[0].Conn)
}

// Cast sends to all; groups are all one.
func (m *rawMember) Cast(_ int, payload []byte) error {
	if m.Window > 0 {
		return m.exchange(payload)
	}
	c := m.current
	c.bytes = appendFrame(c.bytes, payload)
	if len(c.bytes)+headSize+m.Size > chunkSize {
		return m.Flush()
	}
	return nil
}

// Flush hands over the chunk that is being filled. With a window it waits until
// all have taken everything.
func (m *rawMember) Flush() error {
	if m.Window > 0 {
		return m.await(0)
	}
	if c := m.current; len(c.bytes) > 0 {
		c.users.Store(int32(len(m.outs)))
		for _, o := range m.outs {
			o.queue <- c
		}
		m.current = <-m.free
	}
	return nil
}

// write is the goroutine of a connection.
func (m *rawMember) write(o *rawOut) {
	for c := range o.queue {
		if _, err := o.Write(c.bytes); err != nil {
			m.broken(err)
			return
		}
		if c.users.Add(-1) == 0 {
			c.bytes = c.bytes[:0]
			m.free <- c
		}
	}
}

func (m *rawMember) broken(err error) {
	if !m.closed.Load() && !errors.Is(err, net.ErrClosed) {
		m.Fail(err)
	}
}

// exchange casts with a window.
func (m *rawMember) exchange(payload []byte) error {
	m.buf = appendFrame(m.buf, payload)
	m.pending = append(m.pending, payload...)
	if m.underWay() < m.Window && len(m.buf) < chunkSize {
		return nil
	}
	return m.await(m.Window - 1)
}

func (m *rawMember) underWay() int { return len(m.pending) / m.Size }

// await writes what is not written, and waits until at most so many casts are not
// answered by all.
func (m *rawMember) await(most int) error {
	if len(m.buf) > 0 {
		for _, o := range m.outs {
			if _, err := o.Write(m.buf); err != nil {
				return err
			}
		}
		m.buf = m.buf[:0]
	}
	for m.underWay() > most {
		least := m.taken + uint64(m.underWay())
		for _, o := range m.outs {
			for o.acked <= m.taken {
				var ack [ackSize]byte
				if _, err := io.ReadFull(o.acks, ack[:]); err != nil {
					return err
				}
				o.acked = binary.LittleEndian.Uint64(ack[:])
			}
			least = min(least, o.acked)
		}
		n := int(least-m.taken) * m.Size
		for own := m.pending[:n]; len(own) > 0; own = own[m.Size:] {
			m.Deliver(0, own[:m.Size])
		}
		m.pending, m.taken = append(m.pending[:0], m.pending[n:]...), least
	}
	return nil
}

// receive is the goroutine of a connection from a sender.
func (m *rawMember) receive(c net.Conn) {
	r := bufio.NewReaderSize(c, max(chunkSize, headSize+m.Size))
	frame := headSize + m.Size
	taken, told := uint64(0), uint64(0)
	for {
		if m.Window > 0 && taken > told && r.Buffered() < frame {
			var ack [ackSize]byte
			binary.LittleEndian.PutUint64(ack[:], taken)
			if _, err := c.Write(ack[:]); err != nil {
				m.broken(err)
				return
			}
			told = taken
		}
		b, err := r.Peek(frame)
		if err != nil {
			return // the sender has ended; if too early, casts are missed
		}
		if int(binary.LittleEndian.Uint32(b)) != m.Size {
			m.Fail(errors.New("a frame of another length"))
			return
		}
		m.Deliver(0, b[headSize:])
		_, _ = r.Discard(frame) // it was just peeked at
		taken++
	}
}

// Close ends the connections to others; those from others end with them.
func (m *rawMember) Close() error {
	m.closed.Store(true)
	var failed []error
	if m.listener != nil {
		failed = append(failed, m.listener.Close())
	}
	for _, o := range m.outs {
		failed = append(failed, o.Close())
	}
	return errors.Join(failed...)
}
