package service

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/twenty"
)

// GroupName is the name of the service's group.
const GroupName = "twenty"

// The entries of a member.
const (
	entryQuery  cohort.Entry = 1
	entryUpdate cohort.Entry = 2
	entryTable  cohort.Entry = 3
)

var errMalformed = errors.New("twenty: malformed message")

// Part is one member's answer to a question.
type Part struct {
	From   cohort.Address
	Member int // the number of the member that answers
	Of     int // how many act
	twenty.Reply
}

func appendPart(b []byte, member, of int, r twenty.Reply) []byte {
	b = binary.AppendUvarint(b, uint64(member))
	b = binary.AppendUvarint(b, uint64(of))
	b, _ = r.AppendBinary(b) // never fails
	return b
}

// parsePart reads what appendPart wrote.
func parsePart(b []byte) (p Part, err error) {
	member, b, ok1 := cutUvarint(b)
	of, b, ok2 := cutUvarint(b)
	if !ok1 || !ok2 || of == 0 || of > math.MaxInt32 || member >= of {
		return Part{}, errMalformed
	}
	p.Member, p.Of = int(member), int(of)
	return p, p.UnmarshalBinary(b)
}

func cutUvarint(b []byte) (v uint64, rest []byte, ok bool) {
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, false
	}
	return v, b[n:], true
}

// updateID names an update for ever: its client's number and the client's own
// count.
type updateID struct {
	client, count uint64
}

const updateIDBytes = 16

func (id updateID) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, id.client)
	return binary.LittleEndian.AppendUint64(b, id.count)
}

func cutUpdateID(b []byte) (id updateID, rest []byte, ok bool) {
	if len(b) < updateIDBytes {
		return updateID{}, nil, false
	}
	id.client = binary.LittleEndian.Uint64(b)
	id.count = binary.LittleEndian.Uint64(b[8:])
	return id, b[updateIDBytes:], true
}
