package node

import (
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/core/msg"
)

// Traffic is what went over the connections of one lane, in one direction.
type Traffic struct {
	Frames, Bytes uint64
}

// Counters are sums since the node started.
type Counters struct {
	In, Out       [msg.Lanes]Traffic
	Steps, Events uint64
}

type traffic struct{ frames, bytes atomic.Uint64 }

func (t *traffic) add(frames, bytes int) {
	t.frames.Add(uint64(frames))
	t.bytes.Add(uint64(bytes))
}

func (t *traffic) load() Traffic { return Traffic{t.frames.Load(), t.bytes.Load()} }

type counters struct {
	in, out       [msg.Lanes]traffic
	steps, events atomic.Uint64
}

// Counters returns the node's sums. They are read one by one, while it works.
func (n *Node) Counters() Counters {
	c := Counters{Steps: n.counts.steps.Load(), Events: n.counts.events.Load()}
	for l := range c.In {
		c.In[l], c.Out[l] = n.counts.in[l].load(), n.counts.out[l].load()
	}
	return c
}
