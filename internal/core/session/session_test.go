package session_test

import (
	"slices"
	"testing"

	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/session"
)

// Who forgot a session begins another with frames that the other end has not got,
// though it has counted as many in the last one.
func TestForgottenSessionIsNotCounted(t *testing.T) {
	first, second := &msg.Frame{Index: 1}, &msg.Frame{Index: 2}
	var in session.In
	var old session.Out
	old.Push(first)
	old.Up(1, in.Open(1))
	if !in.Take(1, 10) {
		t.Fatal("a frame of the connection in use does not count")
	}

	var out session.Out // the site has forgotten old
	out.Push(second)
	if out.Acked(in.Tell()); out.Pending() != 1 {
		t.Fatal("a frame that was never written is acknowledged")
	}
	if again := out.Up(2, in.Open(2)); !slices.Equal(again, []*msg.Frame{second}) {
		t.Fatalf("of the frame that waited for a connection %d are written", len(again))
	}
	in.Take(2, 10)
	if out.Acked(in.Tell()); out.Pending() != 0 {
		t.Error("a frame that came is not acknowledged")
	}
}

// Who is connected again writes what the other end has not got, and all that was not
// acknowledged if that one has forgotten the session.
func TestConnectedAgain(t *testing.T) {
	frames := []*msg.Frame{{Index: 1}, {Index: 2}, {Index: 3}}
	for _, c := range []struct {
		got   uint64
		again []*msg.Frame
	}{{1, frames[1:]}, {2, frames[2:]}, {3, nil}, {0, frames[1:]}, {7, frames[1:]}} {
		var out session.Out
		out.Up(1, 0)
		for _, f := range frames {
			out.Push(f)
		}
		out.Acked(1)
		out.Down(1)
		if again := out.Up(2, c.got); !slices.Equal(again, c.again) || out.Pending() != len(c.again) {
			t.Errorf("the other end has got %d: of 3 frames, 1 of them acknowledged, %d are written", c.got, len(again))
		}
	}
}
