package sim

import "github.com/cohortkit/cohort/internal/core/fact"

// Stats count what a run exercised.
type Stats struct {
	SiteViews, GroupViews, Takeovers, Exclusions, Stalls int
	Crashes, Pauses, Partitions, Breaks                  int
	FlushRestarts, Transfers, Flushes, Drops             int
	FIFO, Causal, Total, Barrier, Safe, Calls            int
	Frames, Bytes                                        int
}

// count takes a fact into the statistics.
func (s *Stats) count(f fact.Fact) {
	switch f := f.(type) {
	case fact.SiteView:
		s.SiteViews++
	case fact.View:
		s.GroupViews++
	case fact.Takeover:
		s.Takeovers++
	case fact.Halt:
		if f.Why == "excluded" {
			s.Exclusions++
		}
	case fact.Stall:
		s.Stalls++
	case fact.FlushOK:
		s.Flushes++
	case fact.Loaded:
		s.Transfers++
	case fact.Drop:
		s.Drops++
	case fact.Call:
		s.Calls++
	case fact.Send:
		s.cast(f)
	case fact.Block:
		s.FlushRestarts++
	}
}

func (s *Stats) cast(f fact.Send) {
	n := int(f.N)
	switch f.Order {
	case fact.FIFO:
		s.FIFO += n
	case fact.Causal:
		s.Causal += n
	case fact.Total:
		s.Total += n
	case fact.Barrier:
		s.Barrier += n
	}
	if f.Safe {
		s.Safe += n
	}
}
