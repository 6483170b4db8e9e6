package wire

import (
	"encoding/binary"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// Messages of state transfer: those of the bulk lane, and the joiner's on the
// control lane.

func appendXferAsk(b []byte, m *msg.XferAsk) []byte {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.View)
	b = appendAddr(b, m.Joiner)
	b = appendAddr(b, m.Donor)
	return binary.AppendUvarint(b, m.Xfer)
}

func readXferAsk(r *reader) *msg.XferAsk {
	return &msg.XferAsk{Group: r.addr(), View: r.uvarint(), Joiner: r.addr(), Donor: r.addr(), Xfer: r.uvarint()}
}

func appendXferBegin(b []byte, m *msg.XferBegin) []byte {
	b = appendAddr(b, m.Group)
	b = appendAddr(b, m.Joiner)
	b = appendAddr(b, m.Donor)
	b = binary.AppendUvarint(b, m.Xfer)
	b = binary.AppendUvarint(b, m.View)
	return appendCounts(b, m.Counts)
}

func readXferBegin(r *reader) *msg.XferBegin {
	return &msg.XferBegin{
		Group: r.addr(), Joiner: r.addr(), Donor: r.addr(), Xfer: r.uvarint(), View: r.uvarint(), Counts: r.counts(),
	}
}

func appendXferBlock(b []byte, m *msg.XferBlock) (head, body []byte) {
	b = appendAddr(b, m.Group)
	b = appendAddr(b, m.Joiner)
	return binary.AppendUvarint(b, m.Xfer), m.Bytes
}

func readXferBlock(r *reader) *msg.XferBlock {
	return &msg.XferBlock{Group: r.addr(), Joiner: r.addr(), Xfer: r.uvarint(), Bytes: r.rest()}
}

func appendXferEnd(b []byte, m *msg.XferEnd) []byte {
	b = appendAddr(b, m.Group)
	b = appendAddr(b, m.Joiner)
	b = binary.AppendUvarint(b, m.Xfer)
	b = binary.AppendUvarint(b, m.Size)
	return appendText(b, m.Err)
}

func readXferEnd(r *reader) *msg.XferEnd {
	return &msg.XferEnd{Group: r.addr(), Joiner: r.addr(), Xfer: r.uvarint(), Size: r.uvarint(), Err: r.text()}
}

func appendXferCredit(b []byte, m *msg.XferCredit) []byte {
	b = appendAddr(b, m.Group)
	b = appendAddr(b, m.Joiner)
	b = binary.AppendUvarint(b, m.Xfer)
	b = binary.AppendUvarint(b, m.Upto)
	return appendBool(b, m.Stop)
}

func readXferCredit(r *reader) *msg.XferCredit {
	return &msg.XferCredit{Group: r.addr(), Joiner: r.addr(), Xfer: r.uvarint(), Upto: r.uvarint(), Stop: r.bool()}
}
