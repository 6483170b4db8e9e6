package twenty

import "fmt"

// History judges replies: it knows the table at every version since it began.
// It keeps the updates with what each replaced, and one table that it moves
// forward and back among them, so a check costs as many updates as lie between
// it and the check before; replies are best checked in roughly the order of
// their versions. A History is not safe for concurrent use.
type History struct {
	base   uint64 // the version before log[0]
	head   *Table // after the whole log
	cursor *Table // after the part of the log that its version says
	log    []change
}

// change is an update with what takes it back.
type change struct {
	update Update
	before []Value
}

// NewHistory begins a history with t as it is now. It copies t.
func NewHistory(t *Table) *History {
	return &History{base: t.version, head: t.Clone(), cursor: t.Clone()}
}

// Append adds the next update, and keeps it; the caller changes its slices no
// more. An update that the table refuses is no part of the history, as it is no
// part of the table: the error is that of Apply, and the version stays.
func (h *History) Append(u Update) error {
	before := u.before(h.head)
	if err := u.Apply(h.head); err != nil {
		return err
	}
	h.log = append(h.log, change{update: u, before: before})
	return nil
}

// Version is the last version known.
func (h *History) Version() uint64 { return h.head.version }

// At is the table at a version. It is the History's own, to be read until the
// next call of At or Check. The error is an *UnknownVersionError.
func (h *History) At(version uint64) (*Table, error) {
	if version < h.base || version > h.head.version {
		return nil, &UnknownVersionError{Version: version, First: h.base, Last: h.head.version}
	}
	t := h.cursor
	for t.version < version {
		if err := h.log[t.version-h.base].update.Apply(t); err != nil {
			panic(err) // the head took it in the same state
		}
	}
	for t.version > version {
		c := h.log[t.version-h.base-1]
		c.update.revert(t, c.before)
	}
	return t, nil
}

// Check judges the reply of member m of n to q: nil if it is the right one at
// its version, else a *WrongReplyError, or an *UnknownVersionError if the
// version is not of this history (yet). Null replies need no check.
func (h *History) Check(q Query, m, n int, got Reply) error {
	t, err := h.At(got.Version)
	if err != nil {
		return err
	}
	return compare(t, q, m, n, got, referenceTallies(t, q, n))
}

// CheckAll is Check for the replies of all members, by number, to a horizontal
// query, at the price of one; the replies have one version. The error is also a
// *VersionsError.
func (h *History) CheckAll(q Query, got []Reply) error {
	if len(got) == 0 {
		return nil
	}
	t, err := h.At(got[0].Version)
	if err != nil {
		return err
	}
	tallies := referenceTallies(t, q, len(got))
	for m, r := range got {
		if r.Version != got[0].Version {
			return &VersionsError{First: got[0].Version, Other: r.Version}
		}
		if err := compare(t, q, m, len(got), r, tallies); err != nil {
			return err
		}
	}
	return nil
}

// compare judges a reply by the tallies of t, which is at its version.
func compare(t *Table, q Query, m, n int, got Reply, tallies []Tally) error {
	e := &WrongReplyError{Query: q, Member: m, Members: n, Got: got}
	switch {
	case tallies == nil || m < 0 || m >= n:
	case q.Horizontal:
		e.Responsible, e.Want = true, tallies[m]
	case t.schema.Index(q.Column)%n == m:
		e.Responsible, e.Want = true, tallies[0]
	}
	if !e.Responsible || got.Tally != e.Want {
		return e
	}
	return nil
}

// UnknownVersionError says that a reply is from a version the history does not
// reach: from before it began, or from updates not yet appended.
type UnknownVersionError struct {
	Version, First, Last uint64
}

func (e *UnknownVersionError) Error() string {
	return fmt.Sprintf("twenty: version %d is outside the history of versions %d to %d", e.Version, e.First, e.Last)
}

// WrongReplyError says that a member replied what its table, at the version it
// names, does not say; or that it replied though it had not to.
type WrongReplyError struct {
	Query       Query
	Member      int
	Members     int
	Got         Reply
	Responsible bool  // whether the member had to reply
	Want        Tally // what it had to reply
}

func (e *WrongReplyError) Error() string {
	want := "no reply"
	if e.Responsible {
		want = Reply{Version: e.Got.Version, Tally: e.Want}.String()
	}
	return fmt.Sprintf("twenty: member %d of %d replied to %v: %v; right is %s", e.Member, e.Members, e.Query, e.Got, want)
}
