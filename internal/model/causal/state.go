// Package causal is a model of causal delivery over overlapping groups, by
// explicit dependencies, while views of several groups end for one log entry.
//
// Within a group a cast carries a vector, as Birman, Schiper and Stephenson have
// it. For other groups it carries the last cast of each sender and group in its
// causal past, but for those that all members of their group have been
// delivered. A member is delivered a cast when it has been delivered what the
// vector says and, of the dependencies, those of groups it is in; the others it
// passes on with what it sends.
//
// An entry of the log removes some processes from all groups they are in. Each
// of these groups agrees on its cut: all that the survivors sent, of the removed
// what any survivor holds. How is the matter of package cut; here it happens at
// once, when all survivors have learnt of the entry, and all then hold the cut.
// A member installs the next view of a group when it has been delivered the
// whole cut. So over all groups that an entry changes there is one merged causal
// order: a cast in one cut waits for what it depends on in another. Of what a
// dependency names, only what is in the cut is waited for, once there is one:
// the rest is lost.
package causal

import "github.com/cohortkit/cohort/internal/model"

const (
	maxProcs  = 4
	maxGroups = 3
	maxCasts  = 4
	maxViews  = 3 // of a group, numbered from 0
)

// State is the state of the world. Casts are numbered as they are sent.
type State struct {
	casts   [maxCasts]cast
	sent    uint8
	down    model.Set
	gone    [maxViews]model.Set // removed by each entry
	decided uint8
	procs   [maxProcs]proc
	cuts    [maxGroups][maxViews]cut
	// inverted is set when somebody is delivered a cast after one that depends
	// on it.
	inverted bool
}

type cast struct {
	from, group, view uint8
	vector            model.Set // of its group and view, delivered to its sender before
	deps              model.Set // of other groups
	past              model.Set // its causal past, for the judge only
}

type proc struct {
	applied uint8 // entries
	views   [maxGroups]uint8
	held    model.Set
	done    model.Set // delivered, or sent
	context model.Set // what the next cast depends on
	past    model.Set
}

// cut ends a view of a group.
type cut struct {
	made  bool
	to    uint8 // the view that follows
	casts model.Set
}
