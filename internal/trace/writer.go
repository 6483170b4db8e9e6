package trace

import (
	"bufio"
	"errors"
	"io"
	"sync"
)

// Writer writes one trace. Its methods may be called from many goroutines;
// lines are written in the order of the calls.
type Writer struct {
	mu   sync.Mutex
	out  *bufio.Writer
	line []byte      // reused
	err  error       // the first error; nothing is written after it
	told func(error) // of it; nil: only Flush and Close tell
}

var errClosed = errors.New("trace: write after Close")

// NewWriter starts a trace on w, which must not be used by others until Close.
// Nothing reaches w before the buffer is full or is flushed.
func NewWriter(w io.Writer, h Header) *Writer {
	t := &Writer{out: bufio.NewWriterSize(w, 64<<10)}
	_, t.err = t.out.Write(append(appendHeader(nil, h), '\n'))
	return t
}

// OnError has f called with the first error when it happens. It comes before the
// first Write; f must not use the writer.
func (t *Writer) OnError(f func(error)) { t.told = f }

// Write adds a record. It blocks only as w does. An error is kept for Flush
// and Close, and everything after it is left out.
func (t *Writer) Write(r Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return
	}
	line, err := Append(t.line[:0], r)
	if err == nil {
		t.line = append(line, '\n')
		_, err = t.out.Write(t.line)
	}
	t.keep(err)
}

// keep remembers the first error.
func (t *Writer) keep(err error) {
	if t.err = err; err != nil && t.told != nil {
		t.told(err)
	}
}

// Flush hands everything written so far to w and returns the first error since
// the beginning.
func (t *Writer) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.flush()
}

func (t *Writer) flush() error {
	if t.err == nil {
		t.keep(t.out.Flush())
	}
	return t.err
}

// Close flushes and ends the trace; w stays open. It returns the first error
// since the beginning.
func (t *Writer) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.flush()
	if err == nil {
		t.err = errClosed
	}
	return err
}
