package lists

import (
	"fmt"
	"strings"

	"github.com/cohortkit/cohort/internal/model"
)

var rules = [...]string{
	None:       "",
	Grown:      "the log does not look who has come since",
	Once:       "the log numbers what it is asked for again",
	Everywhere: "the log is asked when one destination holds it",
	Alone:      "the relay says that all hold it as soon as it does",
	Known:      "a relay does not wait until it knows what the sender knew",
	First:      "a second relay names the view in which it cast it",
	Sorted:     "places are in any order",
	Rest:       "what has no place is left to the next view",
	Before:     "at the end of a view all is delivered that has a number by then",
	Keep:       "what has its number before it comes is dropped",
	Excluded:   "what a removed sender asked for is numbered",
	Owed:       "who skips entries drops what they have dealt with",
	Anew:       "an attempt that a later one voids waits for what it does not need",
}

func (c Config) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "groups %v, casts", c.Groups)
	for _, x := range c.Casts {
		fmt.Fprintf(&b, " %d to %v", x.From, x.To)
		if x.Direct != 0 {
			fmt.Fprintf(&b, "+%v", x.Direct)
		}
	}
	for _, j := range c.Joins {
		fmt.Fprintf(&b, ", %d joins %d", j.Site, j.Group)
	}
	if c.Crashes > 0 {
		how := "dies"
		if c.Expel {
			how = "dies or is removed"
		}
		fmt.Fprintf(&b, ", %d of %v %s", c.Crashes, c.May, how)
	}
	if c.Repeats > 0 {
		fmt.Fprintf(&b, ", repeats %d", c.Repeats)
	}
	if c.Skip != 0 {
		fmt.Fprintf(&b, ", %v skips entries", c.Skip)
	}
	return b.String()
}

// Cases are the bounds that are checked.
func Cases() []model.Case {
	pair, lone := []model.Set{model.Of(0, 1), model.Of(2)}, []model.Set{model.Of(0), model.Of(2)}
	lap, three := []model.Set{model.Of(0, 1), model.Of(1, 2)}, []model.Set{model.All(3), model.Of(3)}
	both := model.All(2)
	one := []Cast{{From: 3, To: both}}
	split := []Cast{{From: 1, To: model.Of(0)}, {From: 1, To: model.Of(1)}}
	skipped := []Cast{{From: 3, To: model.Of(0), Direct: model.Of(4)}, {From: 3, To: model.Of(1), Direct: model.Of(4)}}
	list := []model.Case{
		Config{Groups: pair, Casts: one, Joins: []Join{{1, 1}}}.of(),
		Config{Groups: pair, Casts: one, Crashes: 1, May: model.Of(0)}.of(),
		Config{Groups: pair, Casts: one, Joins: []Join{{0, 2}}, Crashes: 1, May: model.Of(3), Expel: true}.of(),
		Config{Groups: pair, Casts: []Cast{{From: 3, To: both, Direct: model.Of(1)}}, Crashes: 1, May: model.Of(2), Repeats: 1}.of(),
		Config{Groups: pair, Casts: []Cast{{From: 3, To: both}, {From: 0, To: both}}}.of(),
		Config{Groups: lone, Casts: skipped, Crashes: 1, May: model.Of(3), Skip: model.Of(4)}.of(),
		Config{Groups: lone, Casts: skipped, Joins: []Join{{0, 2}}, Crashes: 1, May: model.Of(0, 3), Expel: true, Skip: model.Of(4)}.of().AsLarge(),
		Config{Groups: lap, Casts: []Cast{{From: 3, To: both}, {From: 0, To: both}}, Crashes: 1, May: model.Of(0, 1)}.of().AsLarge(),
		Config{Groups: pair, Casts: one, Joins: []Join{{0, 2}, {1, 0}}, Crashes: 1, May: model.Of(3)}.of().AsLarge(),
		Config{Groups: three, Casts: []Cast{{From: 4, To: both}}, Crashes: 2, May: model.Of(0, 1), Expel: true}.of().AsLarge(),
		Config{Groups: pair, Casts: []Cast{{From: 3, To: both}, {From: 4, To: model.Of(0), Direct: model.Of(2)}, {From: 4, To: model.Of(1)}}}.of().AsLarge(),
		Config{Groups: lone, Casts: []Cast{{From: 1, To: both}, {From: 1, To: both}}, Joins: []Join{{0, 2}}}.of().AsLarge(),
		Config{Groups: pair, Casts: []Cast{{From: 3, To: both}, {From: 3, To: both}}, Crashes: 1, May: model.Of(0)}.of().AsLarge(),
		Config{Groups: lone, Casts: split, Crashes: 1, May: model.Of(2), Joins: []Join{{0, 3}}}.of().AsLarge(),
		Config{Groups: pair, Casts: one, Joins: []Join{{1, 1}}, Crashes: 1, May: model.Of(0), Repeats: 1}.of().AsLarge(),
		Config{Groups: pair, Casts: one, Joins: []Join{{0, 2}}, Crashes: 2, May: model.Of(0, 1)}.of().AsLarge(),
		Config{Groups: lap, Casts: []Cast{{From: 0, To: both}}, Joins: []Join{{1, 3}}, Crashes: 1, May: model.Of(0, 1)}.of().AsLarge(),
	}
	for _, c := range broken(pair, lone, one, split) {
		list = append(list, c.of())
	}
	return list
}

// broken are the bounds within which each rule is missed.
func broken(pair, lone []model.Set, one, split []Cast) []Config {
	two := []Cast{one[0], one[0]}
	list := []Config{
		{Broken: Grown, Casts: one, Joins: []Join{{1, 1}}},
		{Broken: Once, Casts: one, Repeats: 1},
		{Broken: Everywhere, Casts: one},
		{Broken: Alone, Casts: one, Crashes: 1, May: model.Of(0)},
		{Broken: Known, Casts: one, Joins: []Join{{1, 1}}},
		{Broken: First, Casts: one, Crashes: 1, May: model.Of(0), Joins: []Join{{0, 2}}},
		{Broken: Sorted, Casts: two},
		{Broken: Rest, Casts: one, Joins: []Join{{0, 2}}},
		{Broken: Before, Groups: []model.Set{model.All(3)}, Casts: []Cast{{From: 3, To: model.Of(0)}}, Crashes: 1, May: model.Of(2)},
		{Broken: Keep, Casts: one, Crashes: 1, May: model.Of(0)},
		{Broken: Excluded, Casts: one, Crashes: 1, May: model.Of(3)},
		{Broken: Owed, Groups: lone, Casts: []Cast{{From: 3, To: model.Of(0), Direct: model.Of(4)}}, Skip: model.Of(4)},
		{Broken: Anew, Groups: lone, Casts: split, Crashes: 1, May: model.Of(2), Joins: []Join{{0, 3}}},
	}
	for i := range list {
		if list[i].Groups == nil {
			list[i].Groups = pair
		}
	}
	return list
}

func (c Config) of() model.Case {
	return model.NewCase("lists", c.String(), rules[c.Broken], func() model.Machine[State] { return Machine(c) })
}
