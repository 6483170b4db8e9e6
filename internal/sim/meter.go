package sim

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// meter counts what sites write. A frame with nothing in it but a heartbeat, or
// nothing at all but how much came in, is idle talk and counted apart.
type meter struct {
	w      *World
	kinds  [msg.KindEnd]int // messages, heartbeats too
	frames int              // that are no idle talk
	bytes  int              // in these
	idle   int              // frames of idle talk
	chat   int              // bytes in these
	last   effect.Time      // when a frame was written last that is no idle talk

	second int64  // which one is under way
	sent   []load // in it, by host
	peak   load   // the most that a site sent in one second: of frames and of bytes
}

// load is what one site sends in a second.
type load struct{ Frames, Bytes int }

func newMeter(w *World) *meter { return &meter{w: w, sent: make([]load, len(w.hosts))} }

func (m *meter) wrote(h *host, f *msg.Frame, bytes int) {
	if now := m.w.now / effect.Second; now != m.second {
		m.second = now
		clear(m.sent)
	}
	s := &m.sent[h.index]
	s.Frames++
	s.Bytes += bytes
	m.peak.Frames, m.peak.Bytes = max(m.peak.Frames, s.Frames), max(m.peak.Bytes, s.Bytes)
	for _, x := range f.Msgs {
		m.kinds[x.Kind()]++
	}
	if f.Lane == msg.LaneControl && !slices.ContainsFunc(f.Msgs, func(x msg.Message) bool { return x.Kind() != msg.KindHeartbeat }) {
		m.idle++
		m.chat += bytes
		return
	}
	m.frames++
	m.bytes += bytes
	m.last = m.w.now
}

// reset begins to count anew.
func (m *meter) reset() {
	*m = meter{w: m.w, last: m.w.now, second: m.second, sent: m.sent}
	clear(m.sent)
}

// messages counts all but heartbeats.
func (m *meter) messages() int {
	n := -m.kinds[msg.KindHeartbeat]
	for _, k := range m.kinds {
		n += k
	}
	return n
}
