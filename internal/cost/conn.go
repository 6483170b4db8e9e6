package cost

import (
	"bytes"
	"errors"
	"runtime"
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/transport"
)

// conn is a connection of one lane, from one site to another.
type conn struct {
	number   uint64
	from, to *site
	lane     msg.Lane
	writer   *transport.Writer
	reader   *transport.Reader
	queued   int64        // bytes given to the writer
	written  atomic.Int64 // bytes that it has written into pipe
	pipe     bytes.Buffer // the writer's goroutine, then, when all is written, the reader's
}

func newConn(number uint64, from, to *site, lane msg.Lane) *conn {
	c := &conn{number: number, from: from, to: to, lane: lane}
	c.writer, c.reader = transport.NewWriter(c), transport.NewReader(&c.pipe, lane)
	go func() { _ = c.writer.Run() }() // it writes to memory
	return c
}

// Write takes what the writer writes, as a socket's buffer does.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.pipe.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// queue gives a frame to the writer, whose goroutine writes it when it is let.
func (c *conn) queue(b transport.Bytes) {
	c.queued += int64(b.Len())
	c.writer.Queue(b)
}

// flush lets the writer write all that it was given.
func (c *conn) flush() {
	for c.written.Load() < c.queued {
		runtime.Gosched()
	}
}

// read posts all that was written to the site at the other end.
func (c *conn) read() error {
	for c.pipe.Len() > 0 { // whole frames: the reader never waits
		batch, err := c.reader.Next()
		if err != nil {
			return errors.Join(errors.New("cost: frames cannot be read"), err)
		}
		for _, f := range batch {
			c.to.Post(&core.Frame{Conn: c.number, From: c.from.id, Frame: f.Frame, Bytes: f.Bytes})
		}
	}
	return nil
}
