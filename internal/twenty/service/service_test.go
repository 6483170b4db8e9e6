package service

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/twenty"
)

// world is a service in this process, over loopback.
type world struct {
	t       *testing.T
	ctx     context.Context
	nodes   []*cohort.Node
	members []*Member
	views   chan cohort.View // of all members
	client  *Client
}

func newWorld(t *testing.T, members int) *world {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	w := &world{t: t, ctx: ctx, views: make(chan cohort.View, 1000)}
	t.Cleanup(w.close)
	for range members {
		w.join()
	}
	node, err := cohort.Start(ctx, cohort.Config{Seeds: w.seeds(), NoVote: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	if w.client, err = Dial(ctx, node); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) seeds() (list []string) {
	for _, n := range w.nodes {
		if n != nil {
			list = append(list, n.Addr())
		}
	}
	return list
}

// join adds a member and waits until it is ready.
func (w *world) join() *Member {
	w.t.Helper()
	node, err := cohort.Start(w.ctx, cohort.Config{Seeds: w.seeds()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.nodes = append(w.nodes, node)
	m, err := Serve(w.ctx, node, Config{Table: twenty.Cars(), OnView: func(v cohort.View) { w.views <- v }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.members = append(w.members, m)
	return m
}

// crash ends a member as kill -9 would.
func (w *world) crash(i int) {
	w.t.Helper()
	if err := w.nodes[i].Close(); err != nil {
		w.t.Fatal(err)
	}
	w.nodes[i], w.members[i] = nil, nil
}

func (w *world) close() {
	for _, n := range w.nodes {
		if n != nil {
			_ = n.Close()
		}
	}
}

// ready waits until a view has so many ready members.
func (w *world) ready(n int) {
	w.t.Helper()
	for {
		select {
		case v := <-w.views:
			if len(v.Members) == n && len(v.Ready()) == n {
				return
			}
		case <-w.ctx.Done():
			w.t.Fatalf("no view with %d ready members", n)
		}
	}
}

func (w *world) parse(text string) twenty.Query {
	w.t.Helper()
	q, err := twenty.ParseQuery(twenty.Cars().Schema(), text)
	if err != nil {
		w.t.Fatal(err)
	}
	return q
}

// ask asks and compares the answer with a table.
func (w *world) ask(text string, table *twenty.Table) Answer {
	w.t.Helper()
	q := w.parse(text)
	a, err := w.client.Ask(w.ctx, q)
	if err != nil {
		w.t.Fatalf("%v: %v", q, err)
	}
	if a.Version != table.Version() {
		w.t.Errorf("%v: answered from version %d, want %d", q, a.Version, table.Version())
	}
	for _, p := range a.Parts {
		if err := twenty.NewHistory(table).Check(q, p.Member, p.Of, p.Reply); err != nil {
			w.t.Error(err)
		}
	}
	return a
}

func TestQuestionsAreDivided(t *testing.T) {
	w := newWorld(t, 4)
	w.ready(4)
	table := twenty.Cars()
	for col, name := range table.Schema().Names() {
		value := "1970"
		if table.Schema().Column(col).Kind == twenty.KindString {
			value = "ford"
		}
		a := w.ask(name+" != "+value, table)
		if len(a.Parts) != 1 || a.Parts[0].Member != col%DefaultActing || a.Parts[0].Of != DefaultActing {
			t.Errorf("column %d was answered by %v", col, a.Parts)
		}
	}
	a := w.ask("*mpg > 20", table)
	if len(a.Parts) != DefaultActing {
		t.Fatalf("parts %v", a.Parts)
	}
	standby := w.nodes[3].Address()
	if slices.ContainsFunc(a.Parts, func(p Part) bool { return p.From == standby }) {
		t.Errorf("the standby %v answered: %v", standby, a.Parts)
	}
	if c := w.members[3].Counters(); c.Answered != 0 || c.Declined == 0 {
		t.Errorf("the standby's counters are %+v", c)
	}
}

func TestFewMembersDivideWhatThereIs(t *testing.T) {
	w := newWorld(t, 2)
	w.ready(2)
	table := twenty.Cars()
	if a := w.ask("*year < 1975", table); len(a.Parts) != 2 {
		t.Errorf("parts %v", a.Parts)
	}
	if a := w.ask("mpg > 30", table); a.Parts[0].Member != table.Schema().Index("mpg")%2 {
		t.Errorf("parts %v", a.Parts)
	}
}

func TestUpdatesReachAll(t *testing.T) {
	w := newWorld(t, 4)
	w.ready(4)
	table := twenty.Cars()
	asker := twenty.NewAsker(1, table.Len())
	for range 30 {
		u := asker.Update(table)
		version, err := w.client.Update(w.ctx, u)
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Apply(table); err != nil || version != table.Version() {
			t.Fatalf("version %d, want %d; %v", version, table.Version(), err)
		}
		w.ask("*mpg > 20", table)
	}
	var refused *RefusedError
	if _, err := w.client.Update(w.ctx, twenty.DeleteRow(1<<40)); !errors.As(err, &refused) {
		t.Errorf("deleting no row: %v", err)
	}
	got, err := w.client.Table(w.ctx)
	if err != nil || got.Digest() != table.Digest() || got.Version() != table.Version() {
		t.Errorf("the service's table is another one: %v", err)
	}
	// A late member gets it all.
	late := w.join()
	if version, digest := late.Version(); version != table.Version() || digest != table.Digest() {
		t.Errorf("the late member has version %d", version)
	}
	if late.Received() == 0 {
		t.Error("the late member has received nothing")
	}
}

func TestARepeatedUpdateIsAppliedOnce(t *testing.T) {
	w := newWorld(t, 3)
	w.ready(3)
	send := func(id updateID, u twenty.Update) cohort.Reply {
		t.Helper()
		payload, _ := u.AppendBinary(id.append(nil))
		replies, err := w.client.group.Load().Call(w.ctx, cohort.Barrier, entryUpdate, payload, 1)
		if err != nil {
			t.Fatal(err)
		}
		return replies[0]
	}
	add := twenty.AddRow(make([]twenty.Value, twenty.Cars().Schema().Len())...)
	first, gone := updateID{7, 1}, updateID{7, 2}
	one := send(first, add)
	refused := send(gone, twenty.DeleteRow(1<<40))
	w.crash(0)
	w.join()
	w.crash(1)
	again, refusedAgain := send(first, add), send(gone, twenty.DeleteRow(1<<40))
	if !slices.Equal(one.Raw(), again.Raw()) || len(one.Raw()) == 0 {
		t.Errorf("first answered %x, then %x", one.Raw(), again.Raw())
	}
	if refused.Err == nil || refusedAgain.Err == nil {
		t.Errorf("refused with %v, then %v", refused.Err, refusedAgain.Err)
	}
	table, err := w.client.Table(w.ctx)
	if err != nil || table.Version() != 1 {
		t.Errorf("the table is at version %d after one update; %v", table.Version(), err)
	}
}

func TestStrangeRequestsAreRefused(t *testing.T) {
	w := newWorld(t, 1)
	for _, c := range []struct {
		entry   cohort.Entry
		payload any
	}{
		{entryQuery, []byte("nonsense")},
		{entryQuery, cohort.Message{"column": "mpg"}},
		{entryUpdate, []byte("short")},
		{entryUpdate, append(make([]byte, updateIDBytes), "nonsense"...)},
	} {
		replies, err := w.client.group.Load().Call(w.ctx, cohort.Causal, c.entry, c.payload, 1)
		if err != nil || replies[0].Err == nil {
			t.Errorf("entry %d, %v: %v, %v", c.entry, c.payload, replies, err)
		}
	}
	var refused *RefusedError
	if _, err := w.client.Ask(w.ctx, twenty.Query{Column: "wheels", Op: twenty.Equal, Value: twenty.Number(4)}); !errors.As(err, &refused) {
		t.Errorf("an unknown column: %v", err)
	}
	w.ask("mpg > 30", twenty.Cars())
}

func TestDialWithoutAService(t *testing.T) {
	node, err := cohort.Start(t.Context(), cohort.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = node.Close() }()
	if _, err := Dial(t.Context(), node); !errors.Is(err, cohort.ErrNoGroup) {
		t.Errorf("got %v", err)
	}
}

func TestTheServiceEnds(t *testing.T) {
	w := newWorld(t, 1)
	if err := w.members[0].Group().Leave(w.ctx); err != nil {
		t.Fatal(err)
	}
	if a, err := w.client.Ask(w.ctx, w.parse("mpg > 30")); !errors.Is(err, cohort.ErrNoGroup) {
		t.Errorf("got %v, %v", a, err)
	}
}
