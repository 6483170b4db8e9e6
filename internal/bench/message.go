package bench

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
)

// A payload says who cast it, as which of its casts, and what its sender had
// been delivered by then; it ends with a checksum of all of it:
//
//	0   sequence number << 16 | rank of the sender
//	8   when it was cast, nanoseconds since 1970; 0 for most
//	16  a count << 16 | rank: the sender had been delivered so many of that one's
//	24  the group
//	28  filling, the number again in each page
//	-4  CRC-32C
const (
	// LeastSize is of the smallest payload.
	LeastSize = 32

	page    = 4 << 10
	atTime  = 8
	atSeen  = 16
	atGroup = 24
	sumSize = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// message is what a payload says.
type message struct {
	sender  int
	group   int
	seq     uint64 // from 0, for each sender and group
	at      int64  // when it was cast; 0 if nobody wants to know
	witness int    // a rank
	seen    uint64 // casts of the witness that the sender had been delivered
}

// newPayload makes room for the messages of one sender, filled by its rank.
func newPayload(size, rank int) []byte {
	b := make([]byte, size)
	chance := rand.New(rand.NewPCG(1987, uint64(rank)))
	for i := range b {
		b[i] = byte(chance.Uint32())
	}
	return b
}

// write makes b the payload of m.
func (m *message) write(b []byte) {
	le := binary.LittleEndian
	own := m.seq<<16 | uint64(m.sender)
	le.PutUint64(b, own)
	le.PutUint64(b[atTime:], uint64(m.at))
	le.PutUint64(b[atSeen:], m.seen<<16|uint64(m.witness))
	le.PutUint32(b[atGroup:], uint32(m.group))
	for i := page; i+8 <= len(b)-sumSize; i += page {
		le.PutUint64(b[i:], own)
	}
	end := len(b) - sumSize
	le.PutUint32(b[end:], crc32.Checksum(b[:end], castagnoli))
}

// read makes m what a payload says, and reports false if that is not as it was written.
func (m *message) read(b []byte, size int) bool {
	if len(b) != size {
		return false
	}
	le := binary.LittleEndian
	end := len(b) - sumSize
	if le.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
		return false
	}
	own, seen := le.Uint64(b), le.Uint64(b[atSeen:])
	m.sender, m.seq, m.at = int(own&0xffff), own>>16, int64(le.Uint64(b[atTime:]))
	m.witness, m.seen, m.group = int(seen&0xffff), seen>>16, int(le.Uint32(b[atGroup:]))
	return true
}
