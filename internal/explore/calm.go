package explore

import (
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// calm lets time run without surprises: every frame takes a millisecond, timers
// fire when they are due, who crashed is known to have.
type calm struct {
	w        *World
	net      net
	told     [maxSites]uint8
	machines []*machine
	offset   []effect.Time // of each site's clock
	now      effect.Time
	records  []trace.Record
	past     [][]timed // all inputs of each site
	failure  string
}

const millisecond = effect.Millisecond

// run lets time run to an end.
func (c *calm) run(until effect.Time) {
	for c.now < until && c.failure == "" {
		c.round()
		next := until
		for i := range c.net.links {
			if _, _, ok := c.net.next(i); ok {
				next = c.now + millisecond
			}
		}
		for i, m := range c.machines {
			if m != nil && c.net.runs(i) {
				next = min(next, max(m.wake-c.offset[i], c.now+millisecond))
			}
		}
		c.now = min(next, until)
	}
}

// round does what is due now: what was under way arrives, then timers fire.
func (c *calm) round() {
	var due [len(c.net.links)]int
	for i := range c.net.links {
		due[i] = max(1, len(c.net.links[i].queue))
	}
	for i := range c.net.links {
		for range due[i] {
			site, in, ok := c.net.next(i)
			if !ok || c.machines[site] == nil {
				break
			}
			c.net.passed(i)
			c.step(site, in)
		}
	}
	for i, m := range c.machines {
		if m == nil || !c.net.runs(i) {
			continue
		}
		for of := range c.machines {
			if !c.net.runs(of) && c.told[i]&(1<<of) == 0 && c.net.runs(i) {
				c.told[i] |= 1 << of
				c.step(i, input{kind: gone, site: int8(of)})
			}
		}
		if c.net.runs(i) && m.wake-c.offset[i] <= c.now {
			c.step(i, input{kind: tick})
		}
	}
}

// step gives a site an input, at the time of its own clock.
func (c *calm) step(site int, in input) {
	now := c.now + c.offset[site]
	if c.past != nil {
		c.past[site] = append(c.past[site], timed{in, now})
	}
	o := c.machines[site].step(in, now)
	for _, f := range o.facts {
		c.records = append(c.records, trace.Record{Time: c.now, Site: number(site), Fact: f})
	}
	if o.failure != "" {
		c.failure = o.failure
		return
	}
	c.net.carry(site, &o)
}

// alive are the sites that run.
func (c *calm) alive() (all []id.Site) {
	for i := range c.machines {
		if c.net.runs(i) {
			all = append(all, number(i))
		}
	}
	return all
}

// quiet says that from here on nothing goes wrong.
func quiet(now effect.Time, alive []id.Site) trace.Record {
	return trace.Record{Time: now, Fact: fact.Quiet{Alive: alive}}
}
