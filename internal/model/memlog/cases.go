package memlog

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

var rules = [...]string{
	None:          "",
	OldView:       "a majority of the new view decides",
	Adopt:         "a takeover forgets what was accepted",
	Unchanged:     "a takeover blends what was accepted with its own",
	KeepWord:      "a voter accepts below its promise",
	OncePer:       "a ballot proposes twice",
	TieByEldest:   "any half of the votes decides",
	HaltIfDecided: "a site halts when it accepts its removal",
	Remember:      "an acceptor restarts and has forgotten",
}

func (c Config) String() string {
	s := fmt.Sprintf("%d sites", c.Sites)
	if c.Joiners > 0 {
		s += fmt.Sprintf(" and %d joiner", c.Joiners)
	}
	s += fmt.Sprintf(", votes %v, entries %d, takeovers %d", c.Votes[:c.Sites+c.Joiners], c.Entries, c.Rounds)
	if c.Takeover != 0 {
		s += fmt.Sprintf(" by %v", c.Takeover)
	}
	s += fmt.Sprintf(", changes %d", len(c.Changes))
	if c.Ops {
		s += " and operations"
	}
	return s
}

// Cases are the bounds that are checked.
func Cases() []model.Case {
	one := []int{1, 1, 1, 1}
	without := func(who ...int) Change { return Change{Remove: model.Of(who...)} }
	swap := Change{Remove: model.Of(2), Add: model.Of(3)}
	ends := []Change{without(0), without(2)}
	list := []model.Case{
		Config{Sites: 3, Votes: one, Entries: 2, Rounds: 1, Changes: ends}.of(),
		Config{Sites: 3, Votes: one, Entries: 2, Rounds: 1, Takeover: model.Of(1, 2), Changes: ends, Ops: true}.of(),
		Config{Sites: 2, Joiners: 1, Votes: one, Entries: 2, Rounds: 1, Changes: []Change{without(0), without(1), {Add: model.Of(2)}}}.of(),
		Config{Sites: 3, Votes: []int{1, 2, 1}, Entries: 2, Rounds: 1, Changes: ends}.of(),
		Config{Sites: 3, Votes: one, Entries: 3, Rounds: 1, Takeover: model.Of(1), Changes: ends, Ops: true}.of().AsLarge(),
		Config{Sites: 3, Votes: one, Entries: 1, Rounds: 2, Changes: ends}.of().AsLarge(),
		Config{Sites: 3, Votes: one, Entries: 2, Rounds: 1, Changes: []Change{without(0), without(0, 1), without(2)}}.of().AsLarge(),
		Config{Sites: 3, Joiners: 1, Votes: one, Entries: 2, Rounds: 1, Takeover: model.Of(1, 2, 3), Changes: []Change{without(0), swap}}.of().AsLarge(),
		Config{Sites: 4, Votes: one, Entries: 1, Rounds: 1, Changes: []Change{without(0), without(3)}}.of().AsLarge(),
		Config{Sites: 3, Votes: one, Entries: 3, Rounds: 1, Takeover: model.Of(1, 2), Changes: ends}.of().AsLarge(),
	}
	for r := OldView; int(r) < len(rules); r++ {
		sites := 3
		changes := ends
		if r == TieByEldest {
			sites, changes = 2, []Change{without(0), without(1)}
		}
		list = append(list, Config{Sites: sites, Votes: one, Entries: 1, Rounds: 1, Changes: changes, Broken: r}.of())
	}
	return list
}

func (c Config) of() model.Case {
	return model.NewCase("memlog", c.String(), rules[c.Broken], func() model.Machine[State] { return Machine(c) })
}
