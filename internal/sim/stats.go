package sim

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
)

// Stats count what a run exercised. What several sites do is counted at each.
type Stats struct {
	Events        int `json:"events"` // of the simulation
	SiteViews     int `json:"site_views"`
	GroupViews    int `json:"group_views"`
	Takeovers     int `json:"takeovers"`
	Exclusions    int `json:"exclusions"` // sites that halted because they had been removed
	Heirs         int `json:"heirs"`      // votes of the dead that passed to the living
	Crashes       int `json:"crashes"`
	Pauses        int `json:"pauses"`
	Partitions    int `json:"partitions"`
	Breaks        int `json:"breaks"` // of connections
	Loans         int `json:"loans"`  // bodies that were given back
	Stalls        int `json:"stalls"`
	Flushes       int `json:"flushes"`
	FlushRestarts int `json:"flush_restarts"` // flush attempts that a later one replaced
	Transfers     int `json:"transfers"`      // of state, completed
	FIFO          int `json:"casts_fifo"`
	Causal        int `json:"casts_causal"`
	Total         int `json:"casts_total"`
	Barrier       int `json:"casts_barrier"`
	Safe          int `json:"safe"`        // of all casts
	Lists         int `json:"casts_lists"` // to several destinations, that were numbered
	Voids         int `json:"lists_void"`  // attempts of them that had to be repeated
	Asides        int `json:"set_aside"`   // slow members, set aside
	Dismissals    int `json:"dismissed"`   // and taken out
	Drops         int `json:"drops"`       // runs of casts that depended on something lost
	Calls         int `json:"calls"`
	Sessions      int `json:"sessions"` // of clients, opened
	Taken         int `json:"sessions_taken"`
	Expired       int `json:"sessions_expired"`
	Reads         int `json:"reads"` // linearizable ones
	Refusals      int `json:"reads_refused"`
	Frames        int `json:"frames"`
	Bytes         int `json:"bytes"`
}

// Add adds what another run exercised.
func (s *Stats) Add(o Stats) {
	s.Events += o.Events
	s.SiteViews += o.SiteViews
	s.GroupViews += o.GroupViews
	s.Takeovers += o.Takeovers
	s.Exclusions += o.Exclusions
	s.Heirs += o.Heirs
	s.Crashes += o.Crashes
	s.Pauses += o.Pauses
	s.Partitions += o.Partitions
	s.Breaks += o.Breaks
	s.Loans += o.Loans
	s.Stalls += o.Stalls
	s.Flushes += o.Flushes
	s.FlushRestarts += o.FlushRestarts
	s.Transfers += o.Transfers
	s.FIFO += o.FIFO
	s.Causal += o.Causal
	s.Total += o.Total
	s.Barrier += o.Barrier
	s.Safe += o.Safe
	s.Lists += o.Lists
	s.Voids += o.Voids
	s.Drops += o.Drops
	s.Asides += o.Asides
	s.Dismissals += o.Dismissals
	s.Calls += o.Calls
	s.Sessions += o.Sessions
	s.Taken += o.Taken
	s.Expired += o.Expired
	s.Reads += o.Reads
	s.Refusals += o.Refusals
	s.Frames += o.Frames
	s.Bytes += o.Bytes
}

// flushing is a member that was blocked.
type flushing struct {
	group, proc id.Address
}

// counter makes the statistics of a run from its facts.
type counter struct {
	Stats
	blocked map[flushing]uint64 // in which view last
}

func newCounter() counter { return counter{blocked: map[flushing]uint64{}} }

// count takes a fact into the statistics.
func (s *counter) count(f fact.Fact) {
	switch f := f.(type) {
	case fact.SiteView:
		s.SiteViews++
	case fact.View:
		s.GroupViews++
	case fact.Takeover:
		s.Takeovers++
	case fact.Heir:
		s.Heirs++
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
	case fact.Op:
		s.Asides += len(f.Aside)
	case fact.Leave:
		if f.Why == "slow" {
			s.Dismissals++
		}
	case fact.Drop:
		s.Drops++
	case fact.ListCast:
		s.Voids++ // each but the last
	case fact.ListDone:
		s.Voids--
		if f.End == "numbered" {
			s.Lists++
		}
	case fact.Call:
		s.Calls++
	case fact.ReadDone:
		if f.Err == "" {
			s.Reads++
		} else {
			s.Refusals++
		}
	case fact.Session:
		switch f.What {
		case "open":
			s.Sessions++
		case "taken":
			s.Taken++
		case "expired":
			s.Expired++
		}
	case fact.Send:
		s.cast(f)
	case fact.Block:
		who := flushing{f.Group, f.Proc}
		if s.blocked[who] == f.View {
			s.FlushRestarts++
		}
		s.blocked[who] = f.View
	}
}

func (s *counter) cast(f fact.Send) {
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
