package transport

import (
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

const (
	arenaSize = 64 << 10
	// arenaLeast is when a new arena is begun: most frames but for their
	// bodies fit into so many bytes.
	arenaLeast = 512
	// inline is up to which size a body is copied behind its header: that is
	// cheaper than an entry of its own in each gathered write.
	inline = 4 << 10
)

// Bytes are a frame as it travels, its length first, in one or two pieces.
// They are shared by all who send them, and nobody writes to them.
type Bytes struct {
	head, body []byte
}

// Len is the size of the frame on the wire.
func (b Bytes) Len() int { return len(b.head) + len(b.body) }

// Encoder turns frames into bytes, once for all connections a frame goes to in
// turn. Headers and small bodies share arenas, which are left to the garbage
// collector with the last frame in them. Its zero value is ready for use, by
// one goroutine.
type Encoder struct {
	arena []byte
	last  *msg.Frame
	bytes Bytes
}

// Encode returns the bytes of f; of the same f again, without any work. The
// error is wire.ErrTooLarge: this site made a frame that no one would take.
func (e *Encoder) Encode(f *msg.Frame) (Bytes, error) {
	if f == e.last {
		return e.bytes, nil
	}
	if cap(e.arena)-len(e.arena) < arenaLeast {
		e.arena = make([]byte, 0, arenaSize)
	}
	used := len(e.arena)
	head, body, err := wire.FrameParts(e.arena[used:], f)
	if err != nil {
		return Bytes{}, err
	}
	room := cap(e.arena) - used
	if len(head) <= room { // it was written in place
		if len(body) > 0 && len(body) <= inline && len(head)+len(body) <= room {
			head, body = append(head, body...), nil
		}
		e.arena = e.arena[:used+len(head)]
	}
	e.last, e.bytes = f, Bytes{head, body}
	return e.bytes, nil
}

// Forget lets go of the last frame.
func (e *Encoder) Forget() { e.last, e.bytes = nil, Bytes{} }
