package node

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/transport"
)

// One sender casts ten windows, by halves. Credit comes with what is handled: on a
// clock that runs only when everybody waits for it, no time passes, where each
// window once cost the delay of an acknowledgement.
func TestCreditWaitsForNoClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		nodes := w.startAll(3)
		for _, p := range nodes {
			p.mu.Lock()
			p.later = true // as handlers on goroutines of their own do
			p.mu.Unlock()
		}
		sender := nodes[2]
		payload := strings.Repeat("x", 50_000)
		size := msg.Weight(1, msg.CastSize(len(payload)))
		half := flow.Window / size / 2
		casts := 20 * half
		begin := time.Now()
		for n := range casts {
			if n%half == 0 {
				sender.await("room", func() bool { return (n+half)*size-sender.freed <= flow.Window })
			}
			sender.cast(msg.Causal, false, payload)
		}
		if d := time.Since(begin); d > 20*time.Millisecond {
			t.Errorf("%d casts of %d bytes waited %v for acknowledgements", casts, size, d)
		}
		for _, p := range nodes {
			p.await("all casts", func() bool { return p.has(msg.Causal) == casts })
		}
	})
}
