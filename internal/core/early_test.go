package core

import (
	"testing"

	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
)

// smallest are as many of the smallest casts as a window permits.
var smallest = flow.Window / msg.Weight(1, len(smallestCast()))

func smallestCast() []byte { return msg.AppendCast(nil, nil) }

// delivered counts the casts among items.
func delivered(items []Item) (n int) {
	for _, i := range items {
		if c, ok := i.(Casts); ok {
			n += int(c.Run.N)
		}
	}
	return n
}

// The others have installed a view, use their windows up with the smallest casts, each
// in a message of its own, and acknowledge each; the word to install it comes last.
func TestFullWindowsBeforeTheView(t *testing.T) {
	const senders = 3
	l, proc, group := founded(t)
	l.other("g")
	var ops []msg.Op
	for k := range senders - 1 {
		ops = append(ops, msg.Op{Kind: msg.OpJoin, Proc: id.Process(2, uint16(2+k)), Name: "g", Index: l.site.Index()})
	}
	l.hears(2, &msg.Submit{Ops: ops})
	v := l.site.Lookup("g")
	if len(v.Members) != 1+senders {
		t.Fatalf("the view is %v", v)
	}
	var msgs []msg.Message
	for k := range uint64(smallest) {
		held := []uint64{0, k + 1, k + 1, k + 1}
		for s := range uint16(senders) {
			run := &msg.Run{First: k + 1, N: 1, Order: msg.FIFO, Body: smallestCast()}
			msgs = append(msgs,
				&msg.Data{Group: group, View: v.Index, Sender: 1 + s, Run: run},
				&msg.Ack{Group: group, View: v.Index, From: 1 + s, Held: held, Used: held, Wanted: k == 7})
		}
	}
	if halted(l.hears(2, msgs...)) {
		t.Fatal("who lacks one message halts for what others send in their windows")
	}
	m := l.site.groups.find(group, proc)
	if n := len(m.early.list); n != senders*(smallest+2) {
		t.Errorf("%d messages are kept of %d", n, len(msgs))
	}
	var items []Item
	for _, gm := range v.Members[1:] {
		items = append(items, l.hears(2, &msg.FlushOK{Group: group, Attempt: v.Index, From: gm.Proc})...)
	}
	if n := delivered(items); n != senders*smallest {
		t.Errorf("%d of %d casts are delivered once the view is installed", n, senders*smallest)
	}
	if len(m.early.list) != 0 || m.early.size != 0 {
		t.Errorf("%d messages are kept still, of size %d", len(m.early.list), m.early.size)
	}
	if used := m.cur.stable.Unused(1, uint64(smallest)); len(used) != 1 || used[0] != m.cur.rank {
		t.Errorf("after the last acknowledgements %v have not used all", used)
	}
}

// Callers whose site has applied an entry that we lack use up their windows.
func TestFullWindowsBeforeTheLog(t *testing.T) {
	const callers = 2
	l, proc, group := founded(t)
	l.other("other")
	m := l.site.groups.find(group, proc)
	var msgs []msg.Message
	for k := range uint64(smallest) {
		for c := range uint16(callers) {
			msgs = append(msgs, &msg.Request{
				Index: l.site.Index() + 1, Dest: group, Relay: proc, Joined: m.joined, Caller: id.Process(2, 10+c),
				First: k + 1, N: 1, Order: msg.FIFO, Body: smallestCast(),
			})
		}
	}
	if halted(l.hears(2, msgs...)) {
		t.Fatal("who lacks an entry halts for what others ask in their windows")
	}
	got := 0
	for items, _ := l.does(Sync{ID: 1}); delivered(items) > 0; {
		got += delivered(items)
		var evs []Event
		for _, i := range items {
			if c, ok := i.(Casts); ok {
				evs = append(evs, Used{Proc: c.Proc, Group: c.Group, Since: c.Since, Items: 1})
			}
		}
		items, _ = l.does(evs...)
	}
	if got != callers*smallest {
		t.Errorf("%d of %d requests are delivered once the log has come so far", got, callers*smallest)
	}
	if len(l.site.early) != 0 || l.site.earlySize != 0 {
		t.Errorf("%d messages are kept still, of size %d", len(l.site.early), l.site.earlySize)
	}
}

// Beyond all windows what comes early is bounded by its size.
func TestEarlyIsBounded(t *testing.T) {
	body := msg.AppendCast(nil, make([]byte, flow.MaxBody-10))
	most := 2*flow.Early/len(body) + 1
	for name, before := range map[string]uint64{"view": 0, "log entry": 1} {
		l, _, group := founded(t)
		_, v := l.other("g")
		m := &msg.Data{Group: group, View: v.Index + before, Sender: 1, Run: &msg.Run{First: 1, N: 1, Order: msg.FIFO, Body: body}}
		msgs := make([]msg.Message, most)
		for i := range msgs {
			msgs[i] = m
		}
		if halted(l.hears(2, msgs[:most/2]...)) {
			t.Errorf("%s: halts at half of the bound", name)
		}
		if !halted(l.hears(2, msgs[most/2:]...)) {
			t.Errorf("%s: keeps %d MiB", name, most*len(body)>>20)
		}
	}
}
