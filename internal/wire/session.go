package wire

import (
	"encoding/binary"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// What client sessions add to runs and requests, and their own messages.

// Least sizes of list elements, in bytes.
const (
	minSession        = 1 + 8 + 4 + 8 + 8 + 1
	minSessionReplies = 1 + 1 + 1
)

// appendSession appends what a session's run or request has, if it is one.
func appendSession(b []byte, s *msg.Session) []byte {
	if s == nil {
		return b
	}
	b = append(b, byte(s.Op))
	b = binary.AppendUvarint(b, s.ID)
	b = appendAddr(b, s.Proc)
	b = binary.AppendUvarint(b, s.At)
	b = binary.AppendUvarint(b, s.Acked)
	b = appendAddr(b, s.Holder)
	return appendBool(b, s.Takes)
}

// readSession reads what appendSession has written, of a run of n casts.
func readSession(r *reader, order msg.Order, safe bool, n uint32) *msg.Session {
	s := &msg.Session{Op: msg.SessionOp(r.byte()), ID: r.uvarint(), Proc: r.addr(), At: r.uvarint(), Acked: r.uvarint(), Holder: r.addr(), Takes: r.bool()}
	r.check(s.Op >= msg.SessionRequest && s.Op <= msg.SessionExpire, "unknown operation on a session")
	r.check(order == msg.Total && safe, "session beside the total order")
	r.check(s.Op == msg.SessionRequest || n == 1, "operation on a session with casts")
	return s
}

func appendClients(b []byte, t msg.SessionTable) []byte {
	b = binary.AppendUvarint(b, t.Opened)
	b = binary.AppendUvarint(b, uint64(len(t.Sessions)))
	for _, s := range t.Sessions {
		b = binary.AppendUvarint(b, s.ID)
		b = appendAddr(b, s.Proc)
		b = binary.AppendUvarint(b, s.At)
		b = binary.AppendUvarint(b, s.Base)
		b = binary.AppendUvarint(b, s.Last)
		b = binary.AppendUvarint(b, s.Acked)
		b = appendAddr(b, s.Holder)
		b = appendAddr(b, s.Was)
		b = binary.AppendUvarint(b, s.Until)
	}
	return b
}

func readClients(r *reader) msg.SessionTable {
	t := msg.SessionTable{Opened: r.uvarint(), Sessions: slots[msg.SessionState](r, minSession)}
	for i := range t.Sessions {
		t.Sessions[i] = msg.SessionState{
			ID: r.uvarint(), Proc: r.addr(), At: r.uvarint(), Base: r.uvarint(), Last: r.uvarint(), Acked: r.uvarint(),
			Holder: r.addr(), Was: r.addr(), Until: r.uvarint(),
		}
	}
	return t
}

func appendSessionTold(b []byte, m *msg.SessionTold) []byte {
	b = appendAddr(b, m.Dest)
	b = appendAddr(b, m.Caller)
	b = binary.AppendUvarint(b, m.Of)
	b = binary.AppendUvarint(b, m.ID)
	b = binary.AppendUvarint(b, m.Last)
	return append(b, byte(m.Status))
}

func readSessionTold(r *reader) *msg.SessionTold {
	m := &msg.SessionTold{Dest: r.addr(), Caller: r.addr(), Of: r.uvarint(), ID: r.uvarint(), Last: r.uvarint(), Status: msg.SessionStatus(r.byte())}
	r.check(m.Status >= msg.SessionStands && m.Status <= msg.SessionFull, "unknown state of a session")
	return m
}

// appendXferReplies has no body to leave out: many answers go together, and one may
// be as large as a block of state.
func appendXferReplies(b []byte, m *msg.XferReplies) []byte {
	b = appendAddr(b, m.Group)
	b = appendAddr(b, m.Joiner)
	b = binary.AppendUvarint(b, m.Xfer)
	b = binary.AppendUvarint(b, uint64(len(m.Sessions)))
	for i := range m.Sessions {
		s := &m.Sessions[i]
		b = binary.AppendUvarint(b, s.ID)
		b = binary.AppendUvarint(b, s.Last)
		b = binary.AppendUvarint(b, uint64(len(s.Items)))
		for k := range s.Items {
			b = binary.AppendUvarint(b, s.Items[k].Cast)
			b = appendBool(b, s.Items[k].Null)
			b = binary.AppendUvarint(b, uint64(len(s.Items[k].Body)))
			b = append(b, s.Items[k].Body...)
		}
	}
	return b
}

func readXferReplies(r *reader) *msg.XferReplies {
	m := &msg.XferReplies{Group: r.addr(), Joiner: r.addr(), Xfer: r.uvarint(), Sessions: slots[msg.SessionReplies](r, minSessionReplies)}
	for i := range m.Sessions {
		s := msg.SessionReplies{ID: r.uvarint(), Last: r.uvarint(), Items: slots[msg.Reply](r, minReply-1)}
		for k := range s.Items {
			s.Items[k] = msg.Reply{Cast: r.uvarint(), Null: r.bool(), Body: r.bytes(r.uvarint())}
		}
		m.Sessions[i] = s
	}
	return m
}
