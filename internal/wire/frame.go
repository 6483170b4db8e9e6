// Package wire turns the messages that sites exchange into bytes and back. Its
// functions are pure: they know no connection and keep nothing.
//
// # Format
//
// On a connection each frame follows its length (4 bytes, little-endian). A
// frame is its lane (1 byte); on the control lane Got for each lane, Index and
// the number of messages; then the messages. A message is its kind (1 byte) and
// its fields in the order of their declaration, but those that hold a body put
// it last:
//
//   - addresses, sites, and numbers drawn at random: 8 bytes, little-endian;
//   - all other numbers: unsigned varints, never longer than needed;
//   - lists and strings: their length as a varint, then the elements;
//   - truth values: 1 byte, 0 or 1, or bits of one byte when there are several;
//   - a body at the end of a frame: the bytes up to that end, without a length.
//
// Each value has one form only. An empty list or body is nil when decoded.
//
// # What decoding checks
//
// That a message is sound in itself, as package msg describes it: its kind goes
// with its lane, enumerations are known, ranks lie within the lists of the same
// message, numbers do not wrap, a body holds its N payloads. Whether it fits the
// receiver's view is for the core to say.
package wire

import (
	"encoding/binary"
	"fmt"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// Version is the version of the protocol: of this package's formats, of the
// kinds in package msg, and of what they mean.
const Version = 1

// Bounds of what one frame carries, in bytes. A cast longer than a frame should
// be goes in parts; a request or reply is one frame, however long.
const (
	MaxBody  = 64 << 20 // body on the data lane
	MaxBlock = 1 << 20  // block of state on the bulk lane

	// slack is room for what a frame needs besides its body, in views of up to
	// 6,000 ranks.
	slack = 64 << 10
	// maxControl is for a control frame, which holds what one step had to say: as a
	// rule a few hundred bytes. It is for the largest message there may be, that goes
	// alone: the directory of a million groups, or what a group has seen of as many
	// callers outside.
	maxControl = 64 << 20
)

// MaxFrame is the most bytes that a frame of that lane may have.
func MaxFrame(lane msg.Lane) int {
	switch lane {
	case msg.LaneData:
		return MaxBody + slack
	case msg.LaneBulk:
		return MaxBlock + slack
	case msg.LaneControl, msg.Lanes:
	}
	return maxControl
}

// LengthSize is the size of the length before each frame, in bytes.
const LengthSize = 4

// AppendFrame appends f, without a length before it. It panics when f is not
// what package msg describes (another lane's message, two messages where only
// one may be, a name over MaxName): a mistake of this program, which a receiver
// would have to answer by closing the connection, again and again.
func AppendFrame(buf []byte, f *msg.Frame) []byte {
	buf, body := appendFrame(buf, f)
	return append(buf, body...)
}

// FrameParts appends to head the length of f and all of f but its body, and
// returns that body, which belongs behind it on the connection; nil for none.
// The body is the message's own and must not be changed. Data and bulk frames
// are the same for all receivers, so their parts can be made once for all.
//
// The error is ErrTooLarge for a frame over MaxFrame of its lane; grown is then
// head.
// FrameParts panics as AppendFrame does.
func FrameParts(head []byte, f *msg.Frame) (grown, body []byte, err error) {
	start := len(head) + LengthSize
	grown, body = appendFrame(append(head, make([]byte, LengthSize)...), f)
	// The length goes into the room left for it.
	if _, err = AppendLength(grown[:len(head)], f.Lane, len(grown)-start+len(body)); err != nil {
		return head, nil, err
	}
	return grown, body, nil
}

// AppendLength appends the length n that goes before a frame of n bytes on that
// lane, or returns buf and ErrTooLarge.
func AppendLength(buf []byte, lane msg.Lane, n int) ([]byte, error) {
	if n > MaxFrame(lane) {
		return buf, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, n, MaxFrame(lane))
	}
	return binary.LittleEndian.AppendUint32(buf, uint32(n)), nil
}

// Length reads the length of the frame that begins in buf, which may end
// before the frame does. A receiver makes room by it, but only as bytes come
// in: a length is a stranger's word. ok is false while buf has not even the
// length. The error, for a frame over MaxFrame of the lane, is an *Error.
func Length(buf []byte, lane msg.Lane) (n int, ok bool, err error) {
	if len(buf) < LengthSize {
		return 0, false, nil
	}
	size := binary.LittleEndian.Uint32(buf)
	if uint64(size) > uint64(MaxFrame(lane)) {
		return 0, false, &Error{What: fmt.Sprintf("length of %d bytes, at most %d", size, MaxFrame(lane))}
	}
	return int(size), true, nil
}

// Split cuts the first frame out of what was received so far on a lane, without
// copying: frame and rest are parts of buf. ok is false while the frame is
// incomplete; rest is then buf. The error is that of Length.
func Split(buf []byte, lane msg.Lane) (frame, rest []byte, ok bool, err error) {
	n, ok, err := Length(buf, lane)
	if !ok || n > len(buf)-LengthSize {
		return nil, buf, false, err
	}
	end := LengthSize + n
	return buf[LengthSize:end:end], buf[end:], true, nil
}

// DecodeFrame reads one whole frame, without the length before it. Bodies in
// the messages (Run.Body, Request.Body, Reply.Body, XferBlock.Bytes) are parts
// of b: whoever calls it gives b away, and must not write to it again while any
// of them is in use. Strings and lists are copies. The error is an *Error.
func DecodeFrame(b []byte) (*msg.Frame, error) {
	r := reader{b: b, size: len(b)}
	lane := msg.Lane(r.byte())
	r.check(lane < msg.Lanes, "unknown lane")
	f := r.frame(lane)
	if lane == msg.LaneControl {
		for i := range f.Got {
			f.Got[i] = r.uvarint()
		}
		f.Index = r.uvarint()
		switch n := r.length(1); n {
		case 0:
			f.Msgs = nil
		case 1:
		default:
			f.Msgs = make([]msg.Message, n)
		}
	}
	for i := range f.Msgs {
		if f.Msgs[i] = r.message(lane); r.err != nil {
			break
		}
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return f, nil
}

// Most frames have one message, and most of those are casts or acknowledgements. A
// frame and what it holds are one allocation, as they live and die together; but not
// the counts of a cast, for they outlive its body.
type (
	singleFrame struct {
		frame msg.Frame
		one   [1]msg.Message
	}
	dataFrame struct {
		singleFrame
		data msg.Data
		run  msg.Run
	}
	controlFrame struct {
		singleFrame
		rows [8]uint64 // for both counts of an acknowledgement in a small group
	}
)

// frame makes room for a frame of that lane.
func (r *reader) frame(lane msg.Lane) *msg.Frame {
	var f *singleFrame
	switch {
	case lane == msg.LaneControl:
		d := new(controlFrame)
		f, r.rows = &d.singleFrame, d.rows[:]
	case len(r.b) > 0 && msg.Kind(r.b[0]) == msg.KindData:
		r.data = new(dataFrame)
		f = &r.data.singleFrame
	default:
		f = new(singleFrame)
	}
	f.frame.Lane, f.frame.Msgs = lane, f.one[:]
	return &f.frame
}

func appendFrame(b []byte, f *msg.Frame) (head, body []byte) {
	b = append(b, byte(f.Lane))
	if f.Lane == msg.LaneControl {
		for _, n := range f.Got {
			b = binary.AppendUvarint(b, n)
		}
		b = binary.AppendUvarint(b, f.Index)
		b = binary.AppendUvarint(b, uint64(len(f.Msgs)))
	} else if len(f.Msgs) != 1 {
		panic(fmt.Sprintf("wire: %d messages in a frame of lane %d, which takes one", len(f.Msgs), f.Lane))
	}
	for _, m := range f.Msgs {
		k := m.Kind()
		if !known(k) || kinds[k].lane != f.Lane {
			panic(fmt.Sprintf("wire: %T on lane %d", m, f.Lane))
		}
		b, body = appendMessage(append(b, byte(k)), m)
	}
	return b, body
}
