package core

import (
	"fmt"
	"testing"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// What a site keeps of processes, sessions and groups that come and go must not grow with
// how many there have been.

// use has programs use the casts that they were delivered.
func (l *lone) use(items []Item) {
	for _, i := range items {
		if c, ok := i.(Casts); ok {
			l.does(Used{Proc: c.Proc, Group: c.Group, Since: c.Since, Items: int(c.Run.N)})
		}
	}
}

// pass has two processes be in a group for a while, and one of them cast there and then to
// another group that it is in.
func (l *lone) pass(t *testing.T, k int, proc, other, long id.Address) {
	t.Helper()
	name := fmt.Sprint("passing ", k)
	items, _ := l.does(JoinGroup{Proc: proc, Name: name}, JoinGroup{Proc: other, Name: name})
	group := find[Joined](t, items).Group
	items, _ = l.does(note(proc, group, msg.Causal))
	more, _ := l.does(note(proc, long, msg.Causal))
	l.use(append(items, more...))
	l.does(LeaveGroup{Proc: other, Group: group}, LeaveGroup{Proc: proc, Group: group})
}

// The view of a group may last for ever while its member passes through others.
func TestGroupsThatWereNamedAreForgotten(t *testing.T) {
	l, proc, long := founded(t)
	for k := range 100 {
		l.pass(t, k, proc, id.Process(1, 2), long)
	}
	if n := len(l.site.groups.find(long, proc).cur.told); n > 2+maxStale {
		t.Errorf("%d groups are known to have been named, most of them gone", n)
	}
}

// What a cast named and the process still carries is not named again.
func TestGroupsAreNamedOnce(t *testing.T) {
	deps := func(upto uint64) (list []msg.Dep) {
		for k := range upto {
			list = append(list, msg.Dep{Group: id.Group(1+k, 1), View: 1})
		}
		return list
	}
	c := new(installed)
	if n := len(c.untold(deps(2 * maxStale))); n != 2*maxStale {
		t.Errorf("%d are named of %d", n, 2*maxStale)
	}
	if n := len(c.untold(deps(3))); n != 0 || len(c.told) != 3 {
		t.Errorf("of 3 that were named %d are again, and %d are remembered", n, len(c.told))
	}
	if n := len(c.untold(deps(4))); n != 1 {
		t.Errorf("%d are named of 1", n)
	}
}

// visit has a process open a session, ask something in it and close it.
func (l *lone) visit(t *testing.T, p, group id.Address) {
	t.Helper()
	l.does(OpenSession{Proc: p, Dest: group, Next: 1, Holder: p})
	ask := note(p, group, msg.Total)
	ask.InSession = true
	items, _ := l.does(ask, CloseSession{Proc: p, Dest: group})
	find[SessionEnded](t, items)
	l.use(items)
}

// A session leaves nothing at its client's site, though every step looks through what
// processes there know of groups, nor at the members, who tell those that join what they
// have seen.
func TestSessionsLeaveNothing(t *testing.T) {
	l, _, group := founded(t)
	for k := range 100 {
		l.visit(t, id.Process(1, uint16(2+k)), group)
	}
	l.now += l.site.cfg.Retry
	l.does() // what the last one knows of the group has been asked about
	if ps := &l.site.pasts; len(ps.list) != 1 || len(ps.byProc) != 1 || len(ps.asking) > 0 {
		t.Errorf("%d pasts are left, %d that ask", len(ps.list), len(ps.asking))
	}
	if m := l.site.groups.list[0]; len(m.seen) > 0 || len(l.site.outside.list) > 0 {
		t.Errorf("%d clients are remembered as seen, %d as asking", len(m.seen), len(l.site.outside.list))
	}
}

// Nor does a process that answers what it is asked by its own address, or that is only
// asked for.
func TestAnswersLeaveNoPast(t *testing.T) {
	l, proc, _ := founded(t)
	for k := range 10 {
		to := id.Process(1, uint16(2+k))
		ask := note(proc, to, msg.Total)
		ask.Calls = []CallSpec{{ID: uint64(1 + k), Want: 1}}
		items, _ := l.does(ask)
		l.does(Answer{Proc: to, Request: find[Casts](t, items).Request(0), Body: []byte("y")})
	}
	if n := len(l.site.pasts.list); n != 1 {
		t.Errorf("%d pasts are left", n)
	}
}

// A process that goes on after its past was dropped casts with a later clock than before,
// and after the casts to lists that it knows of.
func TestAProcessThatGoesOn(t *testing.T) {
	l, proc, long := founded(t)
	other := id.Process(1, 2)
	group := func() id.Address {
		items, _ := l.does(JoinGroup{Proc: other, Name: "passing"})
		return find[Joined](t, items).Group
	}
	own := group()
	for range 5 {
		items, _ := l.does(note(other, own, msg.Causal))
		l.use(items)
	}
	items, _ := l.does(CastList{Proc: proc, ID: 1, Dests: []id.Address{long, other}, Body: msg.AppendCast(nil, []byte("x"))})
	l.use(items)
	before := *l.site.pasts.of(other)
	l.does(LeaveGroup{Proc: other, Group: own})
	l.now += l.site.cfg.Retry
	if l.does(); l.site.pasts.byProc[other] != nil {
		t.Fatal("what holds nothing is kept")
	}
	group()
	after := l.site.pasts.of(other)
	if before.clock < 5 || after.clock < before.clock || after.casts < before.casts {
		t.Errorf("its clock goes from %d to %d, what it made from %d to %d", before.clock, after.clock, before.casts, after.casts)
	}
	if i, ok := after.find(0); !ok || after.deps[i].View != 1 {
		t.Errorf("it knows of a cast to a list, and then of %v", after.deps)
	}
}

// A past stays as long as others may need what it says.
func TestPastsThatAreKept(t *testing.T) {
	for name, p := range map[string]*past{
		"member": {members: 1},
		"caller": {callers: make([]*caller, 1)},
		"reply":  {ahead: make([]*ahead, 1)},
		"answer": {program: program{answers: make([]given, 1)}},
		"cast":   {program: program{unseen: make([]*member, 1)}},
		"dep":    {asks: true},
	} {
		ps := newPasts()
		ps.list, ps.byProc[p.proc] = []*past{p}, p
		ps.doubt(p)
		if ps.drop(); len(ps.list) != 1 || ps.of(p.proc) != p {
			t.Errorf("%s: it is dropped", name)
		}
	}
}
