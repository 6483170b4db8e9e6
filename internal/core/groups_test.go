package core

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
)

// TestTickKeepsWhatIsDueLater has one of a member's times come: the others stand,
// and the site is woken for them.
func TestTickKeepsWhatIsDueLater(t *testing.T) {
	const soon, later = 10 * effect.Millisecond, 30 * effect.Millisecond
	for name, m := range map[string]*member{
		"slow":    {ackAt: later, slow: slowness{due: soon}},
		"expires": {ackAt: later, expireAt: soon},
		"ack":     {ackAt: soon, expireAt: later},
	} {
		g := newGroups()
		g.add(m)
		g.due = soon
		if wake := g.tick(soon - 1); wake != soon || m.dirty {
			t.Errorf("%s: before the first time the next is %d, marked %v", name, wake, m.dirty)
		}
		if wake := g.tick(soon); wake != later || !m.dirty {
			t.Errorf("%s: at the first time the next is %d, not %d; marked %v", name, wake, later, m.dirty)
		}
		if m.ackNow != (m.ackAt == soon) {
			t.Errorf("%s: an acknowledgement is due: %v", name, m.ackNow)
		}
	}
}
