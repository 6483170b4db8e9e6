package torture

import (
	"math/rand/v2"
	"slices"
	"time"
)

// steadyAfter is how long after the last thing that was done to a member, or to
// some of its links, nobody is about to exclude it for that any more: all have
// heard it since, and what they proposed before has arrived, however bad a link.
const steadyAfter = 2 * time.Second

// isApart reports whether the processes of a round, counted from 0, are as on
// machines of their own: those of one round of each two, the seed decides which.
func isApart(seed uint64, number int) bool {
	return rand.New(rand.NewPCG(seed, 0x6170617274+uint64(number/2))).IntN(2) == number%2
}

// where says for people what the processes know of each other.
func (r *round) where() string {
	if r.apart {
		return "apart, as if each had a machine of its own"
	}
	return "on one machine"
}

// survives reports whether the others have a majority for good if the victims
// die. On one machine they have, as the votes of the dead pass. Apart the living
// must be a majority of the last site view, and nobody here knows which that is:
// a member that was out of touch may just have been excluded by those who die now,
// whatever it says itself. So those who stay for certain must outnumber all those
// who may be dead in it. The members of a view have different names: a dead one
// counts once until the next process of its name is in.
func (r *round) survives(victims []*slot) bool {
	if !r.apart || victims[0].kind != member {
		return true
	}
	list, _ := r.sound()
	stay, dead := 0, 0
	for _, s := range r.slots {
		switch {
		case s.kind != member:
		case slices.Contains(victims, s) || !s.runs() || s.address == 0:
			dead++
		case slices.Contains(list, s) && s.steady():
			stay++
		}
	}
	return stay > dead
}

// steady reports whether nothing is done to the process or to links of it, nor
// was a moment ago.
func (s *slot) steady() bool {
	return !s.paused && s.foul == 0 && s.near == 0 && time.Since(s.mended) >= steadyAfter
}
