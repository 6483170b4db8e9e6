package events

import (
	"context"
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/node"
)

// host is this machine, as for any program, but that it knows what the node sends.
type host struct {
	node.Host // [node.Here] or [node.Apart]
	last      atomic.Pointer[node.Node]
}

// Start is that of the machine.
func (h *host) Start(ctx context.Context, cfg node.Config) (node.Site, error) {
	s, err := h.Host.Start(ctx, cfg)
	if n, ok := s.(*node.Node); ok {
		h.last.Store(n)
	}
	return s, err
}

// use is what a process has sent and used since it began.
type use struct {
	Frames uint64  `json:"frames"` // sent
	Bytes  uint64  `json:"bytes"`  // sent
	CPU    float64 `json:"cpu"`    // seconds of processor time; 0 where the system does not tell, as
	Memory float64 `json:"memory"` // bytes now
	Peak   float64 `json:"peak"`   // and at most
}

func (h *host) use() *use {
	u := &use{CPU: bench.ProcessorTime(), Memory: bench.Memory(), Peak: bench.PeakMemory()}
	if n := h.last.Load(); n != nil {
		for _, t := range n.Counters().Out {
			u.Frames += t.Frames
			u.Bytes += t.Bytes
		}
	}
	return u
}
