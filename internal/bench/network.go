package bench

import (
	"time"

	"github.com/cohortkit/cohort/internal/crew"
	"github.com/cohortkit/cohort/internal/netem"
)

// loopback is where members are without a network.
const loopback = "127.0.0.1"

// Network is one that members are in, each as on a machine of its own.
type Network struct {
	netem.Network
	Congestion string // control of all members' TCP; empty for that of this machine
}

// Passage is what went through a network while it was measured, in all directions
// together.
type Passage struct {
	Congestion string  `json:"congestion"`  // control of TCP
	MBPerS     float64 `json:"mb_per_s"`    // with all headers
	PacketsPS  float64 `json:"packets_s"`   // as on a wire
	Lost       float64 `json:"lost"`        // share of the packets, by chance
	Dropped    float64 `json:"dropped"`     // share of those for which a queue had no room
	Waited     float64 `json:"queue_us"`    // microseconds that a packet was in its queue, mean
	Late       float64 `json:"late_us"`     // that it arrived after its time, mean
	LateMost   float64 `json:"late_us_max"` // since the run began
	Relay      float64 `json:"relay_cpu"`   // processors that the relay took, with what the kernel did in its name
}

// emulated is the network of a run. Its zero value is none.
type emulated struct {
	*netem.Emulator
	hosts      []string
	congestion string
	began      time.Time
	before     netem.Stats
}

// start puts processes into a network.
func (e *emulated) start(n Network, members []*crew.Process) error {
	e.Emulator = netem.New(n.Network, n.Congestion)
	for _, p := range members {
		host, congestion, err := e.Attach(p.Pid())
		if err != nil {
			return err
		}
		e.hosts, e.congestion = append(e.hosts, host), congestion
	}
	return e.Start()
}

// host is the address of a member.
func (e *emulated) host(rank int) string {
	if e.Emulator == nil {
		return loopback
	}
	return e.hosts[rank]
}

func (e *emulated) close() {
	if e.Emulator != nil {
		e.Close()
	}
}

// begin is when measuring begins.
func (e *emulated) begin() {
	if e.Emulator != nil {
		e.began, e.before = time.Now(), e.Stats()
	}
}

// end is what has passed since begin.
func (e *emulated) end() (p Passage) {
	if e.Emulator == nil {
		return p
	}
	a, b, seconds := e.Stats(), e.before, time.Since(e.began).Seconds()
	packets := float64(max(1, a.Packets-b.Packets))
	return Passage{
		Congestion: e.congestion,
		MBPerS:     Rounded(float64(a.Bytes-b.Bytes) / seconds / 1e6),
		PacketsPS:  Rounded(packets / seconds),
		Lost:       Rounded(float64(a.Lost-b.Lost) / packets),
		Dropped:    Rounded(float64(a.Dropped-b.Dropped) / packets),
		Waited:     Rounded(float64((a.Waited - b.Waited).Microseconds()) / packets),
		Late:       Rounded(float64((a.Late - b.Late).Microseconds()) / float64(max(1, a.Arrivals-b.Arrivals))),
		LateMost:   micros(a.LateMost),
		Relay:      Rounded((a.CPU - b.CPU).Seconds() / seconds),
	}
}
