package netem

import (
	"math"
	"slices"
	"testing"
	"time"
)

// arrival is a piece that has arrived.
type arrival struct {
	at       time.Duration
	from, to int
	size     int // of its payload, or of it all if it is no segment
}

// world is a relay and a clock that its test moves.
type world struct {
	*relay
	now time.Duration
}

func newWorld(n Network) *world {
	w := &world{relay: newRelay(n)}
	for range 3 {
		w.grow()
	}
	return w
}

// sends gives the relay a packet now.
func (w *world) sends(from int, b []byte) {
	room := w.room()
	w.take(int64(w.now), from, room, copy(room.bytes, b))
}

// arrivals is all that is under way, as it arrives.
func (w *world) arrivals() (list []arrival) {
	for l := w.next(); l != nil; l = w.next() {
		x := l.pending.head()
		size := len(x.payload)
		if len(x.head) == 0 {
			size -= virtioSize
		}
		list = append(list, arrival{time.Duration(x.due), slices.Index(w.links, l), x.to, size})
		w.arrived(l)
	}
	return list
}

func TestNothingIsDoneToPackets(t *testing.T) {
	w := newWorld(Network{})
	w.now = time.Second
	w.sends(0, plainPacket(0, 2, 100))
	w.sends(1, tcpPacket(0, 2500, 1000))
	w.sends(2, plainPacket(2, 1, 60))
	if got, want := w.arrivals(), []arrival{{time.Second, 0, 2, 100}, {time.Second, 1, 0, 2500}, {time.Second, 2, 1, 60}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDelay(t *testing.T) {
	w := newWorld(Network{Delay: 3 * time.Millisecond})
	for i := range 3 {
		w.now = time.Duration(i) * time.Millisecond
		w.sends(i, plainPacket(i, (i+1)%3, 100+i))
	}
	want := []arrival{{3 * time.Millisecond, 0, 1, 100}, {4 * time.Millisecond, 1, 2, 101}, {5 * time.Millisecond, 2, 0, 102}}
	if got := w.arrivals(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// At 8 Mbit/s a byte takes a microsecond. Each host has a line of its own.
func TestRate(t *testing.T) {
	w := newWorld(Network{Rate: 8e6, Delay: time.Millisecond})
	const us = time.Microsecond
	w.sends(0, plainPacket(0, 1, 1000-framing))
	w.sends(0, plainPacket(0, 2, 500-framing))
	w.sends(1, plainPacket(1, 2, 200-framing))
	want := []arrival{{1200 * us, 1, 2, 200 - framing}, {2000 * us, 0, 1, 1000 - framing}, {2500 * us, 0, 2, 500 - framing}}
	if got := w.arrivals(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	w.now = 10 * time.Millisecond // the line has been idle, which nobody gets back
	w.sends(0, plainPacket(0, 1, 100-framing))
	if got := w.arrivals(); len(got) != 1 || got[0].at != 11100*us {
		t.Errorf("%v", got)
	}
	if s := w.traffic(); s.Packets != 4 || s.Bytes != 1800 || s.Waited != 1000*us {
		t.Errorf("%+v", s)
	}
}

// Segments that were sent at once arrive as the line has taken them, a few at a time.
func TestSegmentsArriveAsTheyAreSent(t *testing.T) {
	w := newWorld(Network{Rate: 8e6})
	const segment = 1000 - testIP - testTCP - framing
	w.sends(0, tcpPacket(1, 20*segment, segment))
	ms := time.Millisecond
	want := []arrival{{8 * ms, 0, 1, 8 * segment}, {16 * ms, 0, 1, 8 * segment}, {20 * ms, 0, 1, 4 * segment}}
	if got := w.arrivals(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestQueueIsBounded(t *testing.T) {
	const size, rate, room = deviceMTU + framing, 1e9, 1000
	w := newWorld(Network{Rate: rate})
	for range 2 * room {
		w.sends(0, plainPacket(0, 1, size-framing))
	}
	all := time.Duration(room * size * 8) // a bit takes a nanosecond
	if got := w.arrivals(); len(got) != room || got[room-1].at != all {
		t.Errorf("%d packets of %d have arrived, the last at %v", len(got), room, got[len(got)-1].at)
	}
	if s := w.traffic(); s.Dropped != room || s.Bytes != room*size {
		t.Errorf("%+v", s)
	}
	w.now = all / 2 // half of it is free again
	for range room {
		w.sends(0, plainPacket(0, 1, size-framing))
	}
	if got := len(w.arrivals()); got != room/2 {
		t.Errorf("%d packets of %d have arrived", got, room/2)
	}
}

func TestLoss(t *testing.T) {
	const chance, segments, rounds = 0.1, 50, 200
	lost := map[int]uint64{}
	for host := range 2 {
		w := newWorld(Network{Loss: chance})
		bytes := 0
		for range rounds {
			w.sends(host, tcpPacket(2, segments*100, 100))
			for _, a := range w.arrivals() {
				bytes += a.size
			}
		}
		s := w.traffic()
		if got := float64(s.Lost) / float64(s.Packets); s.Packets != rounds*segments || math.Abs(got-chance) > chance/5 {
			t.Errorf("%d of %d segments were lost", s.Lost, s.Packets)
		}
		if want := (rounds*segments - int(s.Lost)) * 100; bytes != want {
			t.Errorf("%d bytes have arrived, want %d", bytes, want)
		}
		lost[host] = s.Lost
		again := newWorld(Network{Loss: chance})
		for range rounds {
			again.sends(host, tcpPacket(2, segments*100, 100))
		}
		if again.traffic() != s {
			t.Errorf("%+v, and again %+v", s, again.traffic())
		}
	}
	if lost[0] == lost[1] {
		t.Error("two hosts lose the same packets")
	}
}

// What is lost has taken the line, and what comes after it is not moved forward.
func TestALostPacketTakesTheLine(t *testing.T) {
	w := newWorld(Network{Rate: 8e6, Loss: mostLoss})
	for range 100 {
		w.sends(0, plainPacket(0, 1, 1000-framing))
	}
	got := w.arrivals()
	if len(got) == 0 || len(got) == 100 {
		t.Fatalf("%d of 100 have arrived", len(got))
	}
	for i, a := range got {
		if a.at%time.Millisecond != 0 || a.at > 100*time.Millisecond || i > 0 && a.at <= got[i-1].at {
			t.Errorf("one has arrived at %v", a.at)
		}
	}
}

func TestStrangersGetNothing(t *testing.T) {
	w := newWorld(Network{})
	w.sends(0, plainPacket(0, 5, 100)) // an address of the network, and nobody's
	w.sends(0, []byte{1, 2, 3})
	if got := w.arrivals(); len(got) != 0 || w.traffic() != (Traffic{}) {
		t.Errorf("%v, %+v", got, w.traffic())
	}
}

// The relay uses its memory again, whatever becomes of packets.
func TestBuffersAreUsedAgain(t *testing.T) {
	w := newWorld(Network{Rate: 1e9, Loss: 0.2, Delay: time.Millisecond})
	const rounds, each = 50, 20
	for range rounds {
		for range each {
			w.sends(0, tcpPacket(1, 30_000, 1000))
			w.sends(1, plainPacket(1, 0, 60))
			w.sends(2, plainPacket(2, 9, 60))
		}
		w.arrivals()
		w.now += time.Second
	}
	// One more is that which the next packet is read into.
	if len(w.large) > each+1 || len(w.small) > each+1 {
		t.Errorf("%d and %d buffers for %d packets at a time", len(w.large), len(w.small), each)
	}
}
