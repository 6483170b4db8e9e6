package lease

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

var rules = [...]string{
	None:      "",
	Hold:      "who gave its word removes the reader at once",
	Installed: "a site is removed from a view it may not know of",
	Stop:      "who has accepted a change still gives words for the view it ends",
	OwnView:   "words for a later view count in an earlier one",
	FromAsked: "a word counts from when it came",
	Margin:    "the grantor does not allow for its clock",
	OwnWord:   "the reader counts itself after accepting a change",
}

func (c Config) String() string {
	clocks, joiners, plan := "all clocks", "", ""
	switch {
	case c.Drift == 0:
		clocks = "exact clocks"
	case c.Worst:
		clocks = "the worst clocks"
	}
	if c.Joiners > 0 {
		joiners = fmt.Sprintf(" and %d joiner", c.Joiners)
	}
	if c.Plan != nil {
		plan = fmt.Sprintf(" %v", c.Plan)
	}
	return fmt.Sprintf("%d sites%s, reader of %v, changes %d%s, writes %d, times %d/%d/%d, %s",
		c.Sites, joiners, c.Readers, c.Views, plan, c.Writes, c.Holder, c.Grantor, c.Drift, clocks)
}

// Cases are the bounds that are checked. Times are those of holder, grantor and
// drift.
func Cases() []model.Case {
	all := model.All(3)
	joined := []model.Set{model.Of(0, 1, 2, 3), model.Of(0, 1, 3)}
	list := []model.Case{
		Config{Sites: 3, Readers: all, Views: 1, Writes: 1, Holder: 1, Grantor: 3, Drift: 1, AtOnce: 2}.of(),
		Config{Sites: 3, Readers: all, Views: 2, Writes: 1, Holder: 1, Grantor: 1, AtOnce: 1, Worst: true}.of(),
		Config{Sites: 3, Joiners: 1, Readers: model.Of(2), Views: 2, Plan: joined, Writes: 1, Holder: 1, Grantor: 1, Worst: true}.of(),
		Config{Sites: 3, Readers: all, Views: 2, Writes: 1, Holder: 1, Grantor: 3, Drift: 1, AtOnce: 1, Worst: true}.of().AsLarge(),
		Config{Sites: 3, Readers: model.Of(2), Views: 2, Writes: 2, Holder: 1, Grantor: 3, Drift: 1, AtOnce: 2, Worst: true}.of().AsLarge(),
		Config{Sites: 3, Joiners: 1, Readers: model.Of(2), Views: 2, Writes: 1, Holder: 1, Grantor: 1, AtOnce: 1, Worst: true}.of().AsLarge(),
	}
	for r := Hold; int(r) < len(rules); r++ {
		c := Config{Sites: 3, Readers: all, Views: 2, Writes: 1, Holder: 1, Grantor: 3, Drift: 1, AtOnce: 1, Worst: true, Broken: r}
		if r == Margin {
			c.Holder = 3
		}
		if r == OwnView {
			c = Config{Sites: 3, Joiners: 1, Readers: model.Of(2), Views: 2, Plan: joined, Writes: 1, Holder: 1, Grantor: 1, Worst: true, Broken: r}
		}
		list = append(list, c.of())
	}
	return list
}

func (c Config) of() model.Case {
	return model.NewCase("lease", c.String(), rules[c.Broken], func() model.Machine[State] { return Machine(c) })
}
