package torture

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// suspicious is how long a member may be silent at most to be surely suspected
	// by nobody: half of the time that no detector takes for long.
	suspicious = 500 * time.Millisecond
	// steadyAfter is how long after a fault that made it suspicious nobody is about
	// to exclude a member for that any more: all have heard it since, and what they
	// had proposed before has become a view.
	steadyAfter = time.Second
)

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

// steady reports whether nobody is about to exclude a process that is well.
func (s *slot) steady() bool { return s.near == 0 && time.Since(s.mended) >= steadyAfter }

// silences reports whether the link may make one of its ends suspicious to the
// other within a time. What is lost comes before that.
func (l Link) silences(d time.Duration) bool {
	return l.Blocked && d >= suspicious || l.Delay+l.Jitter >= suspicious
}
