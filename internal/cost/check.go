package cost

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// slack is how much a count may be of what it was.
const slack = 1.1

// Growth is a count that grew by more than a tenth. From is 0 for one that was not
// there before.
type Growth struct {
	Shape, Count string
	From, To     float64
}

func (g Growth) String() string {
	text := fmt.Sprintf("%s: %s per message from %.4g to %.4g", g.Shape, g.Count, g.From, g.To)
	if g.From > 0 {
		text += fmt.Sprintf(" (+%.0f %%)", 100*(g.To/g.From-1))
	}
	return text
}

// Grown lists what grew by more than a tenth: allocations and instructions, the
// latter where both have counted them.
func Grown(from, to map[string]Counts) (all []Growth) {
	for _, shape := range slices.Sorted(maps.Keys(to)) {
		a, b := from[shape], to[shape]
		if b.Allocs > slack*a.Allocs {
			all = append(all, Growth{shape, "allocations", a.Allocs, b.Allocs})
		}
		if a.Instr > 0 && b.Instr > slack*a.Instr {
			all = append(all, Growth{shape, "instructions", a.Instr, b.Instr})
		}
	}
	return all
}

// GrownError reports that messages cost more than they did, and no line of the
// history says why.
type GrownError struct {
	Since Record
	All   []Growth
}

func (e *GrownError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cost: since %s of %s these counts grew by more than a tenth, and the history does not say why:\n", e.Since.Commit, e.Since.Date)
	for _, g := range e.All {
		fmt.Fprintf(&b, "  %v\n", g)
	}
	b.WriteString("Take back what it costs, or say why it is worth it, and commit the line that this adds with the change:\n" +
		`  scripts/cost record "why"`)
	return b.String()
}

// errNoHistory reports that there is nothing to compare with.
var errNoHistory = errors.New("cost: the history has no line: scripts/cost record \"the first\" adds one")

// Check compares the present with the last line of the history, and that with the
// one before. It returns a *GrownError for what grew without a word; another line
// than the last is nobody's fault any more. Instructions of different kinds of
// processors are not compared.
func Check(history []Record, now Record) error {
	if len(history) == 0 {
		return errNoHistory
	}
	last := history[len(history)-1]
	for _, shape := range slices.Sorted(maps.Keys(last.Costs)) {
		if _, ok := now.Costs[shape]; !ok {
			return fmt.Errorf("cost: %s is in the history and is not counted any more: scripts/cost record \"why\"", shape)
		}
	}
	if all := last.grown(now); len(all) > 0 {
		return &GrownError{last, all}
	}
	if len(history) == 1 || last.Why != "" {
		return nil
	}
	if before := history[len(history)-2]; len(before.grown(last)) > 0 {
		return &GrownError{before, before.grown(last)}
	}
	return nil
}

// grown lists what grew from r to later, of what can be compared.
func (r Record) grown(later Record) []Growth {
	from := r.Costs
	if r.Arch != later.Arch {
		from = maps.Clone(from)
		for shape, c := range from { // order does not matter: each has its place
			c.Instr = 0
			from[shape] = c
		}
	}
	return Grown(from, later.Costs)
}

// Compare is a table of the present beside a line of the history, for people.
func Compare(from, to map[string]Counts) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s %22s %22s %9s %9s %9s\n", "per message", "allocations", "instructions", "bytes", "frames", "wire")
	for _, shape := range slices.Sorted(maps.Keys(to)) {
		a, c := from[shape], to[shape]
		fmt.Fprintf(&b, "%-24s %22s %22s %9.4g %9.4g %9.4g\n", shape, change(a.Allocs, c.Allocs), change(a.Instr, c.Instr), c.Bytes, c.Frames, c.Wire)
	}
	return b.String()
}

func change(from, to float64) string {
	switch {
	case to == 0:
		return "not counted"
	case from == 0:
		return fmt.Sprintf("%.4g  (new)  ", to)
	}
	return fmt.Sprintf("%.4g (%+5.1f %%)", to, 100*(to/from-1))
}
