package sim

import (
	"strings"
	"testing"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

// A frame that no node could write is a failure of the run.
func TestTooLargeAFrameIsAFailure(t *testing.T) {
	for lane, m := range map[msg.Lane]msg.Message{
		msg.LaneBulk:    &msg.XferBlock{Bytes: make([]byte, wire.MaxFrame(msg.LaneBulk))},
		msg.LaneData:    &msg.Request{N: 1, Body: make([]byte, wire.MaxFrame(msg.LaneData))},
		msg.LaneControl: &msg.Accept{Vote: msg.Vote{Heirs: make([]id.Site, wire.MaxFrame(msg.LaneControl)/8)}},
	} {
		w := newWorld(Options{Seed: 1, Sites: 2})
		w.encode(&msg.Frame{Lane: lane, Msgs: []msg.Message{m}})
		if !strings.HasPrefix(w.failure, "wire: ") {
			t.Errorf("a frame over the bound of lane %d: %q", lane, w.failure)
		}
	}
}
