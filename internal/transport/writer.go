package transport

import (
	"io"
	"net"
	"sync"
)

// Writer is the queue of frames of one outgoing connection. What it holds is
// bounded by who fills it: the sender's session keeps all that is not
// acknowledged anyway, and the queue points to the same bodies.
//
// A goroutine calls Run; the other methods are for any goroutine and do not
// block.
type Writer struct {
	write func(net.Buffers) error

	mu       sync.Mutex
	ready    sync.Cond
	queue    net.Buffers
	finished bool // end when all is written
	closed   bool // end now
}

// NewWriter returns a writer to out. A net.Conn that can gather does so.
func NewWriter(out io.Writer) *Writer {
	w := &Writer{write: buffersTo(out)}
	w.ready.L = &w.mu
	return w
}

// Queue adds a frame. After Finish and Close it is dropped.
func (w *Writer) Queue(b Bytes) {
	w.mu.Lock()
	if !w.finished && !w.closed {
		w.add(b.head)
		if len(b.body) > 0 {
			w.add(b.body)
		}
		w.ready.Signal()
	}
	w.mu.Unlock()
}

// add appends p, in one piece with what it follows in memory: consecutive
// frames of one arena are one piece.
func (w *Writer) add(p []byte) {
	if n := len(w.queue); n > 0 {
		last := w.queue[n-1]
		if end := len(last) + len(p); end <= cap(last) && &last[:len(last)+1][len(last)] == &p[0] {
			w.queue[n-1] = last[:end]
			return
		}
	}
	w.queue = append(w.queue, p)
}

// Run writes what is queued until Close, until Finish and all is written, or
// until an error of the connection, which it returns.
func (w *Writer) Run() error {
	var spare net.Buffers
	for {
		w.mu.Lock()
		for len(w.queue) == 0 && !w.finished && !w.closed {
			w.ready.Wait()
		}
		if w.closed || len(w.queue) == 0 {
			w.queue = nil
			w.mu.Unlock()
			return nil
		}
		batch := w.queue
		w.queue = spare[:0]
		w.mu.Unlock()
		if err := w.write(batch); err != nil {
			w.Close()
			return err
		}
		spare = batch
	}
}

// Finish lets Run return when all that is queued is written.
func (w *Writer) Finish() {
	w.mu.Lock()
	w.finished = true
	w.ready.Signal()
	w.mu.Unlock()
}

// Close drops the queue and lets Run return. A write under way ends with the
// connection.
func (w *Writer) Close() {
	w.mu.Lock()
	w.closed, w.queue = true, nil
	w.ready.Signal()
	w.mu.Unlock()
}
