package twenty

// tally counts the rows R with R mod n = m that are in question, and those that
// match. It is false if q does not fit the table or m is not one of n. It
// allocates nothing.
func (t *Table) tally(q *Query, m, n int) (Tally, bool) {
	i := t.schema.Index(q.Column)
	if i < 0 || m < 0 || m >= n || !q.Op.valid() || q.Value.kind != t.columns[i].kind {
		return Tally{}, false
	}
	f := filter{ids: t.ids, category: q.Category, m: RowID(m), n: RowID(n)}
	if q.Category != "" {
		if t.schema.category < 0 {
			return Tally{}, false
		}
		f.categories = t.columns[t.schema.category].strs
	}
	col := &t.columns[i]
	switch {
	case col.kind == KindNumber:
		return f.numbers(col, q.Value.num, q.Op.mask()), true
	case q.Op == Equal:
		return f.equal(col, q.Value.str, true), true
	case q.Op == NotEqual:
		return f.equal(col, q.Value.str, false), true
	}
	return f.strings(col, q.Value.str, q.Op.mask()), true
}

// filter tells which rows are in question.
type filter struct {
	ids        []RowID
	m, n       RowID
	category   string
	categories []string // nil if category is ""
}

// has reports whether the row at position i is in question. The category of a
// row that has none is stored as "", which no query asks for.
func (f *filter) has(i int) bool {
	return (f.n == 1 || f.ids[i]%f.n == f.m) && (f.categories == nil || f.categories[i] == f.category)
}

// numbers counts the numbers whose comparison with v is in mask.
func (f *filter) numbers(c *cells, v float64, mask uint8) (sum Tally) {
	for i := range f.ids {
		if !f.has(i) {
			continue
		}
		sum.Rows++
		outcome := uint8(same)
		if x := c.nums[i]; x < v {
			outcome = below
		} else if x > v {
			outcome = above
		}
		if mask&outcome != 0 && !c.null[i] {
			sum.Matches++
		}
	}
	return sum
}

// equal counts the strings that are v, or those that are not.
func (f *filter) equal(c *cells, v string, want bool) (sum Tally) {
	for i := range f.ids {
		if !f.has(i) {
			continue
		}
		sum.Rows++
		if (c.strs[i] == v) == want && !c.null[i] {
			sum.Matches++
		}
	}
	return sum
}

// strings counts the strings whose comparison with v is in mask.
func (f *filter) strings(c *cells, v string, mask uint8) (sum Tally) {
	for i := range f.ids {
		if !f.has(i) {
			continue
		}
		sum.Rows++
		outcome := uint8(same)
		if x := c.strs[i]; x < v {
			outcome = below
		} else if x > v {
			outcome = above
		}
		if mask&outcome != 0 && !c.null[i] {
			sum.Matches++
		}
	}
	return sum
}
