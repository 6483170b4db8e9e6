// Package call counts the answers to calls on one group.
//
// A call wants 0, 1, n or all replies. Each member of the view in which the
// request is delivered, if it holds the state, has one outcome: its reply, its
// null reply, or that it failed. A call ends when it has what it wants or when
// nobody is left who could answer (section 3.2 of the 1987 paper).
//
// A request from outside may be delivered to a relay that dies with it, and in the
// next view to the survivors, by way of another. What was answered to the first
// delivery is void then, for it never was: the call begins anew.
//
// Requires: failures are told from views only. Guarantees: R1 to R4.
package call

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/view"
)

// All wants a reply of every member.
const All = -1

// Outcome is what became of one member's answer.
type Outcome uint8

// The outcomes.
const (
	Waiting Outcome = iota
	Replied
	Null
	Failed
	Void // of no member: all told before is void, the call begins anew
)

func (o Outcome) String() string {
	switch o {
	case Replied:
		return "reply"
	case Null:
		return "null"
	case Failed:
		return "failed"
	case Void:
		return "void"
	case Waiting:
	}
	return "waiting"
}

// End says how a call ended.
type End uint8

// The ends. Nobody: all outcomes are known and there are fewer replies than
// wanted. Lost: the group is gone. Unknown: what became of the request cannot be
// known, because the caller has left, its site is no longer in the system, or
// missed the view in which the request was delivered. Refused: the session had
// ended before the request came, and it will never be carried out. Spent: it was
// carried out, and nobody has the answers any more.
const (
	Complete End = iota
	Nobody
	Lost
	Unknown
	Cancelled
	Refused
	Spent
)

func (e End) String() string {
	switch e {
	case Complete:
		return ""
	case Nobody:
		return "nobody"
	case Lost:
		return "lost"
	case Cancelled:
		return "cancelled"
	case Refused:
		return "refused"
	case Spent:
		return "spent"
	case Unknown:
	}
	return "unknown"
}

// Key is the request a reply refers to: number Cast of the caller's stream in
// View, or with View 0 the caller's own number.
type Key struct {
	View, Cast uint64
}

// Event is something a caller learns: an outcome, or with Member 0 the end, unless
// the outcome is Void.
type Event struct {
	ID      uint64
	Member  id.Address
	Outcome Outcome
	Body    []byte
	End     End
}

// Table is the open calls of one process on one group.
type Table struct {
	calls  map[Key]*pending
	open   []*pending // by ID
	events func(Event)
}

type pending struct {
	id       uint64
	key      Key
	want     int
	got      int
	known    bool // members is set
	of       uint64
	members  []view.GroupMember
	outcomes []Outcome
}

// New returns an empty table that reports to events.
func New(events func(Event)) *Table {
	return &Table{calls: map[Key]*pending{}, events: events}
}

// Open adds a call; IDs grow.
func (t *Table) Open(callID uint64, want int, key Key) {
	p := &pending{id: callID, key: key, want: want}
	t.calls[key] = p
	t.open = append(t.open, p)
}

// Len is the number of open calls.
func (t *Table) Len() int { return len(t.open) }

// First is the request of the oldest open call.
func (t *Table) First() (Key, bool) {
	if len(t.open) == 0 {
		return Key{}, false
	}
	return t.open[0].key, true
}

// Oldest is the call that has been open for longest, and whose answers it waits
// for: nobody's while it is not known who may answer.
func (t *Table) Oldest() (callID uint64, waits []id.Address, ok bool) {
	if len(t.open) == 0 {
		return 0, nil, false
	}
	p := t.open[0]
	for i, m := range p.members {
		if p.outcomes[i] == Waiting {
			waits = append(waits, m.Proc)
		}
	}
	return p.id, waits, true
}

// Known reports whether the members that may answer key are known, as those of
// view of or of a later one.
func (t *Table) Known(key Key, of uint64) bool {
	p := t.calls[key]
	return p == nil || (p.known && of <= p.of)
}

// Expect says which members may answer key, which is delivered in view of. A later
// view than was known makes void what was answered: that delivery is lost.
func (t *Table) Expect(key Key, of uint64, members []view.GroupMember) {
	p := t.calls[key]
	if p == nil || (p.known && of <= p.of) {
		return
	}
	if p.known {
		p.got = 0
		t.events(Event{ID: p.id, Outcome: Void})
	}
	p.known, p.of, p.members, p.outcomes = true, of, members, make([]Outcome, len(members))
	t.finish(p)
}

// Answer takes a member's reply to a request delivered in view of. What nobody
// waits for is dropped, and all but the first of one member, and what was answered
// to a delivery that is lost.
func (t *Table) Answer(key Key, of uint64, member id.Address, null bool, body []byte) {
	p := t.calls[key]
	if p == nil || !p.known || of != p.of {
		return
	}
	o := Replied
	if null {
		o, body = Null, nil
	}
	t.settle(p, member, o, body)
}

func (t *Table) settle(p *pending, member id.Address, o Outcome, body []byte) {
	i := slices.IndexFunc(p.members, func(m view.GroupMember) bool { return m.Proc == member })
	if i < 0 || p.outcomes[i] != Waiting {
		return
	}
	p.outcomes[i] = o
	if o == Replied {
		p.got++
	}
	t.events(Event{ID: p.id, Member: member, Outcome: o, Body: body})
	t.finish(p)
}

// finish ends the call if it has what it wants or can get no more.
func (t *Table) finish(p *pending) {
	if p.want != All && p.got >= p.want {
		t.end(p, Complete)
		return
	}
	if slices.Contains(p.outcomes, Waiting) {
		return
	}
	if p.want == All && p.got > 0 {
		t.end(p, Complete)
		return
	}
	t.end(p, Nobody)
}

func (t *Table) end(p *pending, e End) {
	delete(t.calls, p.key)
	if i, ok := slices.BinarySearchFunc(t.open, p.id, func(q *pending, id uint64) int {
		switch {
		case q.id < id:
			return -1
		case q.id > id:
			return 1
		}
		return 0
	}); ok {
		t.open = slices.Delete(t.open, i, i+1)
	}
	t.events(Event{ID: p.id, End: e})
}

// Keep fails the members for which stays is false, in all open calls. Who left
// and came back is another member, and knows nothing of the request.
func (t *Table) Keep(stays func(view.GroupMember) bool) {
	for _, p := range slices.Clone(t.open) {
		for i, m := range p.members {
			if p.outcomes[i] == Waiting && !stays(m) {
				t.settle(p, m.Proc, Failed, nil)
			}
		}
	}
}

// Fail ends the call of a request.
func (t *Table) Fail(key Key, e End) {
	if p := t.calls[key]; p != nil {
		t.end(p, e)
	}
}

// Cancel ends one call: its caller has given up.
func (t *Table) Cancel(callID uint64) {
	for _, p := range t.open {
		if p.id == callID {
			t.end(p, Cancelled)
			return
		}
	}
}

// EndAll ends all calls.
func (t *Table) EndAll(e End) {
	for _, p := range slices.Clone(t.open) {
		t.end(p, e)
	}
}
