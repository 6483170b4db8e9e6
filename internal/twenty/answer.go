package twenty

import "fmt"

// Answer is what may be said to a question.
type Answer uint8

// The answers. Unanswered, the zero value, is that of a member that is not
// responsible, and of a query that does not fit the table.
const (
	Unanswered Answer = iota
	No
	Sometimes
	Yes
)

// String writes the answer as a player reads it.
func (a Answer) String() string {
	switch a {
	case No:
		return "no"
	case Sometimes:
		return "sometimes"
	case Yes:
		return "yes"
	case Unanswered:
	}
	return "unanswered"
}

// Tally is the evidence behind an answer.
type Tally struct {
	Rows    int // rows in question
	Matches int // those that match
}

// Answer is Yes if there are rows and all match, No if none matches, else
// Sometimes.
func (c Tally) Answer() Answer {
	switch {
	case c.Matches == 0:
		return No
	case c.Matches < c.Rows:
		return Sometimes
	}
	return Yes
}

// Reply is what a member sends: a tally, and the version of the table that it
// was taken from.
type Reply struct {
	Version uint64
	Tally
}

// String writes the reply for people.
func (r Reply) String() string {
	return fmt.Sprintf("%v (%d of %d rows, version %d)", r.Answer(), r.Matches, r.Rows, r.Version)
}

// VersionsError says that the replies to one query come from different
// versions of the table: updates and queries were not delivered in one order.
type VersionsError struct {
	First, Other uint64
}

func (e *VersionsError) Error() string {
	return fmt.Sprintf("twenty: replies to one query from versions %d and %d of the table", e.First, e.Other)
}

// Combine puts the replies of all members to a horizontal query together; it is
// the reply that one member would have given for all rows. The error is a
// *VersionsError. No replies are the reply of an empty table.
func Combine(replies []Reply) (Reply, error) {
	var sum Reply
	for i, r := range replies {
		if i == 0 {
			sum.Version = r.Version
		}
		if r.Version != sum.Version {
			return Reply{}, &VersionsError{First: sum.Version, Other: r.Version}
		}
		sum.Rows += r.Rows
		sum.Matches += r.Matches
	}
	return sum, nil
}

// Everyone is whom Responsible names for a horizontal query.
const Everyone = -1

// Responsible is the member, of n, that answers q: column mod n for a vertical
// query, Everyone for a horizontal one or one about an unknown column, to which
// everyone's answer is Unanswered. n is at least 1.
func (t *Table) Responsible(q Query, n int) int {
	col := t.schema.Index(q.Column)
	if q.Horizontal || col < 0 {
		return Everyone
	}
	return col % n
}

// Reply is the reply of member m of n. It is false, a null reply, if m is not
// responsible, if m is a standby (n or above), or if q does not fit the
// table.
func (t *Table) Reply(q Query, m, n int) (Reply, bool) {
	if m < 0 || m >= n {
		return Reply{}, false
	}
	share, of := m, n
	if !q.Horizontal {
		if t.Responsible(q, n) != m {
			return Reply{}, false
		}
		share, of = 0, 1
	}
	tally, ok := t.tally(&q, share, of)
	return Reply{Version: t.version, Tally: tally}, ok
}

// Answer answers q over all rows.
func (t *Table) Answer(q Query) Answer { return t.AnswerRows(q, 0, 1) }

// AnswerRows answers q over the rows R with R mod n = m, whether q is horizontal
// or not. It is Unanswered if q does not fit the table, or if m is not one of n.
func (t *Table) AnswerRows(q Query, m, n int) Answer {
	tally, ok := t.tally(&q, m, n)
	if !ok {
		return Unanswered
	}
	return tally.Answer()
}
