package cut

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

var rules = [...]string{
	None:          "",
	MostHeld:      "the cut is the least that anybody holds",
	AckFirst:      "the lead installs as soon as it holds the cut itself",
	CloseStreams:  "who has reported still takes casts from the removed",
	OneAttempt:    "what an earlier attempt forwarded counts in a later one",
	FinishEarlier: "what some have installed is skipped by the others",
	ObeyNewest:    "the lead of an earlier attempt is obeyed as well",
	Wedge:         "who has reported goes on sending",
}

func (c Config) String() string {
	joiner := ""
	if c.Joiner {
		joiner = " and a joiner"
	}
	return fmt.Sprintf("%d members%s, %d views after the first, casts %d, crashes %d", c.Members, joiner, c.Views, c.Casts, c.Crashes)
}

// Cases are the bounds that are checked.
func Cases() []model.Case {
	list := []model.Case{
		Config{Members: 3, Views: 2, Casts: 1, Crashes: 1}.of(),
		Config{Members: 2, Joiner: true, Views: 2, Casts: 1, Crashes: 1}.of(),
		Config{Members: 3, Views: 2, Casts: 2, Crashes: 2}.of().AsLarge(),
		Config{Members: 2, Joiner: true, Views: 3, Casts: 1, Crashes: 1}.of().AsLarge(),
		Config{Members: 3, Views: 3, Casts: 1, Crashes: 1}.of().AsLarge(),
		Config{Members: 4, Views: 2, Casts: 1, Crashes: 1}.of().AsLarge(),
	}
	for r := MostHeld; int(r) < len(rules); r++ {
		list = append(list, Config{Members: 3, Views: 2, Casts: 1, Crashes: 1, Broken: r}.of())
	}
	return list
}

func (c Config) of() model.Case {
	return model.NewCase("cut", c.String(), rules[c.Broken], func() model.Machine[State] { return Machine(c) })
}
