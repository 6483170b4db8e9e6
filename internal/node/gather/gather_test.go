package gather

import (
	"bytes"
	"testing"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/loan"
)

var (
	way   = Path{Proc: id.Process(1, 1), Dest: id.Process(2, 1)}
	total = Kind{Order: msg.Total}
	head  = Head{1, 2}
)

func payload(i int) []byte { return bytes.Repeat([]byte{byte(i)}, i%700) }

// size is what such a payload takes in a body.
func size(i int) int { return Size(payload(i)) }

// TestManyBecomeOne adds casts until no more fit, and finds them all in the event.
func TestManyBecomeOne(t *testing.T) {
	var g casts
	for range 3 { // the second time the room is there from the start
		g.path, g.kind = &way, total
		if g.takes(&way, total, size(0)) {
			t.Error("where no cast is open none can be added to it")
		}
		n := 0
		for ; n == 0 || g.takes(&way, total, size(n)); n++ {
			g.add(head, payload(n), size(n))
		}
		if int(g.n) != n || n < 100 {
			t.Errorf("%d casts are open of %d", g.n, n)
		}
		ev := g.close()
		if int(ev.N) != n || ev.Loan == nil || g.n != 0 {
			t.Errorf("the event has %d casts of %d, on loan %v; %d are left", ev.N, n, ev.Loan, g.n)
		}
		if ev.Proc != way.Proc || ev.Dest != way.Dest || ev.Order != total.Order || ev.Safe != total.Safe {
			t.Errorf("the event is of another path or kind: %+v", ev)
		}
		rest := ev.Body
		for i := range n {
			p, next, ok := msg.NextCast(rest)
			if !ok || !bytes.Equal(p, append([]byte{1, 2}, payload(i)...)) || len(rest)-len(next) != size(i) {
				t.Fatalf("cast %d is %v, %v", i, p, ok)
			}
			rest = next
		}
		ev.Loan.Return()
	}
}

// What is small is not worth a loan, what is larger than any block has none.
func TestLoansFitTheBody(t *testing.T) {
	for size, lent := range map[int]bool{10: false, loan.Least: true, 60_000: true, 300 << 10: true, loan.Largest: false} {
		g := casts{path: &way, kind: total}
		payload := make([]byte, size)
		g.add(head, payload, Size(payload))
		ev := g.close()
		if (ev.Loan != nil) != lent || len(ev.Body) != Size(payload) {
			t.Errorf("a cast of %d bytes is on loan: %v; its body has %d", size, ev.Loan != nil, len(ev.Body))
		}
	}
}

// What differs shares nothing.
func TestWhatMayShare(t *testing.T) {
	g := casts{path: &way, kind: total}
	g.add(head, nil, 3)
	again := way
	if !g.takes(&way, total, 3) || !g.takes(&again, total, 3) {
		t.Error("casts of one kind on one path do not share a run")
	}
	process, dest, window := way, way, way
	process.Proc, dest.Dest, window.Window = id.Process(1, 2), id.Process(2, 2), new(Window)
	for name, p := range map[string]Path{"of another process": process, "elsewhere": dest, "of another window": window} {
		if g.takes(&p, total, 3) {
			t.Errorf("a cast %s shares the run", name)
		}
	}
	for _, k := range []Kind{{Order: msg.Causal}, {Order: msg.Total, Safe: true}} {
		if g.takes(&way, k, 3) {
			t.Errorf("a cast of kind %+v shares the run", k)
		}
	}
}
