package wire

import (
	"encoding/binary"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// Messages that carry casts, requests and replies: those of the data lane.

// Least sizes of list elements, in bytes.
const (
	minSpan  = 1 + 1
	minReply = 1 + 1 + 1 + 1
	minDep   = 8 + 1 + 1
)

// Bits of the byte that opens a run or the casts of a request. The rest of it
// is the order.
const (
	orderBits = 1<<3 - 1
	safeBit   = 1 << 3
	callBit   = 1 << 4
	originBit = 1 << 5
	depsBit   = 1 << 6
	moreBit   = 1 << 7 // a byte follows
)

// Bits of that byte.
const (
	sessionBit = 1 << 0
	listedBit  = 1 << 1
)

func appendCastFlags(b []byte, o msg.Order, safe, call, origin, deps, session, listed bool) []byte {
	v := byte(o)
	if safe {
		v |= safeBit
	}
	if call {
		v |= callBit
	}
	if origin {
		v |= originBit
	}
	if deps {
		v |= depsBit
	}
	if !session && !listed {
		return append(b, v)
	}
	more := byte(0)
	if session {
		more |= sessionBit
	}
	if listed {
		more |= listedBit
	}
	return append(b, v|moreBit, more)
}

// readCastFlags reads the byte whole, the order in it, and the byte that may
// follow.
func readCastFlags(r *reader, mask byte) (flags, more byte, o msg.Order) {
	flags = r.flags(mask | moreBit)
	o = msg.Order(flags & orderBits)
	r.check(o >= msg.FIFO && o <= msg.Sequence, "unknown order")
	if flags&moreBit != 0 {
		more = r.flags(sessionBit | listedBit)
		r.check(more != 0, "more flags, and none is set")
	}
	return flags, more, o
}

// checkNumbers refuses n numbers from first on that do not fit 64 bits.
func checkNumbers(r *reader, first uint64, n uint32) {
	r.check(first <= ^uint64(0)-uint64(n), "numbers run over 64 bits")
}

// checkBody refuses bodies that do not hold just n casts.
func checkBody(r *reader, n uint32, body []byte) {
	run := msg.Run{N: n, Body: body}
	r.check(n > 0, "no casts")
	r.check(uint64(n) <= uint64(len(body)), "more casts than bytes")
	r.check(r.err != nil || run.WellFormed(), "body does not hold its casts")
}

// appendRunHead appends all of run but its body.
func appendRunHead(b []byte, run *msg.Run) []byte {
	b = appendCastFlags(b, run.Order, run.Safe, run.Call, run.Origin != 0, len(run.Deps) > 0, run.Session != nil, run.Listed != nil)
	b = binary.AppendUvarint(b, run.First)
	b = binary.AppendUvarint(b, uint64(run.N))
	b = appendCounts(b, run.Time)
	b = binary.AppendUvarint(b, run.Clock)
	if run.Order == msg.Sequence {
		b = binary.AppendUvarint(b, uint64(len(run.Spans)))
		for _, s := range run.Spans {
			b = binary.AppendUvarint(b, uint64(s.Rank))
			b = binary.AppendUvarint(b, uint64(s.N))
		}
	}
	if run.Origin != 0 {
		b = appendAddr(b, run.Origin)
		b = binary.AppendUvarint(b, run.OFirst)
	}
	if len(run.Deps) > 0 {
		b = appendDeps(b, run.Deps)
	}
	return appendListed(appendSession(b, run.Session), run.Listed)
}

func appendDep(b []byte, d msg.Dep) []byte {
	b = appendAddr(b, d.Group)
	b = binary.AppendUvarint(b, d.View)
	return appendCounts(b, d.Time)
}

func readDep(r *reader) msg.Dep { return msg.Dep{Group: r.addr(), View: r.uvarint(), Time: r.counts()} }

func appendDeps(b []byte, list []msg.Dep) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, d := range list {
		b = appendDep(b, d)
	}
	return b
}

func readDeps(r *reader) []msg.Dep {
	list := slots[msg.Dep](r, minDep)
	for i := range list {
		list[i] = readDep(r)
	}
	return list
}

// readRun reads all of run, whose body is the rest of the frame.
func readRun(r *reader, run *msg.Run, sender uint16) {
	flags, more, order := readCastFlags(r, orderBits|safeBit|callBit|originBit|depsBit)
	run.Order = order
	run.Safe = flags&safeBit != 0
	run.Call = flags&callBit != 0
	run.First = r.uvarint()
	run.N = r.uint32()
	checkNumbers(r, run.First, run.N)
	run.Time = r.counts()
	if run.Time != nil {
		r.check(order != msg.FIFO && order != msg.Sequence, "time on an order without")
		r.check(int(sender) < len(run.Time), "sender beyond the time's ranks")
	}
	run.Clock = r.uvarint()
	r.check(run.Clock == 0 || (order != msg.FIFO && order != msg.Sequence), "clock on an order without")
	if order == msg.Sequence {
		run.Spans = readSpans(r)
	}
	if flags&originBit != 0 {
		run.Origin = r.addr()
		run.OFirst = r.uvarint()
		r.check(run.Origin != 0, "nobody as origin")
		checkNumbers(r, run.OFirst, run.N)
	}
	if flags&depsBit != 0 {
		run.Deps = readDeps(r)
		r.check(len(run.Deps) > 0, "no dependencies")
		r.check(order != msg.FIFO && order != msg.Sequence, "dependencies on an order without")
	}
	if more&sessionBit != 0 {
		run.Session = readSession(r, order, run.Safe, run.N)
		r.check((run.Session.Op == msg.SessionRequest) == (run.Origin != 0), "session without origin, or an operation with one")
	}
	if more&listedBit != 0 {
		run.Listed = readListed(r, order, run.Safe, run.N)
		r.check((run.Listed.Places == nil) == (run.Origin != 0), "a cast to a list without origin, or places with one")
	}
	run.Body = r.rest()
}

func readSpans(r *reader) []msg.Span {
	out := slots[msg.Span](r, minSpan)
	for i := range out {
		out[i] = msg.Span{Rank: r.rank(), N: r.uint32()}
	}
	return out
}

func appendData(b []byte, m *msg.Data) (head, body []byte) {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.View)
	b = binary.AppendUvarint(b, uint64(m.Sender))
	b = binary.AppendUvarint(b, m.Attempt)
	return appendRunHead(b, m.Run), m.Run.Body
}

func readData(r *reader) *msg.Data {
	d := r.data
	if d == nil {
		d = new(dataFrame)
	}
	d.data = msg.Data{Group: r.addr(), View: r.uvarint(), Sender: r.rank(), Attempt: r.uvarint(), Run: &d.run}
	readRun(r, &d.run, d.data.Sender)
	if d.run.Order == msg.Sequence {
		r.check(d.run.N == 1 && len(d.run.Body) == 0, "sequence entry with casts")
	} else {
		checkBody(r, d.run.N, d.run.Body)
	}
	return &d.data
}

func appendPart(b []byte, m *msg.Part) (head, body []byte) {
	b = appendAddr(b, m.Group)
	b = binary.AppendUvarint(b, m.View)
	b = binary.AppendUvarint(b, uint64(m.Sender))
	b = binary.AppendUvarint(b, m.Attempt)
	b = binary.AppendUvarint(b, m.Offset)
	b = binary.AppendUvarint(b, m.Total)
	return appendRunHead(b, m.Run), m.Run.Body
}

func readPart(r *reader) *msg.Part {
	d := new(struct {
		m   msg.Part
		run msg.Run
	})
	d.m = msg.Part{
		Group: r.addr(), View: r.uvarint(), Sender: r.rank(), Attempt: r.uvarint(),
		Offset: r.uvarint(), Total: r.uvarint(), Run: &d.run,
	}
	readRun(r, &d.run, d.m.Sender)
	r.check(d.run.Order != msg.Sequence, "piece of a sequence entry")
	r.check(d.run.N == 1, "piece of more than one cast")
	size := uint64(len(d.run.Body))
	r.check(size > 0, "empty piece")
	r.check(size <= d.m.Total && d.m.Offset <= d.m.Total-size, "piece outside of the whole")
	return &d.m
}

func appendRequest(b []byte, m *msg.Request) (head, body []byte) {
	b = binary.AppendUvarint(b, m.Index)
	b = appendAddr(b, m.Dest)
	b = appendAddr(b, m.Relay)
	b = binary.AppendUvarint(b, m.Joined)
	b = appendAddr(b, m.Caller)
	b = binary.AppendUvarint(b, m.First)
	b = appendCastFlags(b, m.Order, m.Safe, m.Call, false, len(m.Deps) > 0, m.Session != nil, m.Listed != nil)
	b = binary.AppendUvarint(b, m.View)
	b = appendCounts(b, m.Time)
	b = binary.AppendUvarint(b, m.Clock)
	if len(m.Deps) > 0 {
		b = appendDeps(b, m.Deps)
	}
	b = binary.AppendUvarint(b, uint64(m.N))
	return appendListed(appendSession(b, m.Session), m.Listed), m.Body
}

func readRequest(r *reader) *msg.Request {
	m := &msg.Request{Index: r.uvarint(), Dest: r.addr(), Relay: r.addr(), Joined: r.uvarint(), Caller: r.addr(), First: r.uvarint()}
	flags, more, order := readCastFlags(r, orderBits|safeBit|callBit|depsBit)
	r.check(order != msg.Sequence, "request for a sequence entry")
	m.Order = order
	m.Safe = flags&safeBit != 0
	m.Call = flags&callBit != 0
	m.View = r.uvarint()
	m.Time = r.counts()
	m.Clock = r.uvarint()
	if flags&depsBit != 0 {
		m.Deps = readDeps(r)
		r.check(len(m.Deps) > 0, "no dependencies")
	}
	m.N = r.uint32()
	checkNumbers(r, m.First, m.N)
	if more&sessionBit != 0 {
		m.Session = readSession(r, order, m.Safe, m.N)
	}
	if more&listedBit != 0 {
		m.Listed = readListed(r, order, m.Safe, m.N)
		r.check(m.Listed.Places == nil, "places in a request")
	}
	m.Body = r.rest()
	checkBody(r, m.N, m.Body)
	return m
}

// appendReplies leaves only the last body out: many replies in one frame are
// small, and copying costs less than gathering.
func appendReplies(b []byte, m *msg.Replies) (head, body []byte) {
	b = appendAddr(b, m.Group)
	b = appendAddr(b, m.From)
	b = appendAddr(b, m.To)
	b = binary.AppendUvarint(b, m.Of)
	b = binary.AppendUvarint(b, m.View)
	b = appendCounts(b, m.Time)
	b = binary.AppendUvarint(b, m.Clock)
	b = appendDeps(b, m.Deps)
	b = binary.AppendUvarint(b, uint64(len(m.Items)))
	for i := range m.Items {
		x := &m.Items[i]
		b = append(b, body...)
		b = binary.AppendUvarint(b, x.View)
		b = binary.AppendUvarint(b, x.Cast)
		b = appendBool(b, x.Null)
		b = binary.AppendUvarint(b, uint64(len(x.Body)))
		body = x.Body
	}
	return b, body
}

func readReplies(r *reader) *msg.Replies {
	m := &msg.Replies{
		Group: r.addr(), From: r.addr(), To: r.addr(), Of: r.uvarint(), View: r.uvarint(), Time: r.counts(), Clock: r.uvarint(), Deps: readDeps(r),
	}
	m.Items = slots[msg.Reply](r, minReply)
	for i := range m.Items {
		m.Items[i] = msg.Reply{View: r.uvarint(), Cast: r.uvarint(), Null: r.bool(), Body: r.bytes(r.uvarint())}
	}
	return m
}
