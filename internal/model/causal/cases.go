package causal

import (
	"fmt"

	"github.com/cohortkit/cohort/internal/model"
)

var rules = [...]string{
	None:      "",
	Depend:    "casts do not say what they depend on in other groups",
	Merge:     "each group delivers its cut by itself",
	GiveUp:    "what is lost is waited for",
	Rest:      "with the last of a sender all before it are given up",
	KeepAll:   "a cast is dropped by those that know what it depends on to be lost",
	Expand:    "after a cast only that cast is named",
	Delivered: "what all hold is named no more, though not all were delivered it",
}

func (c Config) String() string {
	s := fmt.Sprintf("groups %v, casts %d", c.Groups, c.Casts)
	if c.Senders != 0 {
		s += fmt.Sprintf(" by %v", c.Senders)
	}
	switch {
	case c.Gone != nil:
		s += fmt.Sprintf(", removed %v", c.Gone)
	case c.Entries > 0:
		s += fmt.Sprintf(", entries %d of up to %d removed", c.Entries, c.AtOnce)
	}
	return s
}

// Cases are the bounds that are checked.
func Cases() []model.Case {
	two := []model.Set{model.Of(0, 1, 3), model.Of(1, 2, 3)}
	same := []model.Set{model.Of(0, 1, 2), model.Of(0, 1, 2)}
	chain := []model.Set{model.Of(0, 1), model.Of(1, 2, 3), model.Of(1, 3)}
	nested := []model.Set{model.Of(0, 1, 2), model.Of(0, 1, 2), model.Of(0, 2)}
	pair := []model.Set{model.Of(1, 2)}
	old := []model.Set{model.Of(0, 1)}
	ends := func(groups []model.Set, casts int, gone []model.Set, senders model.Set, broken Rule) Config {
		return Config{Groups: groups, Casts: casts, Entries: len(gone), AtOnce: 2, Gone: gone, Senders: senders, Broken: broken}
	}
	return []model.Case{
		Config{Groups: chain, Casts: 3}.of(),
		Config{Groups: nested, Casts: 3}.of(),
		ends(two, 2, pair, 0, None).of(),
		ends(same, 3, old, model.Of(0, 1), None).of(),
		Config{Groups: two, Casts: 2, Entries: 1, AtOnce: 2}.of().AsLarge(),
		Config{Groups: chain, Casts: 4}.of().AsLarge(),
		ends(two, 3, pair, 0, None).of().AsLarge(),
		ends(same, 3, []model.Set{model.Of(0), model.Of(1)}, model.Of(0, 1), None).of().AsLarge(),
		Config{Groups: two, Casts: 2, Broken: Depend}.of(),
		ends(two, 2, pair, 0, Merge).of(),
		ends(same, 4, old, model.Of(0, 1), GiveUp).of(),
		ends(two, 3, pair, model.Of(1), Rest).of(),
		ends(two, 2, pair, 0, KeepAll).of(),
		Config{Groups: chain, Casts: 3, Broken: Expand}.of(),
		Config{Groups: nested, Casts: 3, Broken: Delivered}.of(),
	}
}

func (c Config) of() model.Case {
	return model.NewCase("causal", c.String(), rules[c.Broken], func() model.Machine[State] { return Machine(c) })
}
