package lease

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

const ms = effect.Millisecond

func sites(seq uint64, list ...id.Site) *view.Site {
	v := &view.Site{Seq: seq}
	for _, s := range list {
		v.Members = append(v.Members, view.Member{Site: s, Weight: 1})
	}
	return v
}

var silent = msg.Removal{Site: 3, Evidence: msg.Timeout}

// pair is a holder, 3, and a granter, 1, in a view of three.
func pair(cfg Config) (holder, granter *Lease) {
	holder, granter = New(cfg, 3), New(cfg, 1)
	for _, l := range []*Lease{holder, granter} {
		l.Clock(1000*ms, effect.Never)
		l.Install(sites(1, 1, 2, 3))
	}
	return holder, granter
}

func TestHolderCountsFromItsOwnHeartbeat(t *testing.T) {
	holder, granter := pair(Config{Grant: 900 * ms, Slack: 100 * ms})
	if holder.Until() != 0 {
		t.Errorf("a lease until %d before anybody granted one", holder.Until())
	}
	ask := holder.Beat(1000*ms, 1, false)
	granter.Clock(1400*ms, effect.Never)
	if !granter.Heard(3, ask) {
		t.Error("who has no grant of this view yet has to be answered at once")
	}
	grant := granter.Beat(1500*ms, 3, true)
	holder.Clock(1700*ms, effect.Never)
	holder.Heard(1, grant)
	if got := holder.Until(); got != 1900*ms { // its own vote and that of 1
		t.Errorf("a lease until %d, want 1900 ms", got/ms)
	}
	if got := granter.Fence(silent); got != (1400+900+100-1400)*ms {
		t.Errorf("the granter waits for %d ms, want 1000", got/ms)
	}
	granter.Clock(2400*ms, effect.Never)
	if got := granter.Fence(silent); got != 0 {
		t.Errorf("after all that it still waits for %d ms", got/ms)
	}
	holder.Pledge(1800*ms, &msg.Entry{Remove: []msg.Removal{silent}})
	if got := holder.Until(); got != 0 {
		t.Errorf("a lease until %d on the vote of one other", got)
	}
	if holder.Pledge(1810*ms, nil); holder.Until() != 1900*ms {
		t.Errorf("the entry gave way to another: a lease until %d, want 1900 ms", holder.Until()/ms)
	}
}

func TestWhoMayBeAViewBehindIsGivenTime(t *testing.T) {
	holder, granter := pair(Config{Grant: 900 * ms, Slack: 100 * ms})
	granter.Clock(5000*ms, effect.Never)
	granter.Install(sites(2, 1, 2, 3, 4))
	if got := granter.Fence(silent); got != 1000*ms {
		t.Errorf("it waits for %d ms, want 1000", got/ms)
	}
	if m := granter.Beat(5000*ms, 3, true); m.Grant != 0 {
		t.Error("a grant to who is not known to have installed the view")
	}
	holder.Install(sites(2, 1, 2, 3, 4))
	granter.Heard(3, holder.Beat(1100*ms, 1, false))
	if got := granter.Fence(silent); got != 0 {
		t.Errorf("it waits for %d ms for who came along and has no grant", got/ms)
	}
}

func TestWhoIsCertainlyGoneIsNotWaitedFor(t *testing.T) {
	for _, c := range []struct {
		evidence msg.Evidence
		wary     bool
		want     effect.Time
	}{
		{msg.Timeout, false, 1000 * ms},
		{msg.Crash, false, 0},
		{msg.Crash, true, 1000 * ms},
		{msg.Left, true, 0},
	} {
		_, granter := pair(Config{Grant: 900 * ms, Slack: 100 * ms, Wary: c.wary})
		if got := granter.Fence(msg.Removal{Site: 2, Evidence: c.evidence}); got != c.want {
			t.Errorf("%v, wary %t: it waits for %d ms, want %d", c.evidence, c.wary, got/ms, c.want/ms)
		}
	}
}

func TestClocks(t *testing.T) {
	c := Config{Grant: 1000 * ms, Drift: 200_000}
	if got, want := c.term(), 1000*ms*8/12; got != want {
		t.Errorf("with a drift of a fifth a holder counts on %d, want %d", got, want)
	}
	l := New(c, 1)
	l.Clock(1000*ms, 0)
	was := l.patient
	l.Clock(9000*ms, 1100*ms) // it was to be called 100 ms later
	if got := l.patient - was; got != 100*ms {
		t.Errorf("after a jump %d ms have passed, want 100", got/ms)
	}
	l.Clock(9010*ms, 9100*ms)
	if got := l.patient - was; got != 110*ms {
		t.Errorf("then %d ms, want 110", got/ms)
	}
}

func TestAloneIsAlwaysSure(t *testing.T) {
	l := New(Config{Grant: 900 * ms}, 1)
	l.Clock(1, 0)
	l.Install(sites(1, 1))
	if l.Until() != effect.Never {
		t.Errorf("the only site has a lease until %d", l.Until())
	}
	l.Install(sites(2, 1, 2)) // half, with the oldest
	if l.Until() != effect.Never {
		t.Errorf("the oldest of two has a lease until %d", l.Until())
	}
	none := New(Config{}, 1)
	none.Install(sites(1, 1))
	if none.Until() != 0 {
		t.Error("a lease where none are granted")
	}
}

func TestGate(t *testing.T) {
	g := Open()
	g.Turn(2)
	if g.Settled([]uint64{0, 0}) != 1 || g.Due() != 1 {
		t.Errorf("at first the state alone is due: %d of %d", g.Settled([]uint64{0, 0}), g.Due())
	}
	g.Hold(1, 5)
	g.Hold(0, 3)
	g.Hold(1, 9)
	for _, c := range []struct {
		done []uint64
		want uint64
	}{{[]uint64{0, 0}, 1}, {[]uint64{2, 4}, 1}, {[]uint64{2, 5}, 2}, {[]uint64{2, 8}, 2}, {[]uint64{3, 8}, 3}, {[]uint64{3, 9}, 4}} {
		if got := g.Settled(c.done); got != c.want {
			t.Errorf("with %v delivered %d are settled, want %d", c.done, got, c.want)
		}
	}
	g.Hold(0, 4)
	g.Turn(1)
	if got := g.Settled([]uint64{0}); got != 5 || g.Due() != 5 {
		t.Errorf("with the view all is settled: %d of %d", got, g.Due())
	}
	g.Close()
	g.Hold(0, 1)
	if g.Due() != Closed || Begin(g.Due()).May(Closed, Terms{Until: effect.Never}, 0) {
		t.Error("a closed gate lets a reader in")
	}
}

// Who stays after all serves reads again, and nothing that came meanwhile is
// forgotten.
func TestGateReopens(t *testing.T) {
	g := Open()
	g.Turn(1)
	g.Close()
	g.Hold(0, 5)
	if g.Due() != Closed || g.Settled([]uint64{5}) != 0 {
		t.Error("a closed gate serves readers")
	}
	g.Reopen()
	if due := g.Due(); due != 2 || g.Settled([]uint64{4}) != 1 || g.Settled([]uint64{5}) != 2 {
		t.Errorf("%d is due after one cast was held", due)
	}
}
