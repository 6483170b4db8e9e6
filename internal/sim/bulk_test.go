package sim

import (
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// captures sees which of the states that are captured wait for a connection.
type captures struct {
	idle
	w           *World
	all, waited int
}

func (c *captures) Items(host int, items []core.Item) {
	for _, i := range items {
		i, ok := i.(core.Capture)
		if !ok {
			continue
		}
		c.all++
		if !slices.ContainsFunc(c.w.links.list, func(l *link) bool {
			return l.open && l.lane == msg.LaneBulk && l.from.host.index == host && l.to.id == i.Joiner.Site()
		}) {
			c.waited++
		}
	}
}

// The connection for the state is made while the view with its joiner is: nobody waits
// for it afterwards.
func TestBulkLaneIsOpenWithTheView(t *testing.T) {
	c := &captures{w: newWorld(Options{Seed: 1, Sites: 5})}
	c.w.driver, c.w.ended = c, true // nothing happens but what is done here
	for i, h := range c.w.hosts {
		h.start(i == 0)
		c.w.runUntil(c.w.now + 300*effect.Millisecond)
		c.w.join(h.site.programs[0], "g1", false, core.Patience{})
		c.w.runUntil(c.w.now + 300*effect.Millisecond)
	}
	if r := c.w.finish(); r.Failure != "" {
		t.Errorf("%s\n%s", r.Failure, r.Sites)
	}
	if c.all != 4 || c.waited > 0 {
		t.Errorf("of %d states, for four joiners, %d waited for their connection", c.all, c.waited)
	}
}
