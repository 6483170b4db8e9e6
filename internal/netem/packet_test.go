package netem

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

const (
	testIP  = 24 // with an option
	testTCP = 32
	testSeq = 0xfffffff0 // wraps around
)

// plainPacket is one packet of so many bytes of IPv4.
func plainPacket(from, to, size int) []byte {
	b := make([]byte, virtioSize+size)
	ip := b[virtioSize:]
	ip[0], ip[9] = 0x45, 17
	copy(ip[12:], []byte{10, 87, 0, byte(from + 1), 10, 87, 0, byte(to + 1)})
	return b
}

// tcpPacket is segments of TCP, together of so many bytes.
func tcpPacket(to, payload, segment int) []byte {
	b := append(plainPacket(0, to, testIP+testTCP), make([]byte, payload)...)
	b[atKind] = kindTCPv4
	binary.NativeEndian.PutUint16(b[atSegment:], uint16(segment))
	ip := b[virtioSize:]
	ip[0], ip[9] = 0x40|testIP/4, tcp
	binary.BigEndian.PutUint16(ip[4:], 0xffff) // its identification wraps around
	h := ip[testIP:]
	binary.BigEndian.PutUint32(h[4:], testSeq)
	h[12], h[13] = testTCP/4<<4, fin|psh|cwr|0x10
	for i := range payload {
		h[testTCP+i] = byte(i * 7 / 3)
	}
	return b
}

func mustRead(t *testing.T, b []byte) packet {
	t.Helper()
	p, ok := readPacket(b)
	if !ok {
		t.Fatal("a packet is refused")
	}
	return p
}

func TestSegments(t *testing.T) {
	p := mustRead(t, tcpPacket(3, 2500, 1000))
	if p.to != 3 || p.segments() != 3 || p.head != testIP+testTCP || p.payload() != 2500 {
		t.Errorf("%d segments with %d bytes before %d, to %d", p.segments(), p.head, p.payload(), p.to)
	}
	if a, b := p.wire(0), p.wire(2); a != 1000+p.head+framing || b != 500+p.head+framing {
		t.Errorf("they take %d and %d bytes", a, b)
	}
	p = mustRead(t, plainPacket(0, 1, 100))
	if p.segments() != 1 || p.wire(0) != 100+framing || p.to != 1 {
		t.Errorf("a packet of 100 bytes: %d of %d, to %d", p.segments(), p.wire(0), p.to)
	}
}

func TestCut(t *testing.T) {
	whole := tcpPacket(1, 2500, 1000)
	before := slices.Clone(whole)
	p := mustRead(t, whole)
	var all []byte
	for _, x := range []struct {
		from, to int
		kind     byte
		flags    byte
	}{{0, 2, kindTCPv4, cwr | 0x10}, {2, 3, kindNone, fin | psh | 0x10}} {
		var h heading
		head, payload := p.cut(x.from, x.to, &h)
		if head[atKind] != x.kind {
			t.Errorf("%d to %d: kind %d", x.from, x.to, head[atKind])
		}
		ip := head[virtioSize:]
		if n := int(binary.BigEndian.Uint16(ip[2:])); n != len(ip)+len(payload) {
			t.Errorf("%d to %d: %d bytes, and it says %d", x.from, x.to, len(ip)+len(payload), n)
		}
		if n, want := binary.BigEndian.Uint16(ip[4:]), uint16(0xffff+x.from); n != want {
			t.Errorf("%d to %d: identification %d, want %d", x.from, x.to, n, want)
		}
		if fold(sum(ip[:testIP])) != 0xffff {
			t.Errorf("%d to %d: the checksum of IP is wrong", x.from, x.to)
		}
		h4 := ip[testIP:]
		if n, want := binary.BigEndian.Uint32(h4[4:]), uint32(testSeq)+uint32(len(all)); n != want {
			t.Errorf("%d to %d: sequence number %d, want %d", x.from, x.to, n, want)
		}
		if h4[13] != x.flags {
			t.Errorf("%d to %d: flags %x, want %x", x.from, x.to, h4[13], x.flags)
		}
		pseudo := append(slices.Clone(ip[12:20]), 0, tcp)
		pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(h4)+len(payload)))
		if n, want := binary.BigEndian.Uint16(h4[16:]), fold(sum(pseudo)); n != want {
			t.Errorf("%d to %d: checksum %x, want %x", x.from, x.to, n, want)
		}
		all = append(all, payload...)
	}
	if !bytes.Equal(all, whole[len(whole)-2500:]) {
		t.Error("the payload is not what it was")
	}
	if !bytes.Equal(whole, before) {
		t.Error("the packet was changed")
	}
}

func TestReadPacketRefuses(t *testing.T) {
	change := func(f func(b []byte)) []byte {
		b := tcpPacket(1, 2500, 1000)
		f(b)
		return b
	}
	for name, b := range map[string][]byte{
		"empty":          {},
		"short":          plainPacket(0, 1, leastIP)[:virtioSize+leastIP-1],
		"IPv6":           change(func(b []byte) { b[virtioSize] = 0x60 }),
		"a stranger":     change(func(b []byte) { b[virtioSize+16] = 11 }),
		"nobody":         change(func(b []byte) { b[virtioSize+19] = 0 }),
		"everybody":      change(func(b []byte) { b[virtioSize+19] = 255 }),
		"another kind":   change(func(b []byte) { b[atKind] = 4 }),
		"no TCP":         change(func(b []byte) { b[virtioSize+9] = 17 }),
		"no segment":     change(func(b []byte) { b[atSegment], b[atSegment+1] = 0, 0 }),
		"no payload":     tcpPacket(1, 0, 1000),
		"half of a head": tcpPacket(1, 0, 1000)[:virtioSize+testIP+19],
	} {
		if p, ok := readPacket(b); ok {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
