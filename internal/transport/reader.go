package transport

import (
	"io"

	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/loan"
	"github.com/cohortkit/cohort/internal/wire"
)

const (
	// A reader begins with small chunks. On lanes whose bodies keep their chunk
	// the next one is larger, up to maxChunk: then less is copied from one to the
	// next, and whoever sends so much can be expected to go on.
	firstChunk = 16 << 10
	maxChunk   = 260 << 10 // a body of flow.MaxBody, and what is before it
	// leastRoom is the least a read is given: a chunk with less is left.
	leastRoom = 8 << 10
	// ahead is how much memory may be taken before the bytes for it came.
	ahead = 1 << 20
)

// Received is a frame and its size on the wire.
type Received struct {
	Frame *msg.Frame
	Bytes int
}

// Reader takes the frames of one lane off a connection. Bodies are parts of the
// chunks it reads into. A chunk with nothing but casts or state in it serves again when all
// of them have been given back; any other is the garbage collector's when the last
// of its bodies is let go.
type Reader struct {
	in    io.Reader
	lane  msg.Lane
	size  int         // of a chunk
	whole []byte      // the chunk
	chunk []byte      // what came and is not yet taken, in whole
	block *loan.Block // with whole in it, or nil
	// growing: whole is for one frame that is larger than chunks are, and not
	// yet as large as that.
	growing bool
	batch   []Received
	err     error // to be returned when the frames before it were
}

// NewReader returns a reader of a lane's frames from in.
func NewReader(in io.Reader, lane msg.Lane) *Reader {
	return &Reader{in: readerOf(in), lane: lane, size: firstChunk}
}

// Next blocks until at least one whole frame has come, and returns all that
// have; the slice is good until the next call, what it points to for ever. The
// error is that of the connection, or a *wire.Error, after which nothing on the
// connection can be understood.
func (r *Reader) Next() ([]Received, error) {
	clear(r.batch)
	r.batch = r.batch[:0]
	for r.err == nil {
		r.makeRoom()
		var n int
		n, r.err = r.in.Read(r.chunk[len(r.chunk):cap(r.chunk)])
		r.chunk = r.chunk[:len(r.chunk)+n]
		if err := r.split(); err != nil {
			r.err = err
		}
		if len(r.batch) > 0 {
			return r.batch, nil
		}
	}
	return nil, r.err
}

// split takes whole frames off the front of the chunk.
func (r *Reader) split() error {
	for {
		b, rest, ok, err := wire.Split(r.chunk, r.lane)
		if err != nil || !ok {
			return err
		}
		f, err := wire.DecodeFrame(b)
		if err != nil {
			return err
		}
		if f.Lane != r.lane {
			return &wire.Error{What: "frame of another lane"}
		}
		r.lend(f)
		r.batch = append(r.batch, Received{f, wire.LengthSize + len(b)})
		r.chunk = rest
	}
}

// lend gives the bodies of f on loan, if it is casts or state: they are returned one
// by one. Of all else nobody says when it is let go.
func (r *Reader) lend(f *msg.Frame) {
	if r.block == nil || f.Lane == msg.LaneControl {
		return
	}
	for _, m := range f.Msgs {
		switch m := m.(type) {
		case *msg.Data:
			if len(m.Run.Body) > 0 {
				r.block.Hold()
				m.Run.Loan = r.block
			}
		case *msg.XferBlock:
			r.block.Hold()
			m.Loan = r.block
		default:
			r.block.Keep()
		}
	}
}

// makeRoom makes sure that the next read has room for the rest of a frame, or
// for many. A large frame has a chunk of its own, which grows as its bytes come:
// its length alone takes no more memory than ahead.
func (r *Reader) makeRoom() {
	need, ok, _ := wire.Length(r.chunk, r.lane)
	if need += wire.LengthSize; !ok {
		need = leastRoom
	}
	room := cap(r.chunk) - len(r.chunk)
	if need <= cap(r.chunk) || (room > 0 && r.growing) {
		return
	}
	size := r.size
	if r.growing = need > maxChunk; r.growing {
		size = min(need, max(2*len(r.chunk), ahead))
	} else {
		size = max(size, need)
	}
	// Control frames keep nothing of their bytes, so their chunk serves again.
	// Parts of others do, and what is left of those is copied, not moved.
	if r.lane != msg.LaneControl || size > cap(r.whole) {
		old, left := r.block, r.chunk
		if r.block = loan.Take(size); r.block != nil {
			r.whole = r.block.Bytes()
		} else {
			r.whole = make([]byte, 0, size)
		}
		r.chunk = append(r.whole, left...)
		if old != nil {
			old.Return()
		}
		r.size = min(2*r.size, maxChunk)
		return
	}
	r.chunk = append(r.whole, r.chunk...)
}
