package explain

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// index is a trace, sorted by who and where. All lists are in the trace's order.
type index struct {
	names     map[id.Site]string
	titles    map[id.Address]string // of groups
	sites     []id.Site
	groups    []id.Address
	timelines map[id.Site]*timeline
	stays     []*stay
	byStay    map[stayKey]*stay
	byProc    map[id.Address][]*stay
	newest    map[stayKey]*stay                    // with view 0: the last one of a process in a group
	orders    map[stayKey][]moment[fact.Sequencer] // with process 0: the same of all
	removals  []removal
	asks      []*ask
	byAsk     map[askKey]*ask
	feeds     []*feed
	last      int64 // the time of the last fact
	n         int   // records so far
}

// timeline is what one site said of itself.
type timeline struct {
	site     id.Site
	times    []int64 // of all facts
	suspects []moment[fact.Suspect]
	stalls   []stall
	views    []moment[fact.SiteView]
	end      string // "crash" or why it halted, "" if it runs
	ended    int64
}

// moment is a fact and its time.
type moment[F any] struct {
	at   int64
	n    int // of the record: what one site does in one instant is in order
	fact F
}

type stall struct {
	from, to int64
	open     bool
}

// stay is one process in one group view.
type stayKey struct {
	proc, group id.Address
	view        uint64
}

type stay struct {
	stayKey
	at       int64 // when it began
	members  []id.Address
	ready    []id.Address
	sends    []moment[fact.Send]
	held     []moment[fact.Held]
	stable   []moment[fact.Stable]
	delivers []moment[fact.Deliver]
	drops    []moment[fact.Drop]
	blocks   []moment[fact.Block]
	reports  []moment[fact.FlushOK]
	cuts     []moment[fact.Cut]
	next     *stay // the view after it
	left     int64 // when the process left the group, or its site ended; 0: never
}

// removal is a site that a site view is without.
type removal struct {
	at     int64
	view   fact.SiteView
	gone   fact.Removal
	agreed []id.Site
}

type askKey struct {
	caller, group id.Address
	id            uint64
}

// ask is a call.
type ask struct {
	askKey
	at       int64
	call     fact.Call
	asked    *moment[fact.Asked]
	outcomes []moment[fact.Outcome]
	done     *moment[fact.Done]
}

// feed is a state transfer.
type feed struct {
	proc, group id.Address
	view        uint64 // in which it was asked for
	at          int64
	donor       id.Address
	captured    int64
	done        int64 // 0: never
	gone        bool  // the process ended before
}

func newIndex() index {
	return index{
		names: map[id.Site]string{}, titles: map[id.Address]string{}, timelines: map[id.Site]*timeline{},
		byStay: map[stayKey]*stay{}, newest: map[stayKey]*stay{}, orders: map[stayKey][]moment[fact.Sequencer]{}, byAsk: map[askKey]*ask{}, byProc: map[id.Address][]*stay{},
	}
}

func (x *index) timeline(s id.Site) *timeline {
	t := x.timelines[s]
	if t == nil {
		t = &timeline{site: s}
		x.timelines[s] = t
		x.sites = append(x.sites, s)
	}
	return t
}

func (x *index) name(s id.Site, name string) {
	if name != "" {
		x.names[s] = name
	}
}

// add takes the next record.
func (x *index) add(r *trace.Record) {
	x.last = max(x.last, r.Time)
	x.n++
	if r.Site == 0 {
		return
	}
	t := x.timeline(r.Site)
	t.times = append(t.times, r.Time)
	if !x.addSite(t, r) && !x.addCast(r) && !x.addFlush(r) {
		x.addCall(r)
	}
}

// addSite takes what a site says of itself and of others.
func (x *index) addSite(t *timeline, r *trace.Record) bool {
	switch f := r.Fact.(type) {
	case fact.Start:
		x.name(r.Site, f.Name)
	case fact.SiteView:
		for _, m := range f.Members {
			x.name(m.Site, m.Name)
		}
		t.views = append(t.views, moment[fact.SiteView]{r.Time, x.n, f})
		x.removed(r.Time, f)
	case fact.Suspect:
		t.suspects = append(t.suspects, moment[fact.Suspect]{r.Time, x.n, f})
	case fact.Stall:
		t.stalls = append(t.stalls, stall{from: r.Time, open: true})
	case fact.Resume:
		t.endStall(r.Time)
	case fact.Halt:
		x.ended(t, f.Why, r.Time)
	case fact.Crash:
		x.ended(t, "crash", r.Time)
	default:
		return false
	}
	return true
}

func (t *timeline) endStall(at int64) {
	if n := len(t.stalls); n > 0 && t.stalls[n-1].open {
		t.stalls[n-1].to, t.stalls[n-1].open = at, false
	}
}

// ended notes that a site runs no more, nor anything of it.
func (x *index) ended(t *timeline, how string, at int64) {
	t.end, t.ended = how, at
	t.endStall(at)
	for _, s := range x.stays {
		if s.proc.Site() == t.site && s.next == nil && s.left == 0 {
			s.left = at
		}
	}
	for _, f := range x.feeds {
		if f.proc.Site() == t.site && f.done == 0 && !f.gone {
			f.gone, f.done = true, at
		}
	}
}

// removed notes removals when the first site tells them.
func (x *index) removed(at int64, f fact.SiteView) {
	for _, gone := range f.Removed {
		known := false
		for i := range x.removals {
			if x.removals[i].gone.Site == gone.Site {
				known = true
				if len(x.removals[i].agreed) == 0 {
					x.removals[i].agreed = f.Agreed
				}
			}
		}
		if !known {
			x.removals = append(x.removals, removal{at, f, gone, f.Agreed})
		}
	}
}

// stay is where a fact belongs. What is held may be told before its view is.
func (x *index) stay(proc, group id.Address, view uint64) *stay {
	key := stayKey{proc, group, view}
	s := x.byStay[key]
	if s == nil {
		s = &stay{stayKey: key}
		x.byStay[key] = s
		x.stays = append(x.stays, s)
		x.byProc[proc] = append(x.byProc[proc], s)
	}
	return s
}

// view notes that a process is in a view.
func (x *index) view(at int64, f fact.View) {
	s := x.stay(f.Proc, f.Group, f.View)
	s.at, s.members, s.ready = at, f.Members, f.Ready
	if _, known := x.titles[f.Group]; !known {
		x.groups = append(x.groups, f.Group)
		x.titles[f.Group] = f.Name
	}
	key := stayKey{proc: f.Proc, group: f.Group}
	if was := x.newest[key]; was != nil && was.left == 0 {
		was.next = s
	}
	x.newest[key] = s
	if !slices.Contains(f.Ready, f.Proc) && slices.Contains(f.Joined, f.Proc) {
		x.feeds = append(x.feeds, &feed{proc: f.Proc, group: f.Group, view: f.View, at: at})
	}
}

// addCast takes casts on their way.
func (x *index) addCast(r *trace.Record) bool {
	switch f := r.Fact.(type) {
	case fact.Send:
		s := x.stay(f.Proc, f.Group, f.View)
		s.sends = append(s.sends, moment[fact.Send]{r.Time, x.n, f})
	case fact.Held:
		s := x.stay(f.Proc, f.Group, f.View)
		s.held = append(s.held, moment[fact.Held]{r.Time, x.n, f})
	case fact.Stable:
		s := x.stay(f.Proc, f.Group, f.View)
		s.stable = append(s.stable, moment[fact.Stable]{r.Time, x.n, f})
	case fact.Deliver:
		s := x.stay(f.Proc, f.Group, f.View)
		s.delivers = append(s.delivers, moment[fact.Deliver]{r.Time, x.n, f})
	case fact.Sequencer:
		x.stay(f.Proc, f.Group, f.View)
		key := stayKey{group: f.Group, view: f.View}
		x.orders[key] = append(x.orders[key], moment[fact.Sequencer]{r.Time, x.n, f})
	case fact.Drop:
		s := x.stay(f.Proc, f.Group, f.View)
		s.drops = append(s.drops, moment[fact.Drop]{r.Time, x.n, f})
	default:
		return false
	}
	return true
}

// addFlush takes the steps from view to view.
func (x *index) addFlush(r *trace.Record) bool {
	switch f := r.Fact.(type) {
	case fact.View:
		x.view(r.Time, f)
	case fact.Block:
		s := x.stay(f.Proc, f.Group, f.View)
		s.blocks = append(s.blocks, moment[fact.Block]{r.Time, x.n, f})
	case fact.FlushOK:
		s := x.stay(f.Proc, f.Group, f.View)
		s.reports = append(s.reports, moment[fact.FlushOK]{r.Time, x.n, f})
	case fact.Cut:
		s := x.stay(f.Proc, f.Group, f.View)
		s.cuts = append(s.cuts, moment[fact.Cut]{r.Time, x.n, f})
	case fact.Leave:
		for _, s := range x.byProc[f.Proc] {
			if s.group == f.Group && s.next == nil && s.left == 0 {
				s.left = r.Time
			}
		}
		for _, d := range x.feeds {
			if d.proc == f.Proc && d.group == f.Group && d.done == 0 {
				d.gone, d.done = true, r.Time
			}
		}
	default:
		return false
	}
	return true
}

// addCall takes calls and state transfers.
func (x *index) addCall(r *trace.Record) {
	switch f := r.Fact.(type) {
	case fact.Call:
		a := &ask{askKey: askKey{f.Caller, f.Group, f.ID}, at: r.Time, call: f}
		x.asks = append(x.asks, a)
		x.byAsk[a.askKey] = a
	case fact.Asked:
		if a := x.byAsk[askKey{f.Caller, f.Group, f.ID}]; a != nil {
			a.asked = &moment[fact.Asked]{r.Time, x.n, f}
		}
	case fact.Outcome:
		if a := x.byAsk[askKey{f.Caller, f.Group, f.ID}]; a != nil {
			a.outcomes = append(a.outcomes, moment[fact.Outcome]{r.Time, x.n, f})
		}
	case fact.Done:
		if a := x.byAsk[askKey{f.Caller, f.Group, f.ID}]; a != nil {
			a.done = &moment[fact.Done]{r.Time, x.n, f}
		}
	case fact.Snapshot:
		for _, d := range x.feeds {
			if d.proc == f.To && d.group == f.Group && d.done == 0 {
				d.donor, d.captured = f.Proc, r.Time
			}
		}
	case fact.Loaded:
		for _, d := range x.feeds {
			if d.proc == f.Proc && d.group == f.Group && d.done == 0 {
				d.donor, d.done = f.From, r.Time
			}
		}
	}
}
