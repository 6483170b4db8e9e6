package gms

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// What is numbered for processes of a site is remembered until the site says that
// they were given it; beyond the bound nothing more is numbered for it.
func TestOwedUntilTaken(t *testing.T) {
	v := &view.Site{Seq: 1, Members: []view.Member{{Site: 1}, {Site: 2}, {Site: 3}}}
	d, index := newDirectory(), uint64(0)
	apply := func(op msg.Op) []List {
		index++
		_, lists := d.apply(&msg.Entry{Index: index, Ops: []msg.Op{op}}, v)
		return lists
	}
	from, to, other := id.Process(1, 1), id.Process(2, 1), id.Process(3, 1)
	num := uint64(0)
	cast := func(to id.Address) int {
		num++
		return len(apply(msg.Op{Kind: msg.OpList, Proc: from, List: &msg.List{Num: num, Dests: []msg.ListDest{{Dest: to}}}}))
	}
	for i := range maxOwed {
		if cast(to) != 1 {
			t.Fatalf("cast %d has no number", i)
		}
	}
	if cast(to) != 0 {
		t.Error("more than the bound are numbered for a site that says nothing")
	}
	if cast(other) != 1 {
		t.Error("a site that says nothing stops casts to another")
	}
	snapshot := d.remembered()
	apply(msg.Op{Kind: msg.OpTaken, Proc: to, Index: 10})
	if list := d.owed(2); len(list) != maxOwed-10 || list[0].Number != 11 || list[0].Num != 11 || list[0].Dests[0].Dest != to {
		t.Errorf("%d casts are owed after 10 were taken", len(list))
	}
	if cast(to) != 1 {
		t.Error("a site that has taken some is numbered nothing")
	}
	late := newDirectory()
	late.marks = snapshot
	if list := late.Owed(2); len(list) != maxOwed || list[0].Number != 1 || list[maxOwed-1].Number != maxOwed {
		t.Error("a snapshot changes with the directory it was taken of")
	}
	late.apply(&msg.Entry{Index: 1, Ops: []msg.Op{{Kind: msg.OpList, Proc: from, List: &msg.List{Num: num + 1, Dests: []msg.ListDest{{Dest: other}}}}}}, v)
	if list := d.Owed(3); len(list) != 1 || list[0].Num != maxOwed+2 {
		t.Error("the directory changes with a snapshot taken of it")
	}
}

// Who is far from the coordinator repeats a cast to a list until it hears that it has
// a number. What came again, off the wire and so in other memory, is not put into the log again.
func TestListRepeated(t *testing.T) {
	n := world(t, 3)
	from, to := id.Process(2, 1), id.Process(3, 1)
	const casts = 3
	submit := func() {
		m := &msg.Submit{}
		for i := range uint64(casts) {
			m.Ops = append(m.Ops, msg.Op{Kind: msg.OpList, Proc: from, List: &msg.List{Num: i + 1, Dests: []msg.ListDest{{Dest: to}}}})
		}
		n.do(1, func(l *Log, fx *effect.Effects) []Applied { return l.Received(n.now, 2, m, fx) })
	}
	n.do(1, func(l *Log, fx *effect.Effects) []Applied { // something is under way
		l.Submit(n.now, []msg.Op{{Kind: msg.OpJoin, Proc: id.Process(1, 1), Name: "A"}}, fx)
		return nil
	})
	pairs := [][2]id.Site{{1, 2}, {2, 1}, {1, 3}, {3, 1}}
	submit()
	submit() // while they wait
	n.one(1, 2)
	n.one(2, 1) // the first entry is decided, and the next proposed
	if p := n.logs[1].proposal; p == nil || len(p.Ops) != casts {
		t.Fatalf("proposed is %v", p)
	}
	submit() // while they are proposed
	n.all(pairs...)
	submit() // when they are decided
	n.all(pairs...)
	ops := 0
	for _, e := range n.logs[1].kept {
		for _, op := range e.Ops {
			if op.Kind == msg.OpList {
				ops++
			}
		}
	}
	if lists := n.logs[1].dir.Lists(); ops != casts || lists != casts {
		t.Errorf("%d casts are %d operations in the log, and %d have a number", casts, ops, lists)
	}
	if len(n.logs[1].queued) != 0 {
		t.Errorf("%d operations are taken to wait", len(n.logs[1].queued))
	}
}
