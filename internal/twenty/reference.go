package twenty

// Reference answers q row by row, with none of the code that makes Reply fast,
// so that the two can be compared: the answers of members 0 to n-1 to a
// horizontal query, the one answer to a vertical query. It is nil if q does not
// pass Check.
func Reference(t *Table, q Query, n int) []Answer {
	tallies := referenceTallies(t, q, n)
	if tallies == nil {
		return nil
	}
	answers := make([]Answer, len(tallies))
	for i, c := range tallies {
		answers[i] = c.Answer()
	}
	return answers
}

// referenceTallies counts what Reference answers from.
func referenceTallies(t *Table, q Query, n int) []Tally {
	if q.Check(t.schema) != nil || n < 1 {
		return nil
	}
	if !q.Horizontal {
		n = 1
	}
	tallies := make([]Tally, n)
	column := &t.columns[t.schema.Index(q.Column)]
	for i, id := range t.ids {
		if q.Category != "" && t.columns[t.schema.category].at(i) != String(q.Category) {
			continue
		}
		c := &tallies[id%RowID(n)]
		c.Rows++
		if q.matches(column.at(i)) {
			c.Matches++
		}
	}
	return tallies
}

// matches reports whether v, of the query's kind or null, is as q asks.
func (q *Query) matches(v Value) bool {
	if v.IsNull() {
		return false
	}
	c := v.compare(q.Value)
	switch q.Op {
	case Equal:
		return c == 0
	case NotEqual:
		return c != 0
	case Less:
		return c < 0
	case LessEqual:
		return c <= 0
	case Greater:
		return c > 0
	case GreaterEqual:
		return c >= 0
	}
	return false
}
