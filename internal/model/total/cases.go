package total

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

var rules = [...]string{
	None:    "",
	Pending: "a cast does not wait for those that may come before it",
	Best:    "it waits for all that were proposed lower here, though they are known to come later",
	Sync:    "a new sequencer does not ask the others",
	Recall:  "a new sequencer proposes again what others have heard of",
	Learn:   "a new sequencer does not learn what others have fixed",
	Raise:   "a new sequencer does not raise its clock",
	Deaf:    "what the former sequencer said is heard after its successor has asked",
	Advance: "clocks do not pass final times",
}

func (c Config) String() string {
	return fmt.Sprintf("%d groups, casts to %v, sequencers that fail %d", c.Groups, c.Casts, c.Crashes)
}

// Cases are the bounds that are checked.
func Cases() []model.Case {
	both := model.All(2)
	two, three := []model.Set{both, both}, []model.Set{both, both, both}
	ring := []model.Set{model.Of(0, 1), model.Of(1, 2), model.Of(2, 0)}
	list := []model.Case{
		Config{Groups: 2, Casts: two, Crashes: 2}.of(),
		Config{Groups: 3, Casts: ring}.of(),
		Config{Groups: 2, Casts: three}.of(),
		Config{Groups: 3, Casts: []model.Set{model.All(3), both}, Crashes: 2}.of().AsLarge(),
		Config{Groups: 2, Casts: three, Crashes: 1}.of().AsLarge(),
		Config{Groups: 3, Casts: ring, Crashes: 1}.of().AsLarge(),
	}
	crashes := map[Rule]int{Sync: 1, Recall: 1, Deaf: 1, Learn: 2, Raise: 2}
	for r := Pending; int(r) < len(rules); r++ {
		list = append(list, Config{Groups: 2, Casts: two, Crashes: crashes[r], Broken: r}.of())
	}
	return list
}

func (c Config) of() model.Case {
	return model.NewCase("total", c.String(), rules[c.Broken], func() model.Machine[State] { return Machine(c) })
}
