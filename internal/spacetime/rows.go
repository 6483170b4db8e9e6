package spacetime

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// forever is the end of a life that the trace does not end.
const forever = math.MaxInt64

// A row is one timeline: a process, with all incarnations of its node.
type row struct {
	name  string
	node  *node
	index int
}

// A node is a name under which one site runs after another.
type node struct {
	name  string
	lives []*life
	procs map[uint16]*row
	first *row // takes the marks of the site
}

// A life is the time of one site on its node's timelines.
type life struct {
	node     *node
	site     id.Site
	from, to int64 // nanoseconds; to is forever while the site runs
	last     int64 // time of its last record
	started  bool  // the trace holds its start
	end      ending
	why      string
	stalls   []span
	stalled  bool // the last stall is still open
}

type span struct{ from, to int64 }

// An ending says how a life ended.
type ending int

const (
	running ending = iota
	crashed
	halted
)

// alive tells whether the row had a running site at time t.
func (r *row) alive(t int64) bool {
	return slices.ContainsFunc(r.node.lives, func(l *life) bool { return l.from <= t && t < l.to })
}

// A roster knows the row of each site and process in a trace.
type roster struct {
	nodes []*node
	lives map[id.Site]*life
	rows  []*row
}

// newRoster reads sites and processes from records in order of time. Unless
// all is true, only processes with facts in wanted groups get a row.
func newRoster(records []trace.Record, wanted func(id.Address) bool, all bool) *roster {
	o := &roster{lives: make(map[id.Site]*life)}
	names := siteNames(records)
	byName := make(map[string]*node)
	for _, r := range records {
		if r.Site == 0 {
			continue // nobody's doing
		}
		l := o.lives[r.Site]
		if l == nil {
			name := names[r.Site]
			if name == "" {
				name = r.Site.String()
			}
			n := byName[name]
			if n == nil {
				n = &node{name: name, procs: make(map[uint16]*row)}
				byName[name] = n
				o.nodes = append(o.nodes, n)
			}
			l = &life{node: n, site: r.Site, from: r.Time, to: forever}
			n.lives = append(n.lives, l)
			o.lives[r.Site] = l
		}
		l.note(r)
		proc, group := actor(r.Fact)
		if proc.Site() == r.Site && wanted(group) {
			l.node.procs[proc.Local()] = nil
		}
	}
	o.findKilled(records)
	slices.SortStableFunc(o.nodes, func(a, b *node) int { return byNumber(a.name, b.name) })
	for _, n := range o.nodes {
		n.close()
		o.addRows(n, all)
	}
	return o
}

// findKilled ends the lives that others saw end, though they could not say so
// themselves: of a killed process nothing but its silence is in a trace. What it
// did last may be missing too, so it lived at least until the last view that it
// took part in.
func (o *roster) findKilled(records []trace.Record) {
	type viewKey struct {
		group id.Address
		view  uint64
	}
	known := make(map[viewKey]bool)
	seen := make(map[id.Site]int64)
	for _, r := range records {
		switch f := r.Fact.(type) {
		case fact.View:
			if key := (viewKey{f.Group, f.View}); !known[key] {
				known[key] = true
				for _, p := range f.Members {
					seen[p.Site()] = r.Time
				}
			}
		case fact.SiteView:
			for _, gone := range f.Removed {
				l := o.lives[gone.Site]
				if l != nil && l.end == running && l.last <= r.Time && gone.Evidence != "left" {
					l.to, l.end = max(l.last, min(seen[gone.Site], r.Time)), crashed
				}
			}
		}
	}
}

// byNumber compares names so that n2 comes before n10.
func byNumber(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			p, q := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits counts the digits that s begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// siteNames are the names sites gave themselves, or others know them by.
func siteNames(records []trace.Record) map[id.Site]string {
	names := make(map[id.Site]string)
	for _, r := range records {
		switch f := r.Fact.(type) {
		case fact.Start:
			names[r.Site] = f.Name
		case fact.SiteView:
			for _, m := range f.Members {
				if names[m.Site] == "" {
					names[m.Site] = m.Name
				}
			}
		}
	}
	return names
}

// note takes what a record says about the life of its site.
func (l *life) note(r trace.Record) {
	l.last = max(l.last, r.Time)
	switch f := r.Fact.(type) {
	case fact.Start:
		l.started = true
	case fact.Crash:
		l.to, l.end = r.Time, crashed
	case fact.Halt:
		l.to, l.end, l.why = r.Time, halted, f.Why
	case fact.Stall:
		if !l.stalled {
			l.stalls = append(l.stalls, span{r.Time, forever})
		}
		l.stalled = true
	case fact.Resume:
		if l.stalled {
			l.stalls[len(l.stalls)-1].to = r.Time
		}
		l.stalled = false
	}
}

// close ends the lives that another one followed though no record ended them.
func (n *node) close() {
	for i, l := range n.lives {
		if l.to == forever && i+1 < len(n.lives) {
			l.to = min(l.last, n.lives[i+1].from)
		}
	}
}

// addRows gives a node its rows: one for each process, or a single one.
func (o *roster) addRows(n *node, all bool) {
	locals := make([]uint16, 0, len(n.procs))
	for local := range n.procs {
		locals = append(locals, local)
	}
	slices.Sort(locals)
	if len(locals) == 0 && all {
		locals = append(locals, 0)
	}
	for _, local := range locals {
		r := &row{name: n.name, node: n}
		if len(locals) > 1 {
			r.name += "." + strconv.Itoa(int(local))
		}
		if n.first == nil {
			n.first = r
		}
		n.procs[local] = r
		o.rows = append(o.rows, r)
	}
}

// keep drops the rows without a life in the window and numbers the others.
func (o *roster) keep(w span) {
	o.rows = slices.DeleteFunc(o.rows, func(r *row) bool {
		return !slices.ContainsFunc(r.node.lives, func(l *life) bool {
			return l.from <= w.to && w.from <= l.to
		})
	})
	for _, n := range o.nodes {
		n.first = nil
		for local, r := range n.procs { // order does not matter: each process is kept or dropped by itself
			if r != nil && !slices.Contains(o.rows, r) {
				n.procs[local] = nil
			}
		}
	}
	for i, r := range o.rows {
		r.index = i
		if r.node.first == nil {
			r.node.first = r
		}
	}
}

// of is the row of a process, nil if it has none.
func (o *roster) of(p id.Address) *row {
	l := o.lives[p.Site()]
	if l == nil {
		return nil
	}
	return l.node.procs[p.Local()]
}

// site is the row for marks of a site, nil if it has none.
func (o *roster) site(s id.Site) *row {
	l := o.lives[s]
	if l == nil {
		return nil
	}
	return l.node.first
}

// name is how the drawing calls a process.
func (o *roster) name(p id.Address) string {
	if r := o.of(p); r != nil {
		return r.name
	}
	return p.String()
}

// siteName is how the drawing calls a site.
func (o *roster) siteName(s id.Site) string {
	if l := o.lives[s]; l != nil {
		return l.node.name
	}
	return s.String()
}

// actor is the process and the group of those facts that are drawn.
func actor(f fact.Fact) (proc, group id.Address) {
	switch f := f.(type) {
	case fact.View:
		return f.Proc, f.Group
	case fact.Send:
		return f.Proc, f.Group
	case fact.Deliver:
		return f.Proc, f.Group
	case fact.Sequencer:
		return f.Proc, f.Group
	case fact.Leave:
		return f.Proc, f.Group
	case fact.Snapshot:
		return f.Proc, f.Group
	case fact.Loaded:
		return f.Proc, f.Group
	case fact.Call:
		return f.Caller, f.Group
	case fact.Asked:
		return f.Caller, f.Group
	case fact.Reply:
		return f.Proc, f.Group
	case fact.Outcome:
		return f.Caller, f.Group
	case fact.Done:
		return f.Caller, f.Group
	}
	return 0, 0
}
