package spacetime

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// A cast is one send, of one or more casts in a row, with its deliveries.
type cast struct {
	group      *group
	sender     string
	row        *row // nil if the sender has no row
	at         int64
	sent       bool // the trace holds the send; at is its time
	first, n   uint64
	order      fact.Order
	safe       bool
	deliveries []delivery
	calls      []mark
	links      []link
}

// A delivery is a run of casts handed to one process.
type delivery struct {
	row *row
	at  int64
}

// A link is a request on its way to a relay, or a reply to its caller.
type link struct {
	reply    bool
	from, to *row
	span
}

// A stream is what one process sends in one view.
type stream struct {
	sender, group id.Address
	view          uint64
}

// streams hold the casts of each stream, by number.
type streams map[stream][]*cast

// find is the cast of the stream that holds number n, nil if none does.
func (s streams) find(key stream, n uint64) *cast {
	i, ok := slices.BinarySearchFunc(s[key], n, func(c *cast, n uint64) int { return cmp.Compare(c.first, n) })
	if ok {
		return s[key][i]
	}
	if i == 0 {
		return nil
	}
	if c := s[key][i-1]; n-c.first < c.n {
		return c
	}
	return nil
}

// newCasts finds the casts that touch the run's window, in order of time.
func newCasts(r *run, records []trace.Record, groups map[id.Address]*group, calls bool) []*cast {
	var all []*cast
	known := make(streams)
	for _, rec := range records {
		f, ok := rec.Fact.(fact.Send)
		if !ok || groups[f.Group] == nil {
			continue
		}
		c := &cast{
			group: groups[f.Group], sender: r.name(f.Proc), row: r.of(f.Proc), at: rec.Time, sent: true,
			first: f.First, n: uint64(max(f.N, 1)), order: f.Order, safe: f.Safe,
		}
		key := stream{f.Proc, f.Group, f.View}
		known[key] = append(known[key], c)
		all = append(all, c)
	}
	for _, list := range known { // order does not matter: each list is sorted by itself
		slices.SortStableFunc(list, func(a, b *cast) int { return cmp.Compare(a.first, b.first) })
	}
	all = append(all, matchDeliveries(r, records, groups, known)...)
	if calls {
		readCalls(r, records, known)
	}
	all = slices.DeleteFunc(all, func(c *cast) bool { return !c.touches(r.window) })
	slices.SortStableFunc(all, func(a, b *cast) int { return cmp.Compare(a.at, b.at) })
	return all
}

// matchDeliveries gives each delivery to the cast it is of, and returns the
// casts whose send the trace does not hold.
func matchDeliveries(r *run, records []trace.Record, groups map[id.Address]*group, known streams) []*cast {
	type number struct {
		stream
		n uint64
	}
	var unsent []*cast
	orphans := make(map[number]*cast)
	for _, rec := range records {
		f, ok := rec.Fact.(fact.Deliver)
		if !ok || f.Duplicate || groups[f.Group] == nil || r.of(f.Proc) == nil {
			continue
		}
		key := stream{f.Sender, f.Group, f.View}
		c := known.find(key, f.First)
		if c == nil {
			c = orphans[number{key, f.First}]
		}
		if c == nil {
			c = &cast{
				group: groups[f.Group], sender: r.name(f.Sender), row: r.of(f.Sender), at: rec.Time,
				first: f.First, n: uint64(max(f.N, 1)), order: f.Order, safe: f.Safe,
			}
			orphans[number{key, f.First}] = c
			unsent = append(unsent, c)
		}
		c.deliveries = append(c.deliveries, delivery{r.of(f.Proc), rec.Time})
	}
	return unsent
}

// touches tells whether a part of the cast is in the window.
func (c *cast) touches(w span) bool {
	if c.sent && w.holds(c.at) {
		return true
	}
	return slices.ContainsFunc(c.deliveries, func(d delivery) bool {
		if c.sent {
			return w.touches(span{c.at, d.at})
		}
		return w.holds(d.at)
	})
}

// arrows counts the deliveries at others than the sender.
func (c *cast) arrows() int {
	n := 0
	for _, d := range c.deliveries {
		if d.row != c.row {
			n++
		}
	}
	return n
}

// stub tells whether nobody knows where a delivery came from.
func (c *cast) stub(d delivery) bool { return d.row != c.row && (!c.sent || c.row == nil) }

// text describes the cast for a tooltip.
func (c *cast) text() string {
	number := fmt.Sprint(c.first)
	if c.n > 1 {
		number += fmt.Sprintf("-%d", c.first+c.n-1)
	}
	kind := string(c.order)
	if c.safe {
		kind += " safe"
	}
	return fmt.Sprintf("%s casts %s in %s, %s", c.sender, number, c.group.name, kind)
}

// sample keeps at most limit casts. It parts them evenly, and keeps of each
// part one that reached many, so that kinds of casts keep their shares; but of
// each kind it keeps one.
func sample(casts []*cast, limit int) []*cast {
	if len(casts) <= limit {
		return casts
	}
	type kind struct {
		order fact.Order
		safe  bool
	}
	of := func(c *cast) kind { return kind{c.order, c.safe} }
	all, kept := make(map[kind]float64), make(map[kind]float64)
	for _, c := range casts {
		all[of(c)]++
	}
	out := make([]*cast, 0, limit)
	for i := range limit {
		part := casts[i*len(casts)/limit : (i+1)*len(casts)/limit]
		most := 0
		for _, c := range part {
			most = max(most, c.arrows())
		}
		missing := func(c *cast) float64 {
			k := of(c)
			if 4*c.arrows() < 3*most {
				return -float64(limit) // a poor example
			}
			if kept[k] == 0 {
				return float64(limit)
			}
			return all[k]/float64(len(casts))*float64(i+1) - kept[k]
		}
		best := slices.MaxFunc(part, func(a, b *cast) int { return cmp.Compare(missing(a), missing(b)) })
		kept[of(best)]++
		out = append(out, best)
	}
	return out
}
