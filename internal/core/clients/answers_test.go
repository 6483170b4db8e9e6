package clients_test

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/clients"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/wire"
)

// answered is a table with one session for each list of sizes, whose requests have
// been given answers of those sizes.
func answered(sizes [][]int) *clients.Table {
	t := clients.Take(msg.SessionTable{})
	for k, list := range sizes {
		proc := id.Process(1, uint16(k+1))
		t.Speak(&msg.Session{Op: msg.SessionOpen, Proc: proc, Holder: proc})
		x := t.Of(proc)
		x.Next(uint64(len(list)), true)
		for i, n := range list {
			x.Answered(msg.Reply{Cast: uint64(i + 1), Body: make([]byte, n)})
		}
	}
	return t
}

// Whatever a group's sessions were answered, each piece of it fits a frame, and a
// joiner that is given all of them has the same answers.
func TestGivenFitsFrames(t *testing.T) {
	const reply = 1 << 20 // the largest
	repeat := func(n int, sizes ...int) (list [][]int) {
		for range n {
			list = append(list, sizes)
		}
		return list
	}
	for name, c := range map[string]struct {
		sizes  [][]int
		pieces int
	}{
		"nothing":                        {nil, 0},
		"no answers":                     {[][]int{{}}, 1},
		"one":                            {[][]int{{reply}}, 1},
		"a small one before":             {[][]int{{200_000, reply}}, 2},
		"a small one before, in another": {[][]int{{200_000}, {reply}}, 2},
		"small ones about it":            {[][]int{{}, {1, reply, 1}, {}}, 3},
		"as much as is kept":             {[][]int{{reply, reply, reply, reply}, {reply}}, 5},
		"many sessions before one":       {append(repeat(flow.Sessions-1), []int{reply}), 2},
		"many that are empty":            {repeat(flow.Sessions, make([]int, 16)...), 6},
	} {
		t.Run(name, func(t *testing.T) {
			table := answered(c.sizes)
			pieces := table.Given(table.Marks(), flow.MaxBody)
			if len(pieces) != c.pieces {
				t.Errorf("%d pieces, not %d", len(pieces), c.pieces)
			}
			joiner := clients.Take(table.State())
			var all []msg.SessionReplies
			for _, p := range pieces {
				m := &msg.XferReplies{Sessions: p}
				if _, _, err := wire.FrameParts(nil, &msg.Frame{Lane: msg.LaneBulk, Msgs: []msg.Message{m}}); err != nil || len(p) == 0 {
					t.Errorf("a piece of %d sessions: %v", len(p), err)
				}
				all = append(all, p...)
			}
			joiner.Learn(all)
			for k, list := range c.sizes {
				for i, n := range list {
					r, given := joiner.Session(uint64(k+1)).Again(uint64(i+1), 1)
					if !given || r.Null || len(r.Body) != n {
						t.Fatalf("answer %d of session %d has %d bytes, not %d; null: %v, given: %v", i+1, k+1, len(r.Body), n, r.Null, given)
					}
				}
			}
		})
	}
}
