package main

import (
	"encoding/json"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/twenty/load"
)

// The events that processes of the service report to who started them, as JSON
// lines on their standard output.
const (
	eventStarted = "started" // the node is in a system
	eventView    = "view"    // other members, or other ready ones
	eventReady   = "ready"   // the member holds the state
	eventTotals  = "totals"  // of a load, each second
	eventDone    = "done"    // the final totals of a load
	eventLeft    = "left"    // in order
)

// event is one report. Which fields are set depends on the kind.
type event struct {
	Event   string         `json:"event"`
	At      int64          `json:"at"` // nanoseconds since 1970
	Addr    string         `json:"addr,omitempty"`
	Address cohort.Address `json:"address,omitempty"`
	View    *viewReport    `json:"view,omitempty"`
	Bytes   int64          `json:"bytes,omitempty"` // of state received
	Totals  *load.Totals   `json:"totals,omitempty"`
}

// viewReport is a group's view as JSON.
type viewReport struct {
	Number  uint64         `json:"number"`
	Members []memberReport `json:"members"` // by rank
	Why     string         `json:"why,omitempty"`
}

type memberReport struct {
	Address cohort.Address `json:"address"`
	Ready   bool           `json:"ready"`
}

func reportView(v cohort.View) *viewReport {
	r := &viewReport{Number: v.Number, Why: v.Why}
	for _, m := range v.Members {
		r.Members = append(r.Members, memberReport{m, slices.Contains(v.Ready(), m)})
	}
	return r
}

// has reports whether a process is a member.
func (v *viewReport) has(a cohort.Address) bool {
	for _, m := range v.Members {
		if m.Address == a {
			return true
		}
	}
	return false
}

// ready lists the members that hold the state.
func (v *viewReport) ready() (list []cohort.Address) {
	for _, m := range v.Members {
		if m.Ready {
			list = append(list, m.Address)
		}
	}
	return list
}

// reporter writes events, from any goroutine. Its nil value writes nothing.
type reporter struct {
	mu  sync.Mutex
	out *json.Encoder
}

func newReporter(w io.Writer) *reporter { return &reporter{out: json.NewEncoder(w)} }

func (r *reporter) report(e event) {
	if r == nil {
		return
	}
	e.At = time.Now().UnixNano()
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.out.Encode(e) // who does not listen is not told
}
