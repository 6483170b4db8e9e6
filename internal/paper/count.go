package paper

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/sim"
)

// Members of the group that costs are counted in. All are at sites of their own,
// and one site more is in the system; all sites vote.
const countedMembers = 3

// step is something that Cohort does, told as the simulator's stories are: $me is
// the youngest member, who acts, and $out a site outside the group.
type step struct {
	name  string // what Cohort's users call it
	story string
}

// only has nobody answer but the actor.
const only = "answers 1 null\nanswers 2 null\n"

// The steps that the tools of 1987 come to.
var (
	causal     = step{"Causal cast", "cast $me g causal a"}
	total      = step{"Total cast", "cast $me g total a"}
	oldest     = step{"Total cast of the oldest member", "cast 1 g total a"}
	barrier    = step{"Barrier cast", "cast $me g barrier a"}
	callOwn    = step{"Causal Call, one reply, the others decline", only + "call $me g 1 causal q"}
	callAll    = step{"Total Call, all replies", "call $me g all total q"}
	callCopy   = step{"Causal Call, answered with ReplyCopy", only + "answers $me copy\ncall $me g 1 causal q"}
	callMember = step{"Call to one process, which answers", "call $me @2 1 fifo q"}
	callClient = step{"Client.Call, one reply, the others decline", "answers $me null\nanswers 2 null\ncall $out g 1 causal q"}
	create     = step{"Join of a new group", "join $me h"}
	join       = step{"Join, with a state of 32 bytes", "join $out g"}
	leave      = step{"Leave", "leave $me g"}
	read       = step{"Group.Read", "read $me g"}
	nothing    = step{name: "nothing is sent"}
)

// count counts what a step sends in a group of so many members.
func (s step) count(members int) (sim.Tally, error) {
	if s.story == "" {
		return sim.Tally{Messages: map[string]int{}}, nil
	}
	var who []string
	for i := range members {
		who = append(who, fmt.Sprint(i+1))
	}
	text := strings.NewReplacer("$me", fmt.Sprint(members), "$out", fmt.Sprint(members+1)).Replace(s.story)
	t, err := sim.Count(fmt.Sprintf("sites %d\njoin %s g", members+1, strings.Join(who, ",")), text)
	if err != nil {
		return t, fmt.Errorf("counting %s: %w", s.name, err)
	}
	return t, nil
}
