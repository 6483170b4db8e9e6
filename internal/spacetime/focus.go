package spacetime

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cohortkit/cohort/internal/core/fact"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/trace"
)

// What fits into one drawing, in changes of group views.
const (
	changesShown  = 24 // of more, a part is chosen
	changesBefore = 4  // what happens
	changesAfter  = 8  // what comes of it
	changesMost   = 20 // until the one it happened to is out of all groups
)

// Focus chooses a part of a run that is worth looking at, for Options.From and
// To, and says in a few words what happens there: a crash if there is one. It
// is the whole run, and what is empty, if all of it fits into one drawing.
// Group is as in Options.
func Focus(records []trace.Record, groupName string) (from, to int64, what string) {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b trace.Record) int { return cmp.Compare(a.Time, b.Time) })
	groups, wanted, err := findGroups(records, groupName)
	if err != nil || len(groups) == 0 {
		return 0, 0, ""
	}
	changes := changesOf(records, wanted)
	if len(changes) <= changesShown {
		return 0, 0, ""
	}
	o := newRoster(records, wanted, groupName == "")
	at, what := o.highlight(changes)
	i, _ := slices.BinarySearchFunc(changes, at, func(c change, t int64) int { return cmp.Compare(c.at, t) })
	first, last := max(i-changesBefore, 0), min(i, len(changes)-1)
	for last < len(changes)-1 && last < i+changesMost {
		enough := last >= i+changesAfter || pause(changes, first, last)
		if enough && !inAny(changes[:last+1], at, o) {
			break
		}
		last++
	}
	from, to = changes[first].at, changes[last].end
	margin := (to - from) / 50
	return max(from-margin, 1), to + margin, what
}

// pause tells whether what follows the last change comes so much later that it
// would press together all from the first to the last.
func pause(changes []change, first, last int) bool {
	return changes[last+1].at-changes[last].end > 3*(changes[last].end-changes[first].at)
}

// A change is a new view of a group, from its first installation to its last.
type change struct {
	group   id.Address
	at, end int64
	members []id.Address
}

// changesOf lists the views of wanted groups in order of time.
func changesOf(records []trace.Record, wanted func(id.Address) bool) []change {
	type key struct {
		group id.Address
		view  uint64
	}
	var changes []change
	known := make(map[key]int)
	for _, r := range records {
		f, ok := r.Fact.(fact.View)
		if !ok || !wanted(f.Group) {
			continue
		}
		k := key{f.Group, f.View}
		i, ok := known[k]
		if !ok {
			i = len(changes)
			known[k] = i
			changes = append(changes, change{group: f.Group, at: r.Time, members: f.Members})
		}
		changes[i].end = r.Time
	}
	return changes
}

// highlight is the time of what a reader looks for first, and what it is: the
// first crash of a member, or another end of one, or the beginning.
func (o *roster) highlight(changes []change) (int64, string) {
	for _, wanted := range []ending{crashed, halted} {
		var best *life
		for _, n := range o.nodes {
			for _, l := range n.lives {
				if l.end == wanted && (best == nil || l.to < best.to) && memberOf(changes, l) {
					best = l
				}
			}
		}
		if best != nil && wanted == crashed {
			return best.to, fmt.Sprintf("the crash of %s", best.node.name)
		}
		if best != nil {
			return best.to, fmt.Sprintf("the end of %s (%s)", best.node.name, best.why)
		}
	}
	return changes[0].at, "the beginning"
}

// memberOf tells whether a process of the life was in the last view of a group
// before the life ended.
func memberOf(changes []change, l *life) bool {
	return slices.ContainsFunc(lastViews(changes, l.to), func(c change) bool { return c.has(l.site) })
}

// inAny tells whether a site whose life ended at a time is still in the newest
// view of a group.
func inAny(changes []change, at int64, o *roster) bool {
	views := lastViews(changes, changes[len(changes)-1].at)
	for _, n := range o.nodes {
		for _, l := range n.lives {
			if l.to == at && slices.ContainsFunc(views, func(c change) bool { return c.has(l.site) }) {
				return true
			}
		}
	}
	return false
}

// lastViews are the newest views of all groups at a time.
func lastViews(changes []change, at int64) []change {
	newest := make(map[id.Address]int)
	for i, c := range changes {
		if c.at <= at {
			newest[c.group] = i
		}
	}
	var out []change
	for i, c := range changes {
		if j, ok := newest[c.group]; ok && i == j {
			out = append(out, c)
		}
	}
	return out
}

func (c change) has(s id.Site) bool {
	return slices.ContainsFunc(c.members, func(p id.Address) bool { return p.Site() == s })
}
