package twenty

import "math/rand/v2"

// Asker makes random valid queries and updates, the same ones from the same
// seed and tables. It is not safe for concurrent use.
type Asker struct {
	rng  *rand.Rand
	keep int
}

// NewAsker makes an Asker whose additions and deletions hold a table near keep
// rows.
func NewAsker(seed uint64, keep int) *Asker {
	return &Asker{rng: rand.New(rand.NewPCG(seed, 20)), keep: keep}
}

// Query asks about a random column of t, by a value drawn from it or close to
// one. Half the queries are horizontal, and a quarter about one category.
func (a *Asker) Query(t *Table) Query {
	col := a.rng.IntN(t.schema.Len())
	q := Query{
		Horizontal: a.rng.IntN(2) == 0,
		Column:     t.schema.columns[col].Name,
		Op:         Equal + Op(a.rng.IntN(len(opNames)-1)),
		Value:      a.value(t, col),
	}
	if c := t.schema.category; c >= 0 && a.rng.IntN(4) == 0 {
		q.Category = a.value(t, c).str
	}
	return q
}

// Update is one that t, as it is now, accepts: mostly it sets a cell or two.
func (a *Asker) Update(t *Table) Update {
	switch {
	case t.Len() == 0 || a.rng.IntN(4) == 0 && (t.Len() < a.keep || t.Len() == a.keep && a.rng.IntN(2) == 0):
		return AddRow(a.values(t)...)
	case t.Len() > a.keep && a.rng.IntN(4) == 0:
		return DeleteRow(t.ids[a.rng.IntN(t.Len())])
	}
	cells := make([]Cell, 1+a.rng.IntN(2))
	for i := range cells {
		col := a.rng.IntN(t.schema.Len())
		cells[i] = Cell{Column: col, Value: a.cell(t, col)}
	}
	return SetCells(t.ids[a.rng.IntN(t.Len())], cells...)
}

// values makes a row.
func (a *Asker) values(t *Table) []Value {
	row := make([]Value, t.schema.Len())
	for i := range row {
		row[i] = a.cell(t, i)
	}
	return row
}

// cell is a value for column col, sometimes null.
func (a *Asker) cell(t *Table, col int) Value {
	if t.schema.category != col && a.rng.IntN(20) == 0 {
		return Value{}
	}
	return a.value(t, col)
}

// value is a value for column col, never null.
func (a *Asker) value(t *Table, col int) Value {
	var v Value
	if t.Len() > 0 {
		v = t.columns[col].at(a.rng.IntN(t.Len()))
	}
	if t.schema.columns[col].Kind == KindNumber {
		return Number(v.num + float64(a.rng.IntN(3)-1))
	}
	if v.str == "" {
		return String("unknown")
	}
	return v
}
