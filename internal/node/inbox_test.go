package node

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/node/gather"
	"github.com/cohortkit/cohort/internal/transport"
	"github.com/cohortkit/cohort/internal/wire"
)

// TestInboxOrder: events of one source keep their order, those put together
// stay together, and one wake-up is enough for all.
func TestInboxOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sources, each = 4, 100
		b := newInbox()
		for source := range sources {
			go func() {
				for k := range each {
					ev := core.Used{Proc: id.Address(source), Items: k}
					b.put(ev, ev)
				}
			}()
		}
		next := map[id.Address]int{}
		var spare []core.Event
		for got := 0; got < 2*sources*each; {
			<-b.wake
			events, _ := b.take(spare[:0])
			for i := 0; i < len(events); i += 2 {
				ev := events[i].(core.Used)
				if events[i+1] != events[i] || ev.Items != next[ev.Proc] {
					t.Fatalf("%+v and %+v in place of number %d", events[i], events[i+1], next[ev.Proc])
				}
				next[ev.Proc]++
			}
			got += len(events)
			spare = events
		}
	})
}

// TestInboxRoom: who brings frames waits while there are too many.
func TestInboxRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newInbox()
		frame := []core.Event{&core.Frame{}}
		var put int
		var open bool
		done := make(chan struct{})
		go func() {
			defer close(done)
			for open = true; open; put++ {
				open = b.putFrames(frame, inboxRoom)
			}
		}()
		synctest.Wait()
		if put != 2 { // one that fits, and one that is too much
			t.Errorf("%d frames were let in", put)
		}
		b.put(core.Depart{}) // programs do not wait here
		if events, _ := b.take(nil); len(events) != 3 {
			t.Errorf("%d events", len(events))
		}
		synctest.Wait()
		if put != 4 {
			t.Errorf("%d frames were let in", put)
		}
		b.close()
		<-done
		b.put(core.Depart{})
		if events, _ := b.take(nil); len(events) != 2 || open || b.call(func() {}) {
			t.Errorf("a closed inbox takes things: %d events", len(events))
		}
	})
}

// TestGuestsTakeTurns: of two connections of one lane the one that the core
// answered last stays.
func TestGuestsTakeTurns(t *testing.T) {
	var gs guests
	guestOn := func(conn uint64) *guest {
		g := &guest{Guest: &transport.Guest{Conn: anyConn{}}, conn: conn, answer: make(chan core.Reception, 1)}
		gs.offer(g)
		return g
	}
	one, two := guestOn(1), guestOn(2)
	gs.answer(core.Reception{Conn: 2})
	gs.answer(core.Reception{Conn: 1})
	gs.answer(core.Reception{Conn: 7}) // gone meanwhile
	if gs.leave(two) || !gs.leave(one) {
		t.Error("the wrong one was sent away")
	}
}

// anyConn is a connection that can only be closed.
type anyConn struct{ net.Conn }

func (anyConn) Close() error { return nil }

// TestTooLarge: what no peer would take ends the node that made it.
func TestTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, memory: transport.NewMemory()}
		defer w.close()
		all := w.startAll(2)
		body := msg.AppendCast(nil, make([]byte, wire.MaxBody+1<<20))
		all[0].Post(core.Cast{Proc: all[0].proc, Dest: all[1].proc, Order: msg.FIFO, N: 1, Body: body})
		<-all[0].Done()
		if err := all[0].Err(); !errors.Is(err, wire.ErrTooLarge) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// TestErrorTexts: each says whose fault it is.
func TestErrorTexts(t *testing.T) {
	cause := errors.New("cause")
	for want, err := range map[string]error{
		"node: config: Name has 256 bytes":  &ConfigError{"Name", "has 256 bytes"},
		"node: cannot listen at a:1: cause": &ListenError{"a:1", cause},
		"node: no seed led into a system (cause): a:1: cause; b:2: answers, but has not let this site in": &SeedError{
			Seeds: []SeedFailure{{"a:1", cause}, {"b:2", nil}}, Err: cause,
		},
		"node: the system refuses this site: the name is taken": &RefusedError{"the name is taken"},
		"node: halted: excluded":                                &HaltedError{"excluded"},
		"node: internal error: cause":                           &PanicError{Value: cause},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
		if strings.Contains(want, "cause") && !errors.Is(err, cause) {
			t.Errorf("%T hides its cause", err)
		}
	}
}

// TestInboxCasts: casts that wait share an event where they may share a run, and
// keep their place among other events.
func TestInboxCasts(t *testing.T) {
	b := newInbox()
	w, total := b.windows.Window(1<<20), gather.Kind{Order: msg.Total}
	one, other := gather.Path{Proc: 1, Dest: 2, Window: w}, gather.Path{Proc: 1, Dest: 3, Window: w}
	cast := func(p gather.Path, h gather.Head, payload []byte) {
		if !b.cast(&p, total, h, payload) {
			t.Error("there is no room in an empty window")
		}
	}
	large := make([]byte, 40<<10)
	payload := []byte("text")
	cast(one, gather.Head{Entry: 5, Format: 6}, payload)
	copy(payload, "gone")
	cast(one, gather.Head{Entry: 7, Format: 8}, nil)
	cast(other, gather.Head{}, nil)
	b.put(core.Used{Items: 1})
	cast(other, gather.Head{}, large)
	cast(other, gather.Head{}, large)
	if b.cast(&one, total, gather.Head{}, make([]byte, 1<<20)) {
		t.Error("there is room for more than the window")
	}
	events, _ := b.take(nil)
	type shape struct {
		dest id.Address
		n    int
	}
	var got []shape
	for _, ev := range events {
		c, ok := ev.(core.Cast)
		if !ok {
			got = append(got, shape{})
			continue
		}
		if r := (msg.Run{N: c.N, Body: c.Body}); !r.WellFormed() {
			t.Errorf("the body of %+v is not of %d casts", c, c.N)
		}
		got = append(got, shape{c.Dest, int(c.N)})
	}
	want := []shape{{2, 2}, {3, 1}, {}, {3, 1}, {3, 1}}
	if !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	first, rest, _ := msg.NextCast(events[0].(core.Cast).Body)
	second, _, _ := msg.NextCast(rest)
	if string(first) != "\x05\x06text" || string(second) != "\x07\x08" {
		t.Errorf("payloads %q and %q", first, second)
	}
	if events, _ := b.take(nil); len(events) > 0 {
		t.Errorf("left over: %v", events)
	}
	cast(one, gather.Head{}, nil)
	select {
	case <-b.wake:
	default:
		t.Error("nobody is woken for a cast")
	}
	b.close()
	cast(one, gather.Head{}, nil)
	if events, _ := b.take(nil); events[0].(core.Cast).N != 1 {
		t.Error("a closed inbox takes casts")
	}
}
