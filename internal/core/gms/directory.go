package gms

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// Directory is every group of the system, as a pure function of the log (M10).
type Directory struct {
	byAddr map[id.Address]*view.Group // never changed in place: views are values
	byName map[string]id.Address
	order  []id.Address // by address, for every walk

	lists uint64         // casts to lists numbered so far
	marks []msg.ListMark // by site; what is owed is appended to and cut in front, not changed
}

func newDirectory() *Directory {
	return &Directory{byAddr: map[id.Address]*view.Group{}, byName: map[string]id.Address{}}
}

// Group returns the group's newest view in the log, or nil.
func (d *Directory) Group(a id.Address) *view.Group { return d.byAddr[a] }

// Lookup finds a group by name, or nil.
func (d *Directory) Lookup(name string) *view.Group {
	if a, ok := d.byName[name]; ok {
		return d.byAddr[a]
	}
	return nil
}

// Groups lists all groups by address.
func (d *Directory) Groups() []*view.Group {
	out := make([]*view.Group, len(d.order))
	for i, a := range d.order {
		out[i] = d.byAddr[a]
	}
	return out
}

// A Change is what one log entry did to one group. Now is nil when the group
// is gone: nobody is left in it, or nobody who holds its state.
type Change struct {
	Group id.Address
	Was   *view.Group // nil when the entry created it
	Now   *view.Group
	Heirs []Heir
}

// Heir is a member that took the place of another.
type Heir struct{ Old, New id.Address }

// since lists how d differs from what was before it, of which parts are unknown.
func (d *Directory) since(was *Directory) []Change {
	var list []Change
	for _, a := range was.order {
		if d.byAddr[a] == nil {
			list = append(list, Change{Group: a, Was: was.byAddr[a]})
		}
	}
	for _, a := range d.order {
		if now, old := d.byAddr[a], was.byAddr[a]; old == nil || old.Index != now.Index {
			list = append(list, Change{Group: a, Was: old, Now: now})
		}
	}
	return list
}

// apply carries out an entry in the site view v that holds after it. All that
// one entry does to a group is one change.
func (d *Directory) apply(e *msg.Entry, v *view.Site) ([]Change, []List) {
	w := &rewrite{d: d, index: e.Index, view: v}
	if len(e.Remove) > 0 {
		d.forget(v)
		for _, a := range slices.Clone(d.order) {
			w.evict(a, func(m view.GroupMember) bool { return !v.Has(m.Proc.Site()) })
		}
	}
	for _, op := range e.Ops {
		w.op(op)
	}
	return w.finish(), w.lists
}

// rewrite is the directory in the middle of one entry.
type rewrite struct {
	d       *Directory
	index   uint64
	view    *view.Site
	created uint16
	drafts  []*view.Group // in order of first touch
	was     []*view.Group
	heirs   [][]Heir // by draft
	lists   []List
}

// draft returns the copy of group a that this entry may change, or nil.
func (w *rewrite) draft(a id.Address) *view.Group {
	for _, g := range w.drafts {
		if g.Group == a {
			return g
		}
	}
	old := w.d.byAddr[a]
	if old == nil {
		return nil
	}
	g := old.Clone()
	w.drafts, w.was, w.heirs = append(w.drafts, g), append(w.was, old), append(w.heirs, nil)
	return g
}

// touch marks a draft as changed by this entry.
func (w *rewrite) touch(g *view.Group) {
	if g.Index != w.index {
		g.Index = w.index
		g.Seq++
	}
}

func (w *rewrite) op(op msg.Op) {
	switch op.Kind {
	case msg.OpJoin:
		w.join(op)
	case msg.OpLeave:
		gone := func(m view.GroupMember) bool { return m.Proc == op.Proc && m.Joined == op.Index }
		if op.Stateful && w.orphans(op.Group, gone) {
			return // whoever asked says so again, until somebody else holds the state
		}
		w.evict(op.Group, gone)
	case msg.OpReady:
		if g := w.draft(op.Group); g != nil {
			if r := g.Rank(op.Proc); r >= 0 && g.Members[r].Joined == op.Index && !g.Members[r].Ready {
				g.Members[r].Ready, g.Members[r].Aside = true, false
				w.touch(g)
			}
		}
	case msg.OpReplace:
		w.replace(op)
	case msg.OpAside, msg.OpDismiss:
		w.slow(op)
	case msg.OpFlush:
		if g := w.draft(op.Group); g != nil && g.Index == op.Index {
			w.touch(g)
		}
	case msg.OpList:
		w.list(op)
	case msg.OpTaken:
		w.taken(op)
	case msg.OpSync:
	case msg.OpDepart:
		// The coordinator turns it into a Removal; as an op it does nothing.
	}
}

func (w *rewrite) join(op msg.Op) {
	if !w.view.Has(op.Proc.Site()) {
		return
	}
	var g *view.Group
	if a, ok := w.d.byName[op.Name]; ok {
		g = w.draft(a)
	}
	if g == nil || len(g.Members) == 0 {
		g = w.create(op.Name)
	}
	if g.Rank(op.Proc) >= 0 {
		return
	}
	ready := !op.Stateful || len(g.Members) == 0
	g.Members = append(g.Members, view.GroupMember{Proc: op.Proc, Joined: w.index, Ready: ready})
	g.Grown = w.index
	w.touch(g)
}

// replace gives the place of one member to another, which holds the state by now:
// in one view the old one is gone and the new one has its rank.
func (w *rewrite) replace(op msg.Op) {
	g := w.draft(op.Group)
	if g == nil {
		return
	}
	from, to := g.Rank(op.Proc), g.Rank(op.Old)
	if from < 0 || to < 0 || g.Members[from].Joined != op.Index || g.Members[to].Joined != op.Since || !g.Members[to].Ready && !g.Members[to].Aside {
		return
	}
	g.Members[to] = view.GroupMember{Proc: op.Proc, Joined: op.Index, Ready: true}
	g.Members = slices.Delete(g.Members, from, from+1)
	i := slices.Index(w.drafts, g)
	w.heirs[i] = append(w.heirs[i], Heir{Old: op.Old, New: op.Proc})
	w.touch(g)
}

func (w *rewrite) create(name string) *view.Group {
	g := &view.Group{Group: id.Group(w.index, w.created), Name: name}
	w.created++
	w.drafts, w.was, w.heirs = append(w.drafts, g), append(w.was, nil), append(w.heirs, nil)
	w.d.byName[name] = g.Group
	return g
}

// Spares reports whether a group has somebody else who is ready.
func Spares(g *view.Group, p id.Address) bool {
	return slices.ContainsFunc(g.Members, func(m view.GroupMember) bool { return m.Ready && m.Proc != p })
}

// slow sets a member aside that does not keep up, or takes it out; but never the
// last one that is ready. In a later view it may have caught up: who still waits
// for it says so again.
func (w *rewrite) slow(op msg.Op) {
	g := w.draft(op.Group)
	if g == nil || g.Index != op.Since {
		return
	}
	r := g.Rank(op.Proc)
	if r < 0 || g.Members[r].Joined != op.Index || !Spares(g, op.Proc) {
		return
	}
	switch m := &g.Members[r]; {
	case op.Kind == msg.OpDismiss && !m.Ready: // it knows, or has yet to be ready, and serves no reads
		g.Members = slices.Delete(g.Members, r, r+1)
	case m.Ready:
		m.Ready, m.Aside = false, true
	default:
		return
	}
	w.touch(g)
}

// group returns group a as it is by now, or nil. It is not to be changed.
func (w *rewrite) group(a id.Address) *view.Group {
	for _, g := range w.drafts {
		if g.Group == a {
			return g
		}
	}
	return w.d.byAddr[a]
}

// orphans reports whether those who are gone would leave others without the state.
func (w *rewrite) orphans(a id.Address, gone func(view.GroupMember) bool) bool {
	g := w.group(a)
	if g == nil || !slices.ContainsFunc(g.Members, gone) {
		return false
	}
	rest := slices.DeleteFunc(slices.Clone(g.Members), gone)
	return len(rest) > 0 && !slices.ContainsFunc(rest, func(m view.GroupMember) bool { return m.Ready || m.Aside })
}

// evict removes members. A group that keeps nobody ready is gone: a member
// that never got the state must not pass for one that has it (T5). Those that
// were set aside have it, and are ready when nobody else is.
func (w *rewrite) evict(a id.Address, gone func(view.GroupMember) bool) {
	old := w.group(a)
	if old == nil || !slices.ContainsFunc(old.Members, gone) {
		return
	}
	g := w.draft(a)
	g.Members = slices.DeleteFunc(g.Members, gone)
	if g.Lead() < 0 {
		for i := range g.Members {
			g.Members[i].Ready, g.Members[i].Aside = g.Members[i].Aside, false
		}
	}
	if g.Lead() < 0 {
		g.Members = nil
	}
	w.touch(g)
}

func (w *rewrite) finish() []Change {
	var out []Change
	for i, g := range w.drafts {
		if g.Index != w.index {
			continue // looked at, not changed
		}
		c := Change{Group: g.Group, Was: w.was[i], Now: g, Heirs: w.heirs[i]}
		if len(g.Members) == 0 {
			w.d.remove(g)
			c.Now = nil
		} else {
			w.d.put(g)
		}
		if c.Was != nil || c.Now != nil {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return compare(a.Group, b.Group) })
	return out
}

// sound reports whether somebody holds the state of each group, as in a directory. The
// snapshot of a peer may say otherwise.
func sound(groups []*view.Group) bool {
	return !slices.ContainsFunc(groups, func(g *view.Group) bool { return g.Lead() < 0 })
}

func (d *Directory) put(g *view.Group) {
	if _, ok := d.byAddr[g.Group]; !ok {
		at, _ := slices.BinarySearch(d.order, g.Group)
		d.order = slices.Insert(d.order, at, g.Group)
	}
	d.byAddr[g.Group] = g
	d.byName[g.Name] = g.Group
}

func (d *Directory) remove(g *view.Group) {
	if at, ok := slices.BinarySearch(d.order, g.Group); ok {
		d.order = slices.Delete(d.order, at, at+1)
	}
	delete(d.byAddr, g.Group)
	if d.byName[g.Name] == g.Group {
		delete(d.byName, g.Name)
	}
}

func compare(a, b id.Address) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
