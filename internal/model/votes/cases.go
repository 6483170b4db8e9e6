package votes

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

var rules = [...]string{
	Will:      "",
	Block:     "",
	Nobody:    "",
	Memory:    "the heir casts the vote without the memory of the dead",
	TellFirst: "the will is told after the answer",
	OneHeir:   "every site of the machine is an heir",
	Certain:   "silence on one machine is taken for death",
	Machine:   "silence of any site is taken for death",
}

var designs = map[Rule]string{Will: "with wills", Block: "by blocks", Nobody: "without heirs"}

func (c Config) String() string {
	return fmt.Sprintf("sites on machines %v, %s, ballots of %v, crashes %d", c.Machines, designs[c.Rule], c.Ballots, c.Crashes)
}

// Cases are the bounds that are checked.
func Cases() []model.Case {
	three, four, halves := []int{0, 1, 1}, []int{0, 1, 1, 1}, []int{0, 0, 1, 1}
	list := []model.Case{
		Config{Machines: three, Ballots: []int{0, 1, 2}, Crashes: 1}.of(),
		Config{Machines: three, Ballots: []int{0, 1, 2}, Crashes: 2, Rule: Block}.of(),
		Config{Machines: three, Ballots: []int{0, 2}, Crashes: 2, Rule: Nobody}.of(),
		Config{Machines: three, Ballots: []int{0, 1, 2}, Crashes: 2}.of().AsLarge(),
		Config{Machines: four, Ballots: []int{0, 2}, Crashes: 2}.of().AsLarge(),
		Config{Machines: halves, Ballots: []int{0, 2}, Crashes: 2}.of().AsLarge(),
		Config{Machines: four, Ballots: []int{0, 2}, Crashes: 2, Rule: Block}.of().AsLarge(),
		Config{Machines: halves, Ballots: []int{0, 2}, Crashes: 2, Rule: Block}.of().AsLarge(),
		Config{Machines: four, Ballots: []int{0, 1, 2}, Crashes: 1, Rule: Block}.of().AsLarge(),
	}
	for r := Memory; int(r) < len(rules); r++ {
		machines := three
		if r == OneHeir {
			machines = four
		}
		list = append(list, Config{Machines: machines, Ballots: []int{0, 2}, Crashes: 1, Rule: r}.of())
	}
	return list
}

func (c Config) of() model.Case {
	return model.NewCase("votes", c.String(), rules[c.Rule], func() model.Machine[State] { return New(c) })
}
