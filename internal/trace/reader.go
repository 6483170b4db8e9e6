package trace

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Reader reads one trace, a record at a time.
type Reader struct {
	in     *bufio.Reader
	name   string
	header Header
	lines  int
	line   []byte // reused
	torn   bool
	err    error // sticky
}

const headerStart = `{"trace":"cohort","version":`

// NewReader reads the header from r. Name is what errors call the file. A file
// that ends within the header is taken for the trace of a process killed before
// it wrote anything: it is torn, and has no records.
func NewReader(r io.Reader, name string) (*Reader, error) {
	t := &Reader{in: bufio.NewReaderSize(r, 64<<10), name: name}
	whole, err := t.next()
	if err == nil {
		t.header, err = parseHeader(t.line)
	}
	var failed readError
	unread := errors.As(err, &failed) && !errors.Is(err, io.EOF)
	switch {
	case errors.Is(err, io.EOF), !unread && err != nil && !whole && headerCut(t.line):
		t.torn, t.err = true, io.EOF
		return t, nil
	case err != nil:
		return nil, t.fail(err)
	}
	return t, nil
}

// headerCut tells whether b looks like the beginning of a header.
func headerCut(b []byte) bool {
	text := string(b)
	return strings.HasPrefix(text, headerStart) || strings.HasPrefix(headerStart, text)
}

// Header is the first line; its Clock is empty if the file was torn before it.
func (t *Reader) Header() Header { return t.header }

// Torn tells, after io.EOF, whether the last line was cut short, as it is when
// the process that wrote it was killed. The piece is left out.
func (t *Reader) Torn() bool { return t.torn }

// Next reads a record. It returns io.EOF at the end, a *FormatError for a line
// it cannot read, or the error of the underlying reader; an error is final.
func (t *Reader) Next() (Record, error) {
	if t.err != nil {
		return Record{}, t.err
	}
	whole, err := t.next()
	if err != nil {
		t.err = t.fail(err)
		return Record{}, t.err
	}
	r, err := Parse(t.line)
	if err == nil {
		return r, nil
	}
	if whole {
		t.err = t.fail(err)
	} else {
		t.torn, t.err = true, io.EOF
	}
	return Record{}, t.err
}

// next reads a line into t.line and tells whether it had its end.
func (t *Reader) next() (whole bool, err error) {
	t.lines++
	t.line = t.line[:0]
	for {
		part, err := t.in.ReadSlice('\n')
		t.line = append(t.line, part...)
		if len(t.line) > MaxLine+1 {
			return false, errLong
		}
		switch {
		case err == nil:
			t.line = bytes.TrimSuffix(t.line, []byte("\n"))
			return true, nil
		case errors.Is(err, io.EOF) && len(t.line) > 0:
			return false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return false, readError{err}
		}
	}
}

// fail makes a FormatError of an error about the line just read. The error of
// the underlying reader is passed on as it is.
func (t *Reader) fail(err error) error {
	if failed, ok := errors.AsType[readError](err); ok {
		return failed.error
	}
	return &FormatError{File: t.name, Line: t.lines, Reason: err.Error(), Advice: advice(err)}
}

// readError is an error of the reader underneath, io.EOF too.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }
