package twenty

import (
	"testing"
)

// TestHistory lets members answer while updates run, and checks every reply
// late, out of order, and falsified.
func TestHistory(t *testing.T) {
	table := changed(t, Cars(), 10)
	history := NewHistory(table)
	type asked struct {
		q      Query
		m, n   int
		reply  Reply
		digest uint64
	}
	var log []asked
	asker := NewAsker(9, 390)
	for i := range 1000 {
		u := asker.Update(table)
		if err := u.Apply(table); err != nil {
			t.Fatal(err)
		}
		if err := history.Append(u); err != nil {
			t.Fatal(err)
		}
		a := asked{q: asker.Query(table), m: i % 4, n: 4, digest: table.Digest()}
		if !a.q.Horizontal {
			a.m = table.Responsible(a.q, 4)
		}
		var ok bool
		if a.reply, ok = table.Reply(a.q, a.m, a.n); !ok {
			t.Fatalf("%v: member %d did not reply", a.q, a.m)
		}
		log = append(log, a)
	}
	if history.Version() != table.Version() {
		t.Fatalf("history ends at %d, table at %d", history.Version(), table.Version())
	}
	for i := range log {
		a := log[i^7] // near to order, not in order; 1000 is a multiple of 8
		if err := history.Check(a.q, a.m, a.n, a.reply); err != nil {
			t.Fatal(err)
		}
		at, err := history.At(a.reply.Version)
		if err != nil || at.Digest() != a.digest || at.Version() != a.reply.Version {
			t.Fatalf("version %d is not as it was: %v", a.reply.Version, err)
		}
		wrong := a.reply
		wrong.Matches++
		if err := history.Check(a.q, a.m, a.n, wrong); !sameType(err, new(WrongReplyError)) {
			t.Fatalf("%v for %v passed: %v", wrong, a.reply, err)
		}
		if a.q.Horizontal {
			continue
		}
		if err := history.Check(a.q, (a.m+1)%4, a.n, a.reply); !sameType(err, new(WrongReplyError)) {
			t.Fatalf("a reply from the wrong member passed: %v", err)
		}
	}
	if _, err := history.At(10); err != nil {
		t.Error(err)
	}
	for _, version := range []uint64{9, 1011} {
		if err := history.Check(log[0].q, 0, 4, Reply{Version: version}); !sameType(err, new(UnknownVersionError)) {
			t.Errorf("version %d: %v", version, err)
		}
	}
}

// TestHistoryStaleReply finds a member that missed one update.
func TestHistoryStaleReply(t *testing.T) {
	table := Paper()
	history := NewHistory(table)
	q := parse(t, table, "*price > 9000")
	stale, _ := table.Reply(q, 4, 5)
	if err := history.Append(SetCells(4, Cell{Column: 3, Value: Number(1)})); err != nil {
		t.Fatal(err)
	}
	if err := history.Check(q, 4, 5, stale); err != nil {
		t.Errorf("right at its version, but: %v", err)
	}
	stale.Version++
	const want = "twenty: member 4 of 5 replied to *price > 9000: yes (2 of 2 rows, version 1); " +
		"right is sometimes (1 of 2 rows, version 1)"
	if err := history.Check(q, 4, 5, stale); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %v", err, want)
	}
}

// TestHistoryCheckAll judges the replies of all members at once.
func TestHistoryCheckAll(t *testing.T) {
	table := Cars()
	history := NewHistory(table)
	asker := NewAsker(4, 406)
	for range 200 {
		u := asker.Update(table)
		if err := u.Apply(table); err != nil {
			t.Fatal(err)
		}
		if err := history.Append(u); err != nil {
			t.Fatal(err)
		}
		q := asker.Query(table)
		q.Horizontal = true
		replies := make([]Reply, 3)
		for m := range replies {
			replies[m], _ = table.Reply(q, m, len(replies))
		}
		if err := history.CheckAll(q, replies); err != nil {
			t.Fatal(err)
		}
		replies[2].Rows++
		if err := history.CheckAll(q, replies); !sameType(err, new(WrongReplyError)) {
			t.Fatalf("%v passed: %v", replies, err)
		}
		replies[1].Version--
		if err := history.CheckAll(q, replies); !sameType(err, new(VersionsError)) {
			t.Fatalf("%v passed: %v", replies, err)
		}
		replies[0].Version = 1000
		if err := history.CheckAll(q, replies); !sameType(err, new(UnknownVersionError)) {
			t.Fatalf("%v passed: %v", replies, err)
		}
	}
	if err := history.CheckAll(Query{}, nil); err != nil {
		t.Error(err)
	}
}

func TestHistoryRefusesUpdate(t *testing.T) {
	history := NewHistory(Paper())
	if err := history.Append(DeleteRow(99)); !sameType(err, new(RowError)) || history.Version() != 0 {
		t.Errorf("version %d, %v", history.Version(), err)
	}
	if err := history.Append(DeleteRow(9)); err != nil || history.Version() != 1 {
		t.Errorf("version %d, %v", history.Version(), err)
	}
}

func BenchmarkHistoryCheck(b *testing.B) {
	table := Cars()
	history := NewHistory(table)
	q := parse(b, table, "*mpg > 20")
	asker := NewAsker(1, 406)
	for b.Loop() {
		u := asker.Update(table)
		if err := u.Apply(table); err != nil {
			b.Fatal(err)
		}
		if err := history.Append(u); err != nil {
			b.Fatal(err)
		}
		r, _ := table.Reply(q, 1, 5)
		if err := history.Check(q, 1, 5, r); err != nil {
			b.Fatal(err)
		}
	}
}
