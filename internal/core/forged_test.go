package core

import (
	"math"
	"testing"

	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
)

// What a peer may send that is well formed and cannot be: no site may end by it.

// hears has the site take messages from another, by a connection of their own.
func (l *lone) hears(from id.Site, msgs ...msg.Message) (items []Item) {
	conn := uint64(l.now)
	items, _ = l.does(
		Offered{Conn: conn, From: from, Addr: "b", System: l.site.System(), Lane: msg.LaneControl},
		&Frame{Conn: conn, From: from, Bytes: 100, Frame: &msg.Frame{Lane: msg.LaneControl, Index: l.site.Index(), Msgs: msgs}},
	)
	return items
}

// other has site 2, which has no vote, let in, and a process of it into group name.
func (l *lone) other(name string) (proc id.Address, v *view.Group) {
	proc = id.Process(2, 1)
	l.hears(2, &msg.Join{Member: view.Member{Site: 2, Name: "b", Addr: "b"}})
	l.hears(2, &msg.Submit{Ops: []msg.Op{{Kind: msg.OpJoin, Proc: proc, Name: name, Index: l.site.Index()}}})
	return proc, l.site.Lookup(name)
}

func halted(items []Item) bool {
	for _, i := range items {
		if _, ok := i.(Halted); ok {
			return true
		}
	}
	return false
}

// A site outside the view has no word in the log, whatever it sends.
func TestForgedEntries(t *testing.T) {
	l, proc, group := founded(t)
	next := &msg.Entry{Index: l.site.Index() + 1}
	removes := &msg.Entry{Index: next.Index, Remove: []msg.Removal{{Site: 1, Evidence: msg.Crash}}}
	for name, m := range map[string]msg.Message{
		"commit with another hash":  &msg.Commit{Entry: next, Hash: 1},
		"commit that removes us":    &msg.Commit{Entry: removes, Hash: 1},
		"decided that removes us":   &msg.Decided{Entries: []*msg.Entry{removes}},
		"commit that comes too far": &msg.Commit{Entry: &msg.Entry{Index: next.Index + 9}, Hash: 1},
	} {
		if halted(l.hears(99, m)) || l.site.Index() != next.Index-1 {
			t.Fatalf("%s: a stranger's is taken", name)
		}
	}
	items, _ := l.does(note(proc, group, msg.Total))
	find[Casts](t, items)
}

// Times of more ranks than the view has are of another view.
func TestForgedTimes(t *testing.T) {
	l, proc, group := founded(t)
	_, v := l.other("g")
	two := v.Members[1].Proc
	l.hears(2, &msg.FlushOK{Group: group, Attempt: v.Index, From: two})
	m := l.site.groups.find(group, proc)
	if m.cur.view.Index != v.Index {
		t.Fatalf("the view is %d, not %d", m.cur.view.Index, v.Index)
	}
	body := msg.AppendCast(nil, []byte("x"))
	long := []uint64{0, 0, 0, 1}
	l.hears(2, &msg.Request{
		Dest: group, Relay: proc, Joined: m.joined, Caller: id.Process(2, 9), First: 1, N: 1, Order: msg.FIFO, View: v.Index, Time: long, Body: body,
	})
	l.hears(2, &msg.Replies{
		Group: group, From: two, To: proc, Of: v.Index, View: v.Index, Time: long, Items: []msg.Reply{{View: v.Index, Cast: 1}},
	})
	for _, order := range []msg.Order{msg.Causal, msg.Total, msg.Barrier} {
		run := &msg.Run{First: 1, N: 1, Order: order, Safe: true, Time: long, Body: body}
		l.hears(2, &msg.Data{Group: group, View: v.Index, Sender: 1, Run: run})
		l.hears(2, &msg.Part{Group: group, View: v.Index, Sender: 1, Total: uint64(len(body)), Run: run})
	}
	l.hears(2, &msg.Part{ // of our own stream
		Group: group, View: v.Index, Sender: 0, Total: uint64(len(body)), Run: &msg.Run{First: 1, N: 1, Order: msg.FIFO, Body: body},
	})
	items, _ := l.does(note(proc, group, msg.FIFO))
	if got := find[Casts](t, items); got.Sender != proc || m.cur.sent != 1 {
		t.Errorf("the first cast delivered is %v of %v", got.Run, got.Sender)
	}
}

// A state that covers more ranks than there are is not the group's.
func TestForgedState(t *testing.T) {
	l, _, _ := founded(t)
	two, v := l.other("other")
	proc := id.Process(1, 1)
	l.does(JoinGroup{Proc: proc, Name: "other", Stateful: true})
	now := l.site.Lookup("other")
	if now.Index == v.Index || now.Rank(proc) != 1 {
		t.Fatalf("the view is %v", now)
	}
	l.hears(2, &msg.Install{Group: now.Group, Attempt: now.Index, For: now.Index, Settled: true})
	m := l.site.groups.find(now.Group, proc)
	items := l.hears(2, &msg.XferBegin{
		Group: now.Group, Joiner: proc, Donor: two, Xfer: m.loading.Xfer, View: now.Index, Counts: []uint64{0, 0, 1},
	})
	restore := find[Restore](t, items)
	l.hears(2, &msg.XferEnd{Group: now.Group, Joiner: proc, Xfer: restore.Xfer})
	l.does(Restored{Proc: proc, Group: now.Group, Xfer: restore.Xfer})
	if m.loading == nil {
		t.Error("such a state counts")
	}
}

// A report that does not say of each stream what is held is none.
func TestForgedReport(t *testing.T) {
	l, proc, group := founded(t)
	two, v := l.other("g")
	l.hears(2, &msg.FlushOK{Group: group, Attempt: v.Index, From: two})
	l.hears(2, &msg.Submit{Ops: []msg.Op{{Kind: msg.OpFlush, Group: group, Index: v.Index}}})
	next := l.site.Lookup("g")
	m := l.site.groups.find(group, proc)
	report := &msg.FlushOK{Group: group, Attempt: next.Index, From: two, View: v.Index, Held: []uint64{0}}
	l.hears(2, report)
	if reports, _ := m.coord.Missing(); len(reports) != 1 || reports[0] != two {
		t.Errorf("the attempt waits for reports of %v", reports)
	}
	report.Held = []uint64{0, 0}
	l.hears(2, report)
	if _, acks := m.coord.Missing(); len(acks) != 1 || acks[0] != two {
		t.Errorf("after a sound report it waits for %v to acknowledge", acks)
	}
}

// What is held of a caller's requests is no more than it has made.
func TestForgedHeld(t *testing.T) {
	l, proc, _ := founded(t)
	_, v := l.other("other")
	cast := note(proc, v.Group, msg.FIFO)
	cast.Calls = []CallSpec{{ID: 1, Want: 1}}
	l.does(cast)
	items := l.hears(2, &msg.RequestHeld{Dest: v.Group, Caller: proc, Of: v.Index, First: 0, Upto: math.MaxUint64})
	find[Freed](t, items)
	if c := l.site.outside.find(proc, v.Group); c.calls.Len() != 1 {
		t.Errorf("%d calls are open", c.calls.Len())
	}
}

// A snapshot with a group in which nobody holds the state is none of a directory.
func TestForgedSnapshot(t *testing.T) {
	me, group := view.Member{Site: 1, Name: "a", Addr: "a"}, id.Group(2, 0)
	for _, members := range [][]view.GroupMember{nil, {{Proc: id.Process(2, 1), Joined: 2}}} {
		l := &lone{site: New(Defaults(me)), now: 1}
		l.does(Contact{Site: 2, Addr: "b"})
		snapshot := &msg.Snapshot{
			System: 7, Index: 2, View: &view.Site{Seq: 1, Members: []view.Member{{Site: 2, Name: "b", Addr: "b", Weight: 1}, me}},
			Groups: []*view.Group{{Group: group, Name: "g", Index: 2, Members: members}},
		}
		l.hears(2, snapshot)
		l.does(note(id.Process(1, 1), group, msg.FIFO))
		if l.site.View() != nil {
			t.Errorf("a group of %v is taken", members)
		}
		snapshot.Groups[0].Members = []view.GroupMember{{Proc: id.Process(2, 1), Joined: 2, Ready: true}}
		l.hears(2, snapshot)
		if l.site.View() == nil {
			t.Error("a sound one is not")
		}
	}
}
