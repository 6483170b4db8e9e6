package events

import (
	"context"
	"sync/atomic"

	"github.com/cohortkit/cohort/internal/bench"
	"github.com/cohortkit/cohort/internal/node"
)

// host is this machine, as for any program, but that it knows what the node sends.
type host struct {
	node.Here
	apart bool // it takes no notice of the others on this machine
	last  atomic.Pointer[node.Node]
}

// Start is that of [node.Here], but for apart.
func (h *host) Start(ctx context.Context, cfg node.Config) (node.Site, error) {
	cfg.Apart = cfg.Apart || h.apart
	n, err := node.Start(ctx, cfg)
	if err != nil {
		return nil, err // and no *Node that is nil
	}
	h.last.Store(n)
	return n, nil
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
