// Package explain says of a run that is over why things waited: casts, views,
// calls, state transfers, whole sites; and why sites were excluded. It knows
// what the trace says and nothing else, and says it in the words of package why.
//
//	explain.go   the question and the findings
//	index.go     the trace, sorted by who and where
//	delivery.go  casts that were held and not delivered
//	past.go      what had to come before them
//	sequencer.go who was to give them their positions
//	flush.go     from view to view
//	site.go      stalls and exclusions
//	call.go      calls and state transfers
//
// What facts do not say it cannot know: whose trace is not given, whose
// acknowledgement went astray. Times of different machines are compared as they
// are, so between sites on the wall clock they are as good as the clocks.
package explain

import (
	"cmp"
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
	"github.com/cohortkit/cohort/internal/trace"
)

// Finding is one thing that waited, or a site that was removed.
type Finding struct {
	At    int64     // when it began, or when the site was removed: time of the trace
	For   int64     // how long it took, in nanoseconds
	Open  bool      // it had not ended when the trace did
	Wait  *why.Wait // nil if it is a loss
	Loss  *why.Loss // nil if it is a wait
	Steps []Step    // the facts it is read from
}

// Step is a fact of a finding.
type Step struct {
	At   int64
	Site why.Who
	Text string
}

// String is what people are told.
func (f *Finding) String() string {
	if f.Loss != nil {
		return f.Loss.String()
	}
	w := *f.Wait
	if w.Over = !f.Open; w.Over {
		return w.String()
	}
	return w.String() + "; so it was when the trace ended"
}

// Advice says what to do, where there is something.
func (f *Finding) Advice() string {
	if f.Loss != nil {
		return f.Loss.Advice()
	}
	return f.Wait.Advice()
}

// Query is what to look for. The zero Query finds all.
type Query struct {
	During bool       // only what waited at the time At
	At     int64      // time of the trace
	Sites  []id.Site  // only what concerns one of these sites; nil: any
	Group  id.Address // only what concerns this group; 0: any
	Least  int64      // only what took so long at least, in nanoseconds

	// Only cast Cast of these, at every member, however short it waited.
	Senders []id.Address
	Cast    uint64
}

// Run is a trace, ready to be asked.
type Run struct {
	index
}

// New reads the records of one run, which must be in the order of trace.Merge.
func New(records []trace.Record) *Run {
	r := &Run{index: newIndex()}
	for i := range records {
		r.add(&records[i])
	}
	return r
}

// Why finds what q asks for: first the sites that were removed and those that
// stalled, as they came, then what waited: views, casts, states, calls, each
// with what waited longest first. Of casts and calls it tells some hundreds.
func (r *Run) Why(q Query) []Finding {
	if q.Senders != nil {
		return r.cast(q)
	}
	var sites, rest []Finding
	for _, f := range slices.Concat(r.losses(), r.stalls()) {
		if r.meets(q, &f) {
			sites = append(sites, f)
		}
	}
	slices.SortStableFunc(sites, func(a, b Finding) int { return cmp.Compare(a.At, b.At) })
	for _, kind := range [][]Finding{r.flushes(), r.deliveries(q), r.transfers(), r.calls(q)} {
		kind = slices.DeleteFunc(kind, func(f Finding) bool { return !r.meets(q, &f) })
		slices.SortStableFunc(kind, func(a, b Finding) int { return cmp.Compare(b.For, a.For) })
		rest = append(rest, kind...)
	}
	return append(sites, rest...)
}

// meets reports whether f is asked for.
func (r *Run) meets(q Query, f *Finding) bool {
	if q.During && (q.At < f.At || q.At > f.At+f.For) {
		return false
	}
	if f.Loss != nil {
		return q.Group == 0 && q.concerns(f.Loss.Site)
	}
	w := f.Wait
	if q.Group != 0 && w.Group != q.Group || f.For < q.Least {
		return false
	}
	return q.concerns(w.Who) || q.concerns(w.From) || slices.ContainsFunc(w.Blame(), q.concerns)
}

// concerns reports whether x is at one of the sites that are asked about.
func (q *Query) concerns(x why.Who) bool {
	return q.Sites == nil || slices.Contains(q.Sites, x.Proc.Site())
}

// who names a process, or with number 0 a site.
func (x *index) who(p id.Address) why.Who { return why.Who{Proc: p, Name: x.names[p.Site()]} }

func (x *index) whoAll(procs []id.Address) []why.Who {
	var list []why.Who
	for _, p := range procs {
		list = append(list, x.who(p))
	}
	return list
}

func (x *index) whoSites(sites []id.Site) []why.Who {
	var list []why.Who
	for _, s := range sites {
		list = append(list, x.who(id.Process(s, 0)))
	}
	return list
}

// Named are the sites with a number or a name: all incarnations of a node.
func (r *Run) Named(name string) []id.Site {
	var list []id.Site
	for _, s := range r.sites {
		if s.String() == name || r.names[s] == name {
			list = append(list, s)
		}
	}
	return list
}

// Sites are the names of the sites, or the numbers of those without.
func (r *Run) Sites() []string {
	var list []string
	for _, s := range r.sites {
		if name := r.who(id.Process(s, 0)).String(); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// Groups are the names of the groups.
func (r *Run) Groups() []string {
	list := make([]string, len(r.groups))
	for i, g := range r.groups {
		list[i] = r.title(g)
	}
	return list
}

// Group finds a group by its address, or the last one with a name.
func (r *Run) Group(name string) (id.Address, bool) {
	for i := len(r.groups) - 1; i >= 0; i-- {
		if g := r.groups[i]; g.String() == name || r.titles[g] == name {
			return g, true
		}
	}
	return 0, false
}

// Processes are the process with an address, or the first one of each
// incarnation of the node with a name.
func (r *Run) Processes(name string) []id.Address {
	var p id.Address
	if err := p.UnmarshalText([]byte(name)); err == nil && !p.IsGroup() && r.timelines[p.Site()] != nil {
		return []id.Address{p}
	}
	var list []id.Address
	for _, s := range r.Named(name) {
		list = append(list, id.Process(s, 1))
	}
	return list
}
