package spacetime

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// A run is what a trace says within the window, in terms of rows.
type run struct {
	*roster
	window    span
	first     int64 // time of the trace's first record
	last      int64 // and of its last
	groups    []*group
	views     []*view
	stays     []stay
	casts     []*cast
	total     uint64 // casts in the window, each of a send counted
	transfers []transfer
	marks     []mark
	quiet     []int64 // when faults ended
}

// A group has a number, which chooses its colour.
type group struct {
	addr   id.Address
	name   string
	number int
}

// A view is one group view and who installed it when.
type view struct {
	group    *group
	seq      uint64
	members  []id.Address
	installs []install
}

type install struct {
	row   *row
	at    int64
	ready bool // the process held the group's state
}

// A stay is the time of one process in a group.
type stay struct {
	row   *row
	group *group
	span
}

// A transfer carries the state of a group to a joiner.
type transfer struct {
	group    *group
	from, to *row // from is nil if the trace does not hold the snapshot
	span
}

// A kind is the kind of a mark on a timeline.
type kind int

const (
	siteView kind = iota
	takeover
	suspect
	gives
	takes
	call
	done
)

type mark struct {
	kind kind
	row  *row
	at   int64
	text string
}

// read makes a run of records.
func read(records []trace.Record, opt Options) (*run, error) {
	if len(records) == 0 {
		return nil, ErrEmpty
	}
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b trace.Record) int { return cmp.Compare(a.Time, b.Time) })
	w, err := window(records, opt)
	if err != nil {
		return nil, err
	}
	r := &run{window: w, first: records[0].Time, last: records[len(records)-1].Time}
	groups, wanted, err := findGroups(records, opt.Group)
	if err != nil {
		return nil, err
	}
	r.groups = groups
	r.roster = newRoster(records, wanted, opt.Group == "")
	r.keep(w)
	byAddr := make(map[id.Address]*group)
	for _, g := range groups {
		byAddr[g.addr] = g
	}
	r.readViews(records, byAddr)
	r.readTransfers(records, byAddr)
	r.readMarks(records, byAddr)
	r.casts = newCasts(r, records, byAddr, opt.Calls)
	for _, c := range r.casts {
		r.total += c.n
	}
	return r, nil
}

// window is the part of the sorted records' time that the options choose.
func window(records []trace.Record, opt Options) (span, error) {
	first, last := records[0].Time, records[len(records)-1].Time
	w := span{first, last}
	if opt.From != 0 {
		w.from = max(w.from, opt.From)
	}
	if opt.To != 0 {
		w.to = min(w.to, opt.To)
	}
	if w.from > w.to {
		return w, fmt.Errorf("%w: %d to %d ns is asked for, %d to %d ns is there",
			ErrEmpty, opt.From, opt.To, first, last)
	}
	w.to = max(w.to, w.from+1)
	return w, nil
}

// holds tells whether t is in the span, touches whether a part of o is.
func (s span) holds(t int64) bool { return s.from <= t && t <= s.to }

func (s span) touches(o span) bool { return s.from <= max(o.from, o.to) && min(o.from, o.to) <= s.to }

// findGroups lists the groups of a trace that name chooses, all if it is
// empty, and returns a function that tells them from others.
func findGroups(records []trace.Record, name string) ([]*group, func(id.Address) bool, error) {
	var all []*group
	byAddr := make(map[id.Address]*group)
	for _, r := range records {
		_, addr := actor(r.Fact)
		if !addr.IsGroup() {
			continue
		}
		g := byAddr[addr]
		if g == nil {
			g = &group{addr: addr, name: addr.String()}
			byAddr[addr] = g
			all = append(all, g)
		}
		if v, ok := r.Fact.(fact.View); ok && v.Name != "" {
			g.name = v.Name
		}
	}
	names := groupNames(all)
	slices.SortFunc(names, byNumber)
	known := strings.Join(slices.Compact(names), ", ")
	if name != "" {
		all = slices.DeleteFunc(all, func(g *group) bool { return g.name != name && g.addr.String() != name })
	}
	if name != "" && len(all) == 0 {
		return nil, nil, fmt.Errorf("%w: %q; it knows %s", ErrGroup, name, cmp.Or(known, "none"))
	}
	wanted := make(map[id.Address]bool)
	for i, g := range all {
		g.number = i
		wanted[g.addr] = true
	}
	return all, func(a id.Address) bool { return wanted[a] }, nil
}

func groupNames(groups []*group) []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.name)
	}
	return names
}

// readViews finds the group views installed in the window, and who was in
// which group for how long.
func (r *run) readViews(records []trace.Record, groups map[id.Address]*group) {
	type viewKey struct {
		group id.Address
		view  uint64
	}
	type stayKey struct{ proc, group id.Address }
	views := make(map[viewKey]*view)
	stays := make(map[stayKey]int)
	for _, rec := range records {
		switch f := rec.Fact.(type) {
		case fact.View:
			g, at := groups[f.Group], r.of(f.Proc)
			if g == nil || at == nil {
				continue
			}
			if _, ok := stays[stayKey{f.Proc, f.Group}]; !ok {
				stays[stayKey{f.Proc, f.Group}] = len(r.stays)
				r.stays = append(r.stays, stay{at, g, span{rec.Time, r.lives[f.Proc.Site()].to}})
			}
			if !r.window.holds(rec.Time) {
				continue
			}
			key := viewKey{f.Group, f.View}
			v := views[key]
			if v == nil {
				v = &view{group: g, seq: f.Seq, members: f.Members}
				views[key] = v
				r.views = append(r.views, v)
			}
			v.installs = append(v.installs, install{at, rec.Time, slices.Contains(f.Ready, f.Proc)})
		case fact.Leave:
			key := stayKey{f.Proc, f.Group}
			if i, ok := stays[key]; ok {
				r.stays[i].to = rec.Time
				delete(stays, key)
			}
		}
	}
	for _, v := range r.views {
		slices.SortStableFunc(v.installs, func(a, b install) int { return a.row.index - b.row.index })
	}
}

// label names the view: group, number and how many members.
func (v *view) label() string {
	return v.group.name + "/" + strconv.FormatUint(v.seq, 10) + " (" + strconv.Itoa(len(v.members)) + ")"
}

// readTransfers matches each loaded state with the snapshot it came from.
func (r *run) readTransfers(records []trace.Record, groups map[id.Address]*group) {
	type key struct {
		donor, joiner, group id.Address
		xfer                 uint64
	}
	taken := make(map[key]int64)
	for _, rec := range records {
		switch f := rec.Fact.(type) {
		case fact.Snapshot:
			taken[key{f.Proc, f.To, f.Group, f.Xfer}] = rec.Time
		case fact.Loaded:
			t := transfer{groups[f.Group], nil, r.of(f.Proc), span{rec.Time, rec.Time}}
			if at, ok := taken[key{f.From, f.Proc, f.Group, f.Xfer}]; ok {
				t.from, t.span.from = r.of(f.From), at
			}
			if t.group != nil && t.to != nil && r.window.touches(t.span) {
				r.transfers = append(r.transfers, t)
			}
		}
	}
}

// readMarks finds the marks that sites leave on their timelines, and processes on
// theirs.
func (r *run) readMarks(records []trace.Record, groups map[id.Address]*group) {
	for _, rec := range records {
		if !r.window.holds(rec.Time) {
			continue
		}
		m := mark{row: r.site(rec.Site), at: rec.Time}
		switch f := rec.Fact.(type) {
		case fact.Quiet:
			r.quiet = append(r.quiet, rec.Time)
			continue
		case fact.SiteView:
			m.kind, m.text = siteView, r.siteViewText(f)
		case fact.Takeover:
			m.kind, m.text = takeover, fmt.Sprintf("takes over site view %d, round %d", f.ViewSeq, f.Round)
		case fact.Suspect:
			if f.Cleared {
				continue
			}
			m.kind, m.text = suspect, fmt.Sprintf("suspects %s (%s)", r.siteName(f.Site), f.Evidence)
		case fact.Sequencer:
			g := groups[f.Group]
			if g == nil {
				continue
			}
			m.row = r.of(f.Proc)
			if m.kind, m.text = takes, "takes the order of "+g.name; f.Of != f.Proc {
				m.kind, m.text = gives, fmt.Sprintf("gives the order of %s to %s", g.name, r.name(f.Of))
			}
		default:
			continue
		}
		if m.row != nil {
			r.marks = append(r.marks, m)
		}
	}
}

func (r *run) siteViewText(f fact.SiteView) string {
	names := make([]string, len(f.Members))
	for i, m := range f.Members {
		names[i] = cmp.Or(m.Name, r.siteName(m.Site))
	}
	return fmt.Sprintf("site view %d: %s", f.Seq, strings.Join(names, " "))
}
