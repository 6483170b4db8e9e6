package core

import (
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
