// Package total is a model of total order over several groups: casts to more
// than one group are ordered alike wherever they meet.
//
// It is Skeen's algorithm between groups, each of which has a stream that its
// sequencer writes and its members follow. A cast is twice in the stream of each
// of its groups: PROP, with a time the sequencer proposes, and FINAL, with the
// highest time proposed by any of its groups, which is where members deliver it.
// FINAL is written when no cast that is proposed and not final could come before.
//
// A sequencer that fails is followed by one that has only the part of the stream
// that a survivor holds: proposals may have been told to other groups and be
// lost here. So before it writes anything it asks the sequencers of all groups
// (Sync) what they have heard from its group and what they have fixed, takes
// that for its own, and raises its clock to theirs. Who has answered hears no
// more of what the former one has said.
//
// Casts to one group only are in one stream only, and cannot make a circle; they
// are left out.
package total

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

const (
	maxGroups = 3
	maxCasts  = 3
)

// State is the state of the world.
type State struct {
	groups  [maxGroups]group
	crashes uint8
	// What was said of each cast by each group's first and second sequencer.
	said [maxGroups][maxCasts][2]stamp
}

// group is a group with its sequencer.
type group struct {
	second bool // the first sequencer is dead
	stream [2 * maxCasts]entry
	n      uint8 // entries in it
	kept   uint8 // those that another member holds too
	clock  uint8
	heard  [maxCasts][maxGroups]stamp // proposals, of other groups
	synced model.Set                  // groups that have answered, of the second sequencer
	deaf   model.Set                  // groups of whose first sequencer no more is heard
	fixed  [maxCasts]stamp            // final times learnt in Sync
}

// entry is one of a stream.
type entry struct {
	final bool
	cast  uint8
	at    stamp
}

// stamp is a time: a clock and, to break ties, a group. Zero is none.
type stamp uint8

func timeOf(clock, group int) stamp { return stamp(clock*maxGroups + group) }

func (t stamp) clock() uint8 { return uint8(t) / maxGroups }

func (t stamp) String() string { return fmt.Sprintf("%d.%d", t.clock(), t%maxGroups) }

// find is the time in the entry of cast m, PROP or FINAL, 0 if there is none.
func (g *group) find(m int, final bool) stamp {
	for _, e := range g.stream[:g.n] {
		if int(e.cast) == m && e.final == final {
			return e.at
		}
	}
	return 0
}

func (g *group) write(final bool, m int, at stamp) {
	g.stream[g.n] = entry{final, uint8(m), at}
	g.n++
	g.clock = max(g.clock, at.clock())
}

// order lists the casts delivered.
func (g *group) order() (list []int) {
	for _, e := range g.stream[:g.n] {
		if e.final {
			list = append(list, int(e.cast))
		}
	}
	return list
}
