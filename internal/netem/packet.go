package netem

import "encoding/binary"

// A packet begins with the header that virtio(4) defines:
//
//	0  flags: the checksum is to be completed
//	1  kind of segmentation: none, or TCP over IPv4
//	2  length of all headers after this one
//	4  bytes of each segment's payload, but for the last
//	6  where what the checksum is of begins, and at 8 where in it it goes
const (
	virtioSize = 10
	atKind     = 1
	atHeadSize = 2
	atSegment  = 4

	kindNone  = 0
	kindTCPv4 = 1
)

// Of IPv4 and TCP.
const (
	leastIP = 20
	mostIP  = 60
	mostTCP = 60
	tcp     = 6

	fin, psh, cwr = 0x01, 0x08, 0x80

	// deviceMTU is of the largest packet on a wire.
	deviceMTU = 1500
	// mostPacket is of what a device gives at once.
	mostPacket = virtioSize + 1<<16

	// framing is what Ethernet adds to each packet: header, check sequence,
	// preamble and the gap between two.
	framing = 14 + 4 + 8 + 12
)

// packet is what one read of a device gave: one packet of IPv4, or several
// segments of a TCP connection with the headers of the first.
type packet struct {
	bytes   []byte // with the virtio header
	to      int    // the host it is for
	head    int    // bytes of IPv4's and TCP's headers, of segments
	segment int    // bytes of the payload of each segment but the last; 0: it is one packet
}

// readPacket reports false for what is for no host.
func readPacket(b []byte) (p packet, ok bool) {
	if len(b) < virtioSize+leastIP || b[virtioSize]>>4 != 4 {
		return p, false
	}
	ip := b[virtioSize:]
	p = packet{bytes: b, to: hostOf(ip[16:20])}
	if b[atKind] == kindNone {
		return p, p.to >= 0
	}
	size := int(ip[0]&15) * 4
	if b[atKind] != kindTCPv4 || ip[9] != tcp || len(ip) < size+20 {
		return p, false
	}
	p.head = size + int(ip[size+12]>>4)*4
	p.segment = int(binary.NativeEndian.Uint16(b[atSegment:]))
	return p, p.to >= 0 && p.segment > 0 && len(ip) > p.head
}

// segments is how many packets it would be on a wire.
func (p *packet) segments() int {
	if p.segment == 0 {
		return 1
	}
	return (p.payload() + p.segment - 1) / p.segment
}

// payload is how many bytes of TCP's segments there are.
func (p *packet) payload() int { return len(p.bytes) - virtioSize - p.head }

// wire is what a segment takes on an Ethernet, in bytes.
func (p *packet) wire(i int) int {
	if p.segment == 0 {
		return len(p.bytes) - virtioSize + framing
	}
	return min(p.segment, p.payload()-i*p.segment) + p.head + framing
}

// heading is the headers of a piece.
type heading [virtioSize + mostIP + mostTCP]byte

// cut makes the segments from..to-1 a packet: its headers, written to h, and
// its payload, which is a part of p's bytes.
func (p *packet) cut(from, to int, h *heading) (head, payload []byte) {
	if p.segment == 0 {
		return nil, p.bytes
	}
	all := virtioSize + p.head
	head = h[:copy(h[:], p.bytes[:all])]
	payload = p.bytes[all+from*p.segment : min(len(p.bytes), all+to*p.segment)]
	native, network := binary.NativeEndian, binary.BigEndian
	native.PutUint16(head[atHeadSize:], uint16(p.head))
	if to-from == 1 {
		head[atKind] = kindNone
		native.PutUint16(head[atSegment:], 0)
	}
	ip := head[virtioSize:]
	size := int(ip[0]&15) * 4
	network.PutUint16(ip[2:], uint16(p.head+len(payload)))
	network.PutUint16(ip[4:], network.Uint16(ip[4:])+uint16(from))
	network.PutUint16(ip[10:], 0)
	network.PutUint16(ip[10:], ^fold(sum(ip[:size])))

	t := ip[size:]
	network.PutUint32(t[4:], network.Uint32(t[4:])+uint32(from*p.segment))
	if from > 0 {
		t[13] &^= cwr
	}
	if to < p.segments() {
		t[13] &^= fin | psh
	}
	// As the virtio header asks for: of the pseudo header alone, to be completed.
	network.PutUint16(t[16:], fold(sum(ip[12:20])+tcp+uint32(len(t)+len(payload))))
	return head, payload
}

// sum adds the 16-bit words of b, whose length is even and at most a header's.
func sum(b []byte) (s uint32) {
	for ; len(b) > 1; b = b[2:] {
		s += uint32(binary.BigEndian.Uint16(b))
	}
	return s
}

// fold makes a sum one of 16 bits, in ones' complement.
func fold(s uint32) uint16 {
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}
