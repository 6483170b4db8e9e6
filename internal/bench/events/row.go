package events

import (
	"fmt"
	"slices"
	"time"

	"github.com/cohortkit/cohort/internal/bench"
)

// Row is one figure, over all rounds.
type Row struct {
	Name  string  `json:"name"`
	What  string  `json:"what"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"` // the median, or the sum of what is counted
	Min   float64 `json:"min"`
	P90   float64 `json:"p90"`
	Max   float64 `json:"max"`
	// Rounds are how many figures there are.
	Rounds int `json:"rounds"`
	// Goal is for Value, which is to be at most that, or at least; nil if there
	// is none, as Reached.
	Goal    *float64 `json:"goal"`
	AtLeast bool     `json:"at_least"`
	Reached *bool    `json:"reached"`
}

// newRow is the row of some figures, at least one.
func newRow(name, what, unit string, list []float64) Row {
	list = slices.Sorted(slices.Values(list))
	n := len(list)
	if n == 0 {
		return Row{Name: name, What: what, Unit: unit}
	}
	median := (list[(n-1)/2] + list[n/2]) / 2
	return Row{
		Name: name, What: what, Unit: unit, Rounds: n, Value: bench.Rounded(median), Min: bench.Rounded(list[0]),
		P90: bench.Rounded(list[(9*n+9)/10-1]), Max: bench.Rounded(list[n-1]),
	}
}

// sum makes the value the sum of the figures.
func (r Row) sum(list []float64) Row {
	r.Value = 0
	for _, x := range list {
		r.Value += x
	}
	return r
}

// most sets a goal that the value is to stay within.
func (r Row) most(goal float64) Row {
	reached := r.Value <= goal
	r.Goal, r.Reached = &goal, &reached
	return r
}

// least sets a goal that the value is to reach.
func (r Row) least(goal float64) Row {
	reached := r.Value >= goal
	r.Goal, r.AtLeast, r.Reached = &goal, true, &reached
	return r
}

// withoutGoals are the rows for which there are none.
func withoutGoals(rows []Row) []Row {
	for i := range rows {
		rows[i].Goal, rows[i].AtLeast, rows[i].Reached = nil, false, nil
	}
	return rows
}

// String is the row for a person.
func (r Row) String() string {
	text := fmt.Sprintf("%-66s %10s %-12s", r.What, short(r.Value), r.Unit)
	if r.Rounds > 1 {
		text += fmt.Sprintf("  %d rounds: min %s, p90 %s, max %s", r.Rounds, short(r.Min), short(r.P90), short(r.Max))
	}
	if r.Goal == nil {
		return text
	}
	bound, outcome := "at most", "reached"
	if r.AtLeast {
		bound = "at least"
	}
	if !*r.Reached {
		outcome = "MISSED"
	}
	return fmt.Sprintf("%s  goal %s %s: %s", text, bound, short(*r.Goal), outcome)
}

// short writes a figure without more digits than mean something.
func short(x float64) string {
	switch {
	case x >= 999.5e3:
		return fmt.Sprintf("%.3g M", x/1e6)
	case x >= 999.5: // what would be 1e+03
		return fmt.Sprintf("%.0f", x)
	default:
		return fmt.Sprintf("%.3g", x)
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
