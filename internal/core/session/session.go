// Package session makes the three lanes between two sites reliable: each is a
// FIFO of frames that survives broken connections without loss or duplicate.
//
// A connection carries one lane in one direction. Frames have no numbers on
// the wire: the receiver says when a connection opens how many it has got in
// all, and both count from there. The sender keeps what is not acknowledged.
//
// Requires: connections deliver a prefix of what was written, in order.
// Guarantees: between two live incarnations every frame arrives once, in order
// of its lane, however often connections break.
package session

import (
	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// AckEvery is after how many bytes on one lane an acknowledgement is due
// without waiting for the next heartbeat.
const AckEvery = 256 << 10

// Out is the sending half of a lane.
type Out struct {
	Conn   uint64 // the connection in use; 0: none
	begun  bool   // the other end's count is known: until then none is about our frames
	acked  uint64
	frames []*msg.Frame // acked+1 …
}

// Push queues a frame and reports whether it can be written at once.
func (o *Out) Push(f *msg.Frame) bool {
	o.frames = append(o.frames, f)
	return o.Conn != 0
}

// Pending is the number of frames not yet acknowledged.
func (o *Out) Pending() int { return len(o.frames) }

// Up starts using connection conn, whose other end has got so many frames, and
// returns those to write again. A site forgets its session with one that is no
// member: if we have, the other end still counts what it got in the last one, and if
// it has, it counts otherwise than we do. Then we count as it does.
func (o *Out) Up(conn, got uint64) (again []*msg.Frame) {
	if !o.begun || got < o.acked || got > o.acked+uint64(len(o.frames)) {
		o.begun, o.acked = true, got
	}
	o.Acked(got)
	o.Conn = conn
	return o.frames
}

// Down stops using connection conn if it is the one in use.
func (o *Out) Down(conn uint64) {
	if o.Conn == conn {
		o.Conn = 0
	}
}

// Acked drops frames that the other end has got.
func (o *Out) Acked(got uint64) {
	if !o.begun || got <= o.acked {
		return
	}
	n := int(min(got-o.acked, uint64(len(o.frames))))
	o.frames = fifo.Drop(o.frames, n)
	o.acked += uint64(n)
}

// In is the receiving half of a lane.
type In struct {
	Conn  uint64 // only frames of this connection count
	got   uint64
	told  uint64 // got, as last acknowledged
	bytes int    // received since
}

// Open makes conn the lane's connection and says how many frames were got.
func (i *In) Open(conn uint64) (got uint64) {
	i.Conn, i.told, i.bytes = conn, i.got, 0
	return i.got
}

// Take counts a frame of connection conn and reports whether it counts.
func (i *In) Take(conn uint64, size int) bool {
	if conn != i.Conn {
		return false
	}
	i.got++
	i.bytes += size
	return true
}

// Due reports whether enough came in that it should be acknowledged now.
func (i *In) Due() bool { return i.bytes >= AckEvery }

// Tell returns the count to acknowledge.
func (i *In) Tell() uint64 {
	i.told, i.bytes = i.got, 0
	return i.got
}

// Untold reports whether anything is not yet acknowledged.
func (i *In) Untold() bool { return i.told != i.got }

// Peer is all lanes to and from one site.
type Peer struct {
	Out [msg.Lanes]Out
	In  [msg.Lanes]In
}

// Got acknowledges all lanes.
func (p *Peer) Got() (got [msg.Lanes]uint64) {
	for l := range p.In {
		got[l] = p.In[l].Tell()
	}
	return got
}

// Due reports whether some lane should be acknowledged without delay.
func (p *Peer) Due() bool {
	for l := range p.In {
		if p.In[l].Due() {
			return true
		}
	}
	return false
}

// Untold reports whether some lane has frames not yet acknowledged.
func (p *Peer) Untold() bool {
	for l := range p.In {
		if p.In[l].Untold() {
			return true
		}
	}
	return false
}

// Acked takes the other end's counts.
func (p *Peer) Acked(got [msg.Lanes]uint64) {
	for l := range p.Out {
		p.Out[l].Acked(got[l])
	}
}
