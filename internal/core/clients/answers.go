package clients

import (
	"slices"

	"github.com/cohortkit/cohort/internal/core/fifo"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// answers are what one member's program answered in one session.
type answers struct {
	list  []answer // by number
	bytes int
}

// answer is one of them, or room for it.
type answer struct {
	msg.Reply
	given bool
	asked uint64 // the view in which somebody asked again before it was given
}

func (a *answers) find(number uint64) (int, bool) {
	return slices.BinarySearchFunc(a.list, number, func(x answer, n uint64) int {
		switch {
		case x.Cast < n:
			return -1
		case x.Cast > n:
			return 1
		}
		return 0
	})
}

func (a *answers) expect(number uint64) {
	a.list = append(a.list, answer{Reply: msg.Reply{Cast: number}})
	a.bound()
}

// bound drops the oldest when there are too many: a client that keeps to the
// bounds has no use for them.
func (a *answers) bound() {
	for len(a.list) > flow.SessionCalls || (a.bytes > flow.SessionBytes && len(a.list) > 1) {
		a.drop(a.list[0].Cast)
	}
}

// drop forgets all up to a number.
func (a *answers) drop(upto uint64) {
	n := 0
	for n < len(a.list) && a.list[n].Cast <= upto {
		a.bytes -= len(a.list[n].Body)
		n++
	}
	a.list = fifo.Drop(a.list, n)
}

func (a *answers) give(r msg.Reply) (asked uint64) {
	i, ok := a.find(r.Cast)
	if !ok || a.list[i].given {
		return 0
	}
	x := &a.list[i]
	x.Reply, x.given = r, true
	a.bytes += len(r.Body)
	asked = x.asked
	a.bound()
	return asked
}

// forgetAskers: another speaks for the session, and will ask itself.
func (a *answers) forgetAskers() {
	for i := range a.list {
		a.list[i].asked = 0
	}
}

// Answered notes what our program answered to a call. It returns the view in
// which the client asked again meanwhile, or 0.
func (x *Session) Answered(r msg.Reply) (asked uint64) { return x.answers.give(r) }

// Again finds the answer to a call that the client repeats in a view. It is a
// null reply when nothing is known of one, and there is none yet when our
// program has yet to give it.
func (x *Session) Again(number, view uint64) (r msg.Reply, given bool) {
	i, ok := x.answers.find(number)
	switch {
	case !ok:
		return msg.Reply{Cast: number, Null: true}, true
	case !x.answers.list[i].given:
		x.answers.list[i].asked = view
		return msg.Reply{}, false
	}
	return x.answers.list[i].Reply, true
}

// Marks say how far each session has come: where a state is captured.
func (t *Table) Marks() (marks []msg.SessionReplies) {
	for _, x := range t.open {
		marks = append(marks, msg.SessionReplies{ID: x.ID, Last: x.Last})
	}
	return marks
}

// Most bytes that a session and an answer without its body take in a message.
const (
	sessionHead = 3 * 10
	answerHead  = 10 + 1 + 10
)

// Given are the answers that our program has given by now up to marks, in
// pieces of at most so many bytes; but an answer larger than that is a piece.
func (t *Table) Given(marks []msg.SessionReplies, most int) (pieces [][]msg.SessionReplies) {
	var piece []msg.SessionReplies
	size := 0
	cut := func() {
		pieces = append(pieces, piece)
		piece, size = nil, 0
	}
	for _, m := range marks {
		x := t.Session(m.ID)
		if x == nil {
			continue
		}
		if size+sessionHead > most && len(piece) > 0 {
			cut()
		}
		m.Items, size = nil, size+sessionHead
		for _, a := range x.answers.list {
			if !a.given || a.Cast > m.Last {
				continue
			}
			n := answerHead + len(a.Body)
			if size+n > most && len(piece)+len(m.Items) > 0 {
				if len(m.Items) > 0 {
					piece = append(piece, m)
				}
				cut()
				m.Items, size = nil, sessionHead
			}
			m.Items = append(m.Items, a.Reply)
			size += n
		}
		piece = append(piece, m)
	}
	if piece != nil {
		pieces = append(pieces, piece)
	}
	return pieces
}

// Learn takes what the donor's program answered to requests whose effects are
// in the state that ours was fed. What it had not answered ours never will.
func (t *Table) Learn(list []msg.SessionReplies) {
	for _, s := range list {
		x := t.Session(s.ID)
		if x == nil {
			continue
		}
		for _, r := range s.Items {
			if r.Cast <= x.Acked {
				continue
			}
			if i, ok := x.answers.find(r.Cast); !ok {
				x.answers.list = slices.Insert(x.answers.list, i, answer{Reply: r, given: true})
				x.answers.bytes += len(r.Body)
			} else if !x.answers.list[i].given {
				x.answers.give(r)
			}
		}
		x.answers.bound()
	}
	for _, s := range list {
		if x := t.Session(s.ID); x != nil {
			x.answers.close(s.Last)
		}
	}
}

// close gives null replies to what has none up to a number.
func (a *answers) close(upto uint64) {
	for i := range a.list {
		if x := &a.list[i]; x.Cast <= upto && !x.given {
			x.Reply, x.given = msg.Reply{Cast: x.Cast, Null: true}, true
		}
	}
}
