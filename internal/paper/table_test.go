package paper

import (
	"os"
	"strings"
	"testing"
)

// The costs that docs/PROTOCOL.md tells, of a group of n members and one site
// more, all of which vote. The actor is not the coordinator, which is why an
// entry of the log takes a Submit.
func TestCostsAreThoseOfTheDocument(t *testing.T) {
	entry := func(n int) int { return 3*n + 1 }
	flush := func(others int) int { return 4 * others }
	const depends, xfer = 2, 4 // DepAsk, DepDone; XferAsk, XferBegin, one block, XferEnd
	for _, c := range []struct {
		step step
		cost func(n int) int
	}{
		{causal, func(n int) int { return n - 1 }},
		{oldest, func(n int) int { return n - 1 }},
		{total, func(n int) int { return 2 * (n - 1) }},
		{barrier, func(n int) int { return n - 1 + entry(n) + flush(n-1) }},
		{callAll, func(n int) int { return 2*(n-1) + n - 1 }},
		{callClient, func(n int) int { return 1 + n - 1 + n + 1 }},
		{create, entry},
		{leave, func(n int) int { return entry(n) + flush(n-2) + depends }},
		{join, func(n int) int { return 2*entry(n) + flush(n) - 2 + flush(n) + xfer }}, // who is new has nothing to cut
		{read, func(int) int { return 0 }},
		{nothing, func(int) int { return 0 }},
	} {
		for n := 2; n <= 5; n++ {
			got, err := c.step.count(n)
			if err != nil {
				t.Fatal(err)
			}
			if want := c.cost(n); got.Frames != want {
				t.Errorf("%s of %d members takes %d frames, not %d: %v", c.step.name, n, got.Frames, want, got.Messages)
			}
		}
	}
	page, err := os.ReadFile("../../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"| FIFO, Causal cast | 1 | *m* data |",
		"| Total cast of the sequencer | 1 | *m* data |",
		"| Total cast of another | 2 | *m* data + *m* order record",
		"| Barrier cast | 1 + log entry + flush | *m* data + those two |",
		"| call, with the reply | +1 | 1 data for each answer",
		"| call from outside | +1 before the cast | 1 Request, 1 RequestHeld |",
		"| linearizable read of a member's own state | 0 | 0;",
		"| log entry, known coordinator | 3 (Propose, Accept, Commit) | 3(*s* − 1), +1 Commit for each site without a vote; +1 Submit",
		"| flush of one group | 4 (FlushOK, Cut, CutAck, Install), +1 if casts of the dead are forwarded | 4*m*",
		"| state transfer | 2 (XferAsk, XferBegin) + size, at most 8 MiB under way | four for each MiB",
	} {
		if !strings.Contains(string(page), line) {
			t.Errorf("docs/PROTOCOL.md does not say %q, which is what is counted here", line)
		}
	}
}

func TestTable(t *testing.T) {
	rows, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(tableI) {
		t.Fatalf("%d rows of %d", len(rows), len(tableI))
	}
	for _, r := range rows {
		if (r.Frames == 0) != (r.Step == nothing.name || r.Step == read.name) || (r.Frames == 0) != (r.Sent() == "") {
			t.Errorf("%+v", r)
		}
	}
	broken := step{"no such thing", "dance $me"}
	if _, err := broken.count(3); err == nil {
		t.Error("a step that cannot be told is counted")
	}
}
