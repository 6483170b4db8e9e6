package wire

import (
	"encoding/binary"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// Messages of one group on the control lane: acknowledgements and the flush.

// Least sizes of list elements, in bytes.
const (
	minForwarding = 1 + 8 + 8 + 1
	minSeen       = 8 + 2
)

// Bits of the flags of an Ack.
const (
	clearBit  = 1 << 0 // of all earlier views nothing is left
	wantedBit = 1 << 1
	olderBit  = 1 << 2 // but of some; how many views before the last of them it is follows
)

func appendAck(b []byte, m *msg.Ack) []byte {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.View)
	b = binary.AppendUvarint(b, uint64(m.From))
	b = appendCounts(b, m.Held)
	b = appendCounts(b, m.Used)
	var v byte
	switch m.Clear {
	case 0:
	case m.View - 1:
		v |= clearBit
	default:
		v |= olderBit
	}
	if m.Wanted {
		v |= wantedBit
	}
	b = append(b, v)
	if v&olderBit != 0 {
		b = binary.AppendUvarint(b, m.View-1-m.Clear)
	}
	return b
}

func readAck(r *reader) *msg.Ack {
	m := &msg.Ack{Group: r.addr(), View: r.uvarint(), From: r.rank(), Held: r.counts(), Used: r.counts()}
	flags := r.flags(clearBit | wantedBit | olderBit)
	m.Wanted = flags&wantedBit != 0
	if flags&(clearBit|olderBit) != 0 {
		back := uint64(0)
		if flags&olderBit != 0 {
			back = r.uvarint()
			r.check(back > 0 && flags&clearBit == 0, "used all of earlier views in two forms")
		}
		r.check(m.View > 1 && back < m.View-1, "used up to a view that is none of the earlier ones")
		m.Clear = m.View - 1 - back
	}
	r.check(len(m.Held) == len(m.Used), "held and used for different ranks")
	r.check(int(m.From) < len(m.Held), "sender beyond the counts' ranks")
	return m
}

func appendFlushOK(b []byte, m *msg.FlushOK) []byte {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.Attempt)
	b = appendAddr(b, m.From)
	b = binary.AppendUvarint(b, m.View)
	b = appendCounts(b, m.Held)
	b = appendBool(b, m.Settled)
	b = binary.AppendUvarint(b, m.Clock)
	return appendClients(appendSeen(b, m.Seen), m.Clients)
}

func readFlushOK(r *reader) *msg.FlushOK {
	return &msg.FlushOK{Group: r.addr(), Attempt: r.uvarint(), From: r.addr(), View: r.uvarint(), Held: r.counts(), Settled: r.bool(), Clock: r.uvarint(), Seen: readSeen(r), Clients: readClients(r)}
}

func appendCut(b []byte, m *msg.Cut) []byte {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.Attempt)
	b = binary.AppendUvarint(b, m.View)
	b = appendCounts(b, m.Counts)
	b = binary.AppendUvarint(b, uint64(len(m.Forward)))
	for _, x := range m.Forward {
		b = binary.AppendUvarint(b, uint64(x.Sender))
		b = appendAddr(b, x.Holder)
		b = appendAddr(b, x.To)
		b = binary.AppendUvarint(b, x.From)
	}
	return b
}

func readCut(r *reader) *msg.Cut {
	m := &msg.Cut{Group: r.addr(), Attempt: r.uvarint(), View: r.uvarint(), Counts: r.counts()}
	m.Forward = slots[msg.Forwarding](r, minForwarding)
	for i := range m.Forward {
		x := msg.Forwarding{Sender: r.rank(), Holder: r.addr(), To: r.addr(), From: r.uvarint()}
		r.check(int(x.Sender) < len(m.Counts), "forwarding beyond the cut's ranks")
		m.Forward[i] = x
	}
	return m
}

func appendCutAck(b []byte, m *msg.CutAck) []byte {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.Attempt)
	return appendAddr(b, m.From)
}

func readCutAck(r *reader) *msg.CutAck {
	return &msg.CutAck{Group: r.addr(), Attempt: r.uvarint(), From: r.addr()}
}

func appendHandOver(b []byte, m *msg.HandOver) []byte {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.View)
	b = appendAddr(b, m.To)
	b = appendAddr(b, m.Heir)
	return binary.AppendUvarint(b, m.Joined)
}

func readHandOver(r *reader) *msg.HandOver {
	return &msg.HandOver{Group: r.addr(), View: r.uvarint(), To: r.addr(), Heir: r.addr(), Joined: r.uvarint()}
}

func appendSeen(b []byte, list []msg.Seen) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendAddr(b, s.Caller)
		b = binary.AppendUvarint(b, s.Last)
		b = binary.AppendUvarint(b, s.View)
	}
	return b
}

func readSeen(r *reader) []msg.Seen {
	list := slots[msg.Seen](r, minSeen)
	for i := range list {
		list[i] = msg.Seen{Caller: r.addr(), Last: r.uvarint(), View: r.uvarint()}
	}
	return list
}

func appendInstall(b []byte, m *msg.Install) []byte {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.Attempt)
	b = binary.AppendUvarint(b, m.For)
	b = appendBool(b, m.Settled)
	b = binary.AppendUvarint(b, m.Clock)
	return appendClients(appendSeen(b, m.Seen), m.Clients)
}

func readInstall(r *reader) *msg.Install {
	m := &msg.Install{Group: r.addr(), Attempt: r.uvarint(), For: r.uvarint(), Settled: r.bool(), Clock: r.uvarint()}
	m.Seen, m.Clients = readSeen(r), readClients(r)
	return m
}

func appendRequestHeld(b []byte, m *msg.RequestHeld) []byte {
	b = appendAddr(b, m.Dest)
	b = appendAddr(b, m.Caller)
	b = binary.AppendUvarint(b, m.Of)
	b = binary.AppendUvarint(b, m.First)
	return binary.AppendUvarint(b, m.Upto)
}

func readRequestHeld(r *reader) *msg.RequestHeld {
	m := &msg.RequestHeld{Dest: r.addr(), Caller: r.addr(), Of: r.uvarint(), First: r.uvarint(), Upto: r.uvarint()}
	r.check(m.First <= m.Upto, "held up to before the first")
	return m
}
