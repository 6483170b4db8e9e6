package twenty

import (
	"iter"
	"slices"
)

// RowID names a row of one table, for ever.
type RowID uint64

// maxRowID leaves room for the next one.
const maxRowID = RowID(1)<<62 - 1

// Table is a relation: rows in the order of their IDs, stored by column. Any
// number of goroutines may read a Table, but none while another updates it.
type Table struct {
	schema  *Schema
	ids     []RowID // ascending
	columns []cells // parallel to schema.columns
	next    RowID   // the ID of the next row added
	version uint64  // updates applied
}

// cells holds one column. One of nums and strs is used, as the column's kind
// says, and is parallel to null; a null cell holds the zero value there.
type cells struct {
	kind Kind
	nums []float64
	strs []string
	null []bool
}

// NewTable makes an empty table at version 0.
func NewTable(s *Schema) *Table {
	t := &Table{schema: s, columns: make([]cells, s.Len())}
	for i := range t.columns {
		t.columns[i].kind = s.columns[i].Kind
	}
	return t
}

// Schema lists the columns.
func (t *Table) Schema() *Schema { return t.schema }

// Len is the number of rows.
func (t *Table) Len() int { return len(t.ids) }

// Version is the number of updates applied since the table was first filled.
func (t *Table) Version() uint64 { return t.version }

// NextRow is the ID that the next added row will get.
func (t *Table) NextRow() RowID { return t.next }

// RowAt is the ID of the i-th row, counted from 0 in the order of IDs.
func (t *Table) RowAt(i int) RowID { return t.ids[i] }

// Row appends the values of the row to dst and returns it; ok is false if there
// is no such row.
func (t *Table) Row(dst []Value, id RowID) (values []Value, ok bool) {
	i, ok := t.find(id)
	if !ok {
		return dst, false
	}
	return t.appendRow(dst, i), true
}

// Rows yields all rows in the order of their IDs. The slice is used again for
// the next row.
func (t *Table) Rows() iter.Seq2[RowID, []Value] {
	return func(yield func(RowID, []Value) bool) {
		var row []Value
		for i, id := range t.ids {
			row = t.appendRow(row[:0], i)
			if !yield(id, row) {
				return
			}
		}
	}
}

// Categories lists the distinct values of the category column, sorted, without
// null and the empty string; none if the table has no such column.
func (t *Table) Categories() []string {
	if t.schema.category < 0 {
		return nil
	}
	all := slices.Sorted(slices.Values(t.columns[t.schema.category].strs))
	all = slices.Compact(all)
	if len(all) > 0 && all[0] == "" {
		all = all[1:]
	}
	return all
}

// Clone copies the table; the copy shares nothing that changes.
func (t *Table) Clone() *Table {
	c := *t
	c.ids = slices.Clone(t.ids)
	c.columns = slices.Clone(t.columns)
	for i := range c.columns {
		col := &c.columns[i]
		col.nums, col.strs, col.null = slices.Clone(col.nums), slices.Clone(col.strs), slices.Clone(col.null)
	}
	return &c
}

// find is the position of a row.
func (t *Table) find(id RowID) (int, bool) { return slices.BinarySearch(t.ids, id) }

// appendRow appends the values at position i.
func (t *Table) appendRow(dst []Value, i int) []Value {
	for c := range t.columns {
		dst = append(dst, t.columns[c].at(i))
	}
	return dst
}

// insert puts a row at position i. The caller has checked the values and that
// IDs stay ascending.
func (t *Table) insert(i int, id RowID, row []Value) {
	t.ids = slices.Insert(t.ids, i, id)
	for c := range t.columns {
		t.columns[c].insert(i, row[c])
	}
}

// remove takes the row at position i out.
func (t *Table) remove(i int) {
	t.ids = slices.Delete(t.ids, i, i+1)
	for c := range t.columns {
		t.columns[c].remove(i)
	}
}

func (c *cells) at(i int) Value {
	switch {
	case c.null[i]:
		return Value{}
	case c.kind == KindNumber:
		return Value{kind: KindNumber, num: c.nums[i]}
	}
	return Value{kind: KindString, str: c.strs[i]}
}

func (c *cells) set(i int, v Value) {
	c.null[i] = v.IsNull()
	if c.kind == KindNumber {
		c.nums[i] = v.num
	} else {
		c.strs[i] = v.str
	}
}

func (c *cells) insert(i int, v Value) {
	c.null = slices.Insert(c.null, i, v.IsNull())
	if c.kind == KindNumber {
		c.nums = slices.Insert(c.nums, i, v.num)
	} else {
		c.strs = slices.Insert(c.strs, i, v.str)
	}
}

func (c *cells) remove(i int) {
	c.null = slices.Delete(c.null, i, i+1)
	if c.kind == KindNumber {
		c.nums = slices.Delete(c.nums, i, i+1)
	} else {
		c.strs = slices.Delete(c.strs, i, i+1)
	}
}
