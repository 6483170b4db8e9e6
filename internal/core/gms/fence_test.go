package gms

import (
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// acceptances are what 2 has sent 1 to say that it accepted.
func acceptances(n *net) (list []uint64) {
	for _, m := range n.q[[2]id.Site{2, 1}] {
		if a, ok := m.(*msg.Accept); ok {
			list = append(list, a.Index)
		}
	}
	return list
}

// A removal that came before the view it is proposed in is judged in that view,
// and accepted when the fence says so and not before.
func TestFenceOfAViewToCome(t *testing.T) {
	n := world(t, 3)
	var asked []uint64
	wait := 500 * effect.Millisecond
	n.logs[2].Guard(func(v *view.Site, _ msg.Removal) effect.Time {
		asked = append(asked, v.Seq)
		return max(0, wait-n.now)
	})
	give := func(m msg.Message) {
		n.do(2, func(l *Log, fx *effect.Effects) []Applied { return l.Received(n.now, 1, m, fx) })
	}
	remove := &msg.Entry{Index: 3, Remove: []msg.Removal{{Site: 3, Evidence: msg.Timeout, Accusers: []id.Site{1, 2}}}}
	give(&msg.Propose{Ballot: msg.Ballot{ViewSeq: 2, Owner: 1}, Entry: remove})
	if len(asked) > 0 {
		t.Errorf("asked in views %v before there was the one proposed in", asked)
	}
	give(&msg.Decided{Entries: []*msg.Entry{{Index: 2, Add: []view.Member{{Site: 4, Name: "x", Weight: 1}}}}})
	if len(asked) == 0 || slices.Min(asked) != 2 {
		t.Errorf("asked in views %v, want 2", asked)
	}
	if got := acceptances(n); got != nil || n.logs[2].MayBind(3) || !n.logs[2].MayBind(4) {
		t.Errorf("accepted %v; it may bind itself to 3: %t, to 4: %t", got, n.logs[2].MayBind(3), n.logs[2].MayBind(4))
	}
	n.now = wait
	n.tick(2)
	if got := acceptances(n); !slices.Equal(got, []uint64{3}) || n.logs[2].MayBind(4) {
		t.Errorf("accepted %v when it was free to; it may bind itself to 4: %t", got, n.logs[2].MayBind(4))
	}
}

// The coordinator's own vote waits as well. Others may decide without it.
func TestCoordinatorIsFenced(t *testing.T) {
	n := world(t, 3)
	n.logs[1].Guard(func(*view.Site, msg.Removal) effect.Time { return effect.Second })
	n.do(1, func(l *Log, fx *effect.Effects) []Applied { l.Suspect(n.now, 3, msg.Crash, fx); return nil })
	if n.logs[1].accepted != nil || n.logs[1].proposal == nil {
		t.Fatal("it should have proposed and not accepted")
	}
	n.one(1, 2) // the accusation
	n.one(1, 2)
	n.all([2]id.Site{2, 1})
	if n.logs[1].Index() != 1 {
		t.Fatal("one of three has decided")
	}
	n.all([2]id.Site{1, 3}, [2]id.Site{3, 1})
	if n.logs[1].Index() != 2 || n.logs[1].View().Has(3) {
		t.Error("two of three have not")
	}
}
