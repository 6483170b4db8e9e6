package netem

// smallBytes is of the packets that get a buffer of that size, so that those
// without payload do not take so much memory while they are under way.
const smallBytes = 2 << 10

// relay is the links of all hosts, and what is under way on them. Times are as in
// link, and given by its caller.
type relay struct {
	network      Network
	links        []*link
	large, small []*buffer // that are free
}

func newRelay(n Network) *relay { return &relay{network: n} }

// grow adds a host.
func (r *relay) grow() { r.links = append(r.links, newLink(r.network, uint64(len(r.links)))) }

// room is for the next packet.
func (r *relay) room() *buffer {
	if n := len(r.large); n > 0 {
		b := r.large[n-1]
		r.large = r.large[:n-1]
		return b
	}
	return &buffer{bytes: make([]byte, mostPacket)}
}

// take takes a packet from a host, of so many bytes in what room gave.
func (r *relay) take(now int64, from int, b *buffer, size int) {
	if size <= smallBytes {
		b = r.shrink(b, size)
	}
	if p, ok := readPacket(b.bytes[:size]); ok && p.to < len(r.links) {
		r.links[from].send(now, p, b)
	}
	if b.users == 0 {
		r.release(b)
	}
}

// shrink copies a small packet, and frees the room it had.
func (r *relay) shrink(b *buffer, size int) *buffer {
	var s *buffer
	if n := len(r.small); n > 0 {
		s, r.small = r.small[n-1], r.small[:n-1]
	} else {
		s = &buffer{bytes: make([]byte, smallBytes)}
	}
	copy(s.bytes, b.bytes[:size])
	r.release(b)
	return s
}

func (r *relay) release(b *buffer) {
	if len(b.bytes) == smallBytes {
		r.small = append(r.small, b)
	} else {
		r.large = append(r.large, b)
	}
}

// next is the link whose piece is due first, nil if nothing is under way.
func (r *relay) next() (first *link) {
	for _, l := range r.links {
		if x := l.pending.head(); x != nil && (first == nil || x.due < first.pending.head().due) {
			first = l
		}
	}
	return first
}

// arrived is called when the first piece of a link was delivered.
func (r *relay) arrived(l *link) {
	x := l.pending.head()
	l.pending.pop()
	x.head, x.payload = nil, nil
	if x.buffer.users--; x.buffer.users == 0 {
		r.release(x.buffer)
	}
	x.buffer = nil
}

// traffic is what all hosts have sent.
func (r *relay) traffic() (t Traffic) {
	for _, l := range r.links {
		t.add(&l.Traffic)
	}
	return t
}
