package twenty

import (
	"cmp"
	"slices"
)

// maxExamples is how many strings a Hint shows of a column, and how many
// thresholds Suggest tries on a column of numbers.
const maxExamples = 8

// Hint tells what may be asked about one column.
type Hint struct {
	Column    string
	Kind      Kind
	Low, High Value   // the range of a column of numbers; null if it has none
	Examples  []Value // some strings of a column, the most frequent first
}

// Hints tells of every column that a question may be about, as t is now.
func (g *Game) Hints(t *Table) []Hint {
	var hints []Hint
	for i, c := range t.schema.columns {
		if c.Role != RolePlain {
			continue
		}
		h := Hint{Column: c.Name, Kind: c.Kind}
		values := t.columns[i].frequent()
		if c.Kind == KindString {
			h.Examples = values[:min(len(values), maxExamples)]
		} else if len(values) > 0 {
			h.Low = slices.MinFunc(values, Value.compare)
			h.High = slices.MaxFunc(values, Value.compare)
		}
		hints = append(hints, h)
	}
	return hints
}

// Candidates lists the categories for which t, as it is now, gives the answers
// the player got. It uses nothing that the player does not know. Updates since
// the answers may make it miss the secret.
func (g *Game) Candidates(t *Table) []string {
	return slices.DeleteFunc(g.Categories(), func(category string) bool {
		return slices.ContainsFunc(g.turns, func(turn Turn) bool {
			q := turn.Query
			q.Category = category
			return t.Answer(q) != turn.Answer
		})
	})
}

// Suggest is a vertical question that leaves the fewest candidates if the answer
// is the worst one. It is false if no question tells the candidates apart, or
// none may be asked. It scans t some thousand times: a few milliseconds for 400
// rows.
func (g *Game) Suggest(t *Table) (Query, bool) {
	if g.mayAsk() != nil {
		return Query{}, false
	}
	candidates := g.Candidates(t)
	var best Query
	least := len(candidates)
	for i, c := range t.schema.columns {
		if c.Role != RolePlain {
			continue
		}
		op, values := Equal, t.columns[i].frequent()
		if c.Kind == KindNumber {
			op, values = Greater, quantiles(values)
		}
		for _, v := range values[:min(len(values), maxExamples)] {
			q := Query{Column: c.Name, Op: op, Value: v}
			if n := worst(t, q, candidates); n < least {
				best, least = q, n
			}
		}
	}
	return best, best.Op.valid()
}

// worst is how many of the categories the least telling answer to q leaves.
func worst(t *Table, q Query, categories []string) int {
	var counts [Yes + 1]int
	for _, q.Category = range categories {
		counts[t.Answer(q)]++
	}
	return slices.Max(counts[:])
}

// frequent is the distinct values of a column without null, the most frequent
// first, and of those alike the smallest.
func (c *cells) frequent() []Value {
	counts := make(map[Value]int)
	for i := range c.null {
		if !c.null[i] {
			counts[c.at(i)]++
		}
	}
	values := make([]Value, 0, len(counts))
	for v := range counts {
		values = append(values, v)
	}
	slices.SortFunc(values, func(a, b Value) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), a.compare(b))
	})
	return values
}

// quantiles is maxExamples of the values, evenly spread over their order.
func quantiles(values []Value) []Value {
	slices.SortFunc(values, Value.compare)
	picked := make([]Value, 0, maxExamples)
	for i := range maxExamples {
		if len(values) > 0 {
			picked = append(picked, values[(2*i+1)*len(values)/(2*maxExamples)])
		}
	}
	return picked
}
