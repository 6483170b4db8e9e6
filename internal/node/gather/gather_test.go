package gather

import (
	"bytes"
	"testing"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/loan"
)

var one = core.Cast{Proc: id.Process(1, 1), Dest: id.Process(2, 1), Order: msg.Total}

func payload(i int) []byte { return bytes.Repeat([]byte{byte(i)}, i%700) }

// TestManyBecomeOne adds casts until no more fit, and finds them all in the event.
func TestManyBecomeOne(t *testing.T) {
	var g Casts
	for range 3 { // the second time the room is there from the start
		if g.Takes(&one, 0) {
			t.Error("where no cast is open none can be added to it")
		}
		n := 0
		for ; n == 0 || g.Takes(&one, 2+len(payload(n))); n++ {
			g.Add(&one, []byte{1, 2}, payload(n))
		}
		if g.Len() != n || n < 100 {
			t.Errorf("%d casts are open of %d", g.Len(), n)
		}
		ev := g.Close()
		if int(ev.N) != n || ev.Loan == nil || g.Len() != 0 {
			t.Errorf("the event has %d casts of %d, on loan %v; %d are left", ev.N, n, ev.Loan, g.Len())
		}
		rest := ev.Body
		for i := range n {
			p, next, ok := msg.NextCast(rest)
			if !ok || !bytes.Equal(p, append([]byte{1, 2}, payload(i)...)) {
				t.Fatalf("cast %d is %v, %v", i, p, ok)
			}
			rest = next
		}
		ev.Loan.Return()
	}
}

// What is small is not worth a loan, what is larger than any block has none.
func TestLoansFitTheBody(t *testing.T) {
	for size, lent := range map[int]bool{10: false, loan.Least: true, 60_000: true, loan.Largest: false, 1 << 20: false} {
		var g Casts
		g.Add(&one, []byte{1, 2}, make([]byte, size))
		ev := g.Close()
		if (ev.Loan != nil) != lent || len(ev.Body) != msg.CastSize(size+2) {
			t.Errorf("a cast of %d bytes is on loan: %v; its body has %d", size, ev.Loan != nil, len(ev.Body))
		}
	}
}

// Calls go with their casts, and what differs shares nothing.
func TestWhatMayShare(t *testing.T) {
	var g Casts
	asked := one
	asked.Calls = []core.CallSpec{{ID: 1, Want: 2}}
	g.Add(&asked, nil, nil)
	asked.Calls = []core.CallSpec{{ID: 2, Want: 2}}
	g.Add(&asked, nil, nil)
	safe, other, session := asked, asked, asked
	safe.Safe, other.Proc, session.InSession = true, id.Process(1, 2), true
	for name, c := range map[string]core.Cast{"without a call": one, "safe": safe, "of another process": other, "of a session": session} {
		if g.Takes(&c, 0) {
			t.Errorf("a cast %s shares the run", name)
		}
	}
	if ev := g.Close(); len(ev.Calls) != 2 || ev.Calls[1].ID != 2 {
		t.Errorf("calls %v", ev.Calls)
	}
}
