// Package effect collects what a step of a part wants done: messages to send
// and facts to tell. Parts append, the composition takes away.
package effect

import (
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// Time counts nanoseconds on the site's own monotonic clock.
type Time = int64

// Units of Time.
const (
	Microsecond Time = 1000
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
	// Never is later than any deadline.
	Never Time = 1<<63 - 1
)

// A Send is a message and the site it goes to.
type Send struct {
	To   id.Site
	Lane msg.Lane
	Msg  msg.Message
}

// Effects is the outcome of a step so far.
type Effects struct {
	Sends []Send
	Facts []fact.Fact
	// Tracing is false when nobody reads facts; then none should be made.
	Tracing bool
}

// Control sends m on the control lane.
func (fx *Effects) Control(to id.Site, m msg.Message) {
	fx.Sends = append(fx.Sends, Send{to, msg.LaneControl, m})
}

// Data sends m on the data lane.
func (fx *Effects) Data(to id.Site, m msg.Message) {
	fx.Sends = append(fx.Sends, Send{to, msg.LaneData, m})
}

// Bulk sends m on the bulk lane.
func (fx *Effects) Bulk(to id.Site, m msg.Message) {
	fx.Sends = append(fx.Sends, Send{to, msg.LaneBulk, m})
}

// Fact tells f. On hot paths ask Tracing first, so that f is not even made.
func (fx *Effects) Fact(f fact.Fact) {
	if fx.Tracing {
		fx.Facts = append(fx.Facts, f)
	}
}
