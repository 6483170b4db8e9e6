package gather

import (
	"encoding/binary"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Path is how the casts of a process get to a destination. It does not change.
type Path struct {
	Proc   id.Address
	Dest   id.Address
	Window *Window // of what is under way
}

// Kind is what a cast is promised. Those of one kind that take one path can share a run.
type Kind struct {
	Order msg.Order
	Safe  bool
}

// Event is a cast of n payloads in body.
func (p *Path) Event(k Kind, n uint32, body []byte) core.Cast {
	return core.Cast{Proc: p.Proc, Dest: p.Dest, Order: k.Order, Safe: k.Safe, N: n, Body: body}
}

// Head stands before each payload: which handler it is for, and how it is encoded.
type Head struct{ Entry, Format byte }

// HeadSize is of a head in a body.
const HeadSize = 2

// Size is how many bytes of a body a cast takes.
func Size(payload []byte) int { return msg.CastSize(HeadSize + len(payload)) }

// Append appends one cast to a body.
func (h Head) Append(body, payload []byte) []byte {
	n := HeadSize + len(payload)
	if n >= msg.Long {
		return h.appendLong(body, payload)
	}
	return append(append(body, byte(n), h.Entry, h.Format), payload...)
}

func (h Head) appendLong(body, payload []byte) []byte {
	body = binary.AppendUvarint(body, uint64(HeadSize+len(payload)))
	return append(append(body, h.Entry, h.Format), payload...)
}
