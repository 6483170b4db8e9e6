package gms

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

type net struct {
	t    *testing.T
	logs map[id.Site]*Log
	q    map[[2]id.Site][]msg.Message
	now  effect.Time
	done map[id.Site][]Applied
}

func (n *net) do(s id.Site, f func(l *Log, fx *effect.Effects) []Applied) {
	fx := &effect.Effects{Tracing: true}
	n.done[s] = append(n.done[s], f(n.logs[s], fx)...)
	a, _ := n.logs[s].Advance(n.now, fx)
	n.done[s] = append(n.done[s], a...)
	for _, x := range fx.Sends {
		k := [2]id.Site{s, x.To}
		n.q[k] = append(n.q[k], x.Msg)
	}
}
func (n *net) tick(s id.Site) { n.do(s, func(*Log, *effect.Effects) []Applied { return nil }) }

// one delivers the next message from a to b.
func (n *net) one(a, b id.Site) {
	k := [2]id.Site{a, b}
	if len(n.q[k]) == 0 {
		n.t.Fatalf("nothing from %v to %v", a, b)
	}
	m := n.q[k][0]
	n.q[k] = n.q[k][1:]
	if n.logs[b] == nil {
		return
	}
	n.do(b, func(l *Log, fx *effect.Effects) []Applied { return l.Received(n.now, a, m, fx) })
}

func (n *net) all(pairs ...[2]id.Site) {
	for again := true; again; {
		again = false
		for _, p := range pairs {
			for len(n.q[p]) > 0 {
				n.one(p[0], p[1])
				again = true
			}
		}
	}
}

func world(t *testing.T, k int) *net {
	n := &net{t: t, logs: map[id.Site]*Log{}, q: map[[2]id.Site][]msg.Message{}, done: map[id.Site][]Applied{}, now: 1}
	v := &view.Site{Seq: 1}
	for i := 1; i <= k; i++ {
		v.Members = append(v.Members, view.Member{Site: id.Site(i), Name: string(rune('a' + i)), Weight: 1})
	}
	for i := 1; i <= k; i++ {
		l := New(v.Members[i-1], Config{Patience: 3 * effect.Second, Gather: 100 * effect.Millisecond, Retry: 10 * effect.Millisecond})
		l.view, l.index, l.system = v, 1, 7
		l.promised = firstBallot(v)
		n.logs[id.Site(i)] = l
	}
	return n
}

// O=1 L=2 X=3 Y=4 Z=5. O is cut off from X and Y only.
func TestTwoDecisions(t *testing.T) {
	n := world(t, 5)
	sus := func(by id.Site) {
		n.do(by, func(l *Log, fx *effect.Effects) []Applied { l.Suspect(n.now, 1, msg.Timeout, fx); return nil })
	}
	sus(3)
	sus(4)
	n.one(3, 5)
	n.one(4, 5) // Accuse to Z
	n.one(3, 4)
	n.one(4, 3)
	n.one(3, 2)
	n.one(4, 2) // L: convicted by X and Y: Prepare(1,L)
	n.one(2, 5) // Prepare at Z
	n.one(2, 3) // at X
	n.one(2, 4) // at Y
	n.one(5, 2) // Promise Z
	// O proposes an op at ballot 0; Z has promised L.
	n.do(1, func(l *Log, fx *effect.Effects) []Applied {
		l.Submit(n.now, []msg.Op{{Kind: msg.OpJoin, Proc: id.Process(1, 1), Name: "A"}}, fx)
		return nil
	})
	n.one(2, 1)                                       // O hears L's Prepare: Nack Alive
	n.q[[2]id.Site{1, 2}] = n.q[[2]id.Site{1, 2}][:1] // keep Propose only: the Nack stays behind (would only step L down)
	n.one(1, 5)
	n.one(5, 1) // Nack promised round 1
	n.now += 20 * effect.Millisecond
	n.tick(1) // Prepare(2,O)
	for len(n.q[[2]id.Site{1, 2}]) > 0 {
		n.one(1, 2)
	}
	for len(n.q[[2]id.Site{1, 5}]) > 0 {
		n.one(1, 5)
	}
	n.one(3, 2) // Promise of X for (1,L), late: L is elected although it has promised (2,O)
	n.do(2, func(l *Log, fx *effect.Effects) []Applied {
		l.Submit(n.now, []msg.Op{{Kind: msg.OpJoin, Proc: id.Process(2, 1), Name: "B"}}, fx)
		return nil
	})
	if n.logs[2].leading {
		t.Fatal("who has promised a higher ballot leads with its own")
	}
	var pairs [][2]id.Site
	for a := id.Site(1); a <= 5; a++ {
		for b := id.Site(1); b <= 5; b++ {
			if cut := min(a, b) == 1 && (max(a, b) == 3 || max(a, b) == 4); a != b && !cut {
				pairs = append(pairs, [2]id.Site{a, b})
			}
		}
	}
	for range 100 {
		n.all(pairs...)
		n.now += 10 * effect.Millisecond
		n.tick(1)
		n.tick(2)
	}
	if n.logs[5].index < 2 {
		t.Error("nothing was decided")
	}
	o, two := n.logs[1], n.logs[2]
	if o.index == two.index && o.hash != two.hash {
		t.Errorf("entry %d is %v at the oldest and %v at the other: two decisions", o.index, o.kept[0].Ops, two.kept[0].Ops)
	}
}

func TestAloneCannotLeave(t *testing.T) {
	for k := 1; k <= 2; k++ {
		n := world(t, k)
		n.do(1, func(l *Log, fx *effect.Effects) []Applied {
			l.Submit(n.now, []msg.Op{{Kind: msg.OpDepart, Proc: id.Process(1, 0)}}, fx)
			return nil
		})
		for range 50 {
			n.now += effect.Second
			n.tick(1)
			n.all([2]id.Site{1, 2}, [2]id.Site{2, 1})
		}
		if n.logs[1].view.Has(1) {
			t.Errorf("%d sites: the oldest has asked to leave for 50 s and is still in: %v", k, n.logs[1])
		}
	}
}

// A=1 crashed after its Commit (adding J=3) reached B=2 and before its Snapshot reached J.
func TestJoinerMissesPrepare(t *testing.T) {
	n := world(t, 3)
	j := New(view.Member{Site: 3, Name: "d", Weight: 1}, Config{Patience: 3 * effect.Second, Gather: 100 * effect.Millisecond, Retry: 10 * effect.Millisecond})
	n.logs[3] = j
	n.do(2, func(l *Log, fx *effect.Effects) []Applied { l.Suspect(n.now, 1, msg.Crash, fx); return nil })
	for range 20 {
		n.now += effect.Second
		n.do(2, func(l *Log, fx *effect.Effects) []Applied { // J asks again
			return l.Received(n.now, 3, &msg.Join{Member: j.me}, fx)
		})
		n.all([2]id.Site{2, 3}, [2]id.Site{3, 2})
		n.tick(3)
		if j.view != nil {
			n.do(3, func(l *Log, fx *effect.Effects) []Applied { l.Suspect(n.now, 1, msg.Crash, fx); return nil })
		}
		n.all([2]id.Site{2, 3}, [2]id.Site{3, 2})
	}
	if n.logs[2].view.Has(1) {
		t.Errorf("the dead site is still in after 20 s:\n%v\n%v", n.logs[2], j)
	}
}

// J asks C=1 and D=4, is added, crashes, is removed; D stood still meanwhile, and now passes J's wish on.
func TestResurrected(t *testing.T) {
	n := world(t, 4)
	jm := view.Member{Site: 9, Name: "j", Addr: "x", Weight: 1}
	pairs := [][2]id.Site{{1, 2}, {2, 1}, {1, 3}, {3, 1}, {2, 3}, {3, 2}}
	n.do(1, func(l *Log, fx *effect.Effects) []Applied { return l.Received(n.now, 9, &msg.Join{Member: jm}, fx) })
	n.all(pairs...)
	n.do(1, func(l *Log, fx *effect.Effects) []Applied { l.Suspect(n.now, 9, msg.Crash, fx); return nil })
	n.all(pairs...)
	if n.logs[1].view.Has(9) {
		t.Fatal("not removed")
	}
	n.do(4, func(l *Log, fx *effect.Effects) []Applied { return l.Received(n.now, 9, &msg.Join{Member: jm}, fx) })
	n.all(append(pairs, [2]id.Site{1, 4}, [2]id.Site{4, 1})...)
	if n.logs[1].view.Has(9) {
		t.Error("a removed site is back; settlePeers at sites that forgot it dereferences nil")
	}
}
