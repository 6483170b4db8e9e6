package twenty

import "fmt"

// UpdateKind is what an update does.
type UpdateKind uint8

// The kinds of updates. The zero UpdateKind is none.
const (
	_ UpdateKind = iota
	Add
	Set
	Delete
)

// String names the kind.
func (k UpdateKind) String() string {
	switch k {
	case Add:
		return "add"
	case Set:
		return "set"
	case Delete:
		return "delete"
	}
	return fmt.Sprintf("update(%d)", uint8(k))
}

// Cell is a new value for one column of a row.
type Cell struct {
	Column int
	Value  Value
}

// Update is one change of a table, and the payload of the cast that replicates
// it.
type Update struct {
	Kind   UpdateKind
	Row    RowID   // which row to Set or Delete
	Values []Value // of the row to Add, one for each column
	Cells  []Cell  // to Set; of two for one column the later stays
}

// AddRow adds a row of values, one for each column. Its ID is the table's
// NextRow at the time of Apply.
func AddRow(values ...Value) Update { return Update{Kind: Add, Values: values} }

// SetCells changes cells of one row.
func SetCells(row RowID, cells ...Cell) Update { return Update{Kind: Set, Row: row, Cells: cells} }

// DeleteRow deletes one row.
func DeleteRow(row RowID) Update { return Update{Kind: Delete, Row: row} }

// String writes the update for people.
func (u Update) String() string {
	switch u.Kind {
	case Add:
		return fmt.Sprintf("add %v", u.Values)
	case Set:
		return fmt.Sprintf("set row %d %v", u.Row, u.Cells)
	case Delete:
		return fmt.Sprintf("delete row %d", u.Row)
	}
	return u.Kind.String()
}

// Apply changes t and adds one to its version. On an error t is as it was,
// version included: a *RowError if the row is gone, which happens when two
// clients update at once, a *ValueError if a value does not fit its column, an
// *UpdateError if the update fits no table of this schema. Replicas in the same
// state return the same error.
func (u Update) Apply(t *Table) error {
	i, err := u.check(t)
	if err != nil {
		return err
	}
	switch u.Kind {
	case Add:
		t.insert(i, t.next, u.Values)
		t.next++
	case Set:
		for _, c := range u.Cells {
			t.columns[c.Column].set(i, c.Value)
		}
	case Delete:
		t.remove(i)
	}
	t.version++
	return nil
}

// check finds the position that u is about and what forbids u.
func (u Update) check(t *Table) (int, error) {
	switch u.Kind {
	case Add:
		return t.Len(), u.checkValues(t)
	case Set:
		if err := u.checkCells(t.schema); err != nil {
			return 0, err
		}
	case Delete:
	default:
		return 0, &UpdateError{Reason: "it is " + u.Kind.String()}
	}
	i, ok := t.find(u.Row)
	if !ok {
		return 0, &RowError{Row: u.Row}
	}
	return i, nil
}

func (u Update) checkValues(t *Table) error {
	if len(u.Values) != t.schema.Len() {
		return &UpdateError{Reason: fmt.Sprintf("%d values for %d columns", len(u.Values), t.schema.Len())}
	}
	for i, v := range u.Values {
		if err := t.schema.Accepts(i, v); err != nil {
			return err
		}
	}
	if t.next > maxRowID {
		return &UpdateError{Reason: "no row IDs are left"}
	}
	return nil
}

func (u Update) checkCells(s *Schema) error {
	if len(u.Cells) == 0 {
		return &UpdateError{Reason: "no cells to set"}
	}
	for _, c := range u.Cells {
		if c.Column < 0 || c.Column >= s.Len() {
			return &UpdateError{Reason: fmt.Sprintf("column %d of %d", c.Column, s.Len())}
		}
		if err := s.Accepts(c.Column, c.Value); err != nil {
			return err
		}
	}
	return nil
}

// before is the row that revert needs to take u back from t, read before u is
// applied; nil for an Add.
func (u Update) before(t *Table) []Value {
	row, _ := t.Row(nil, u.Row)
	if u.Kind == Add {
		return nil
	}
	return row
}

// revert takes back u, the last update applied to t.
func (u Update) revert(t *Table, before []Value) {
	i, _ := t.find(u.Row)
	switch u.Kind {
	case Add:
		t.next--
		t.remove(t.Len() - 1)
	case Set:
		for c, v := range before {
			t.columns[c].set(i, v)
		}
	case Delete:
		t.insert(i, u.Row, before)
	}
	t.version--
}
