package cohort_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

// blocked are handlers of a note that stand still until goOn is closed.
func blocked(goOn chan struct{}) map[cohort.Entry]cohort.Handler {
	return map[cohort.Entry]cohort.Handler{note: func(r *cohort.Request) {
		<-goOn
		_ = r.Reply(cohort.Message{})
	}}
}

// Who casts from outside waits for those that do not handle it, like a member: for one
// of a group, and for a process.
func TestOutsidersWaitForTheProgram(t *testing.T) {
	s := newSystem(t, 3)
	goOn := make(chan struct{})
	var group cohort.Address
	for _, n := range s.nodes[:2] {
		g, err := n.Join(s.ctx, "g", cohort.GroupConfig{Handlers: blocked(goOn)})
		if err != nil {
			t.Fatal(err)
		}
		group = g.Address()
	}
	if err := s.nodes[1].Receive(blocked(goOn)); err != nil {
		t.Fatal(err)
	}
	const size = 256 << 10
	const most = 20 << 20 / size // a window of the sender's, 16 MiB at the other end, and room for what is on the way
	clients := map[string]*cohort.Client{"a group": s.nodes[2].Client(group), "a process": s.nodes[2].Client(s.nodes[1].Address())}
	for to, client := range clients {
		ctx, cancel := context.WithTimeout(s.ctx, time.Second)
		n := 0
		for ; n <= most && client.Cast(ctx, cohort.FIFO, note, make([]byte, size)) == nil; n++ {
		}
		if n > most || n < 10 {
			t.Errorf("to %s that handles nothing %d casts of %d bytes are taken", to, n, size)
		}
		cancel()
	}
	close(goOn)
	for to, client := range clients {
		for range 2 * most {
			if err := client.Cast(s.ctx, cohort.FIFO, note, make([]byte, size)); err != nil {
				t.Fatalf("to %s that goes on: %v", to, err)
			}
		}
		if replies, err := client.Call(s.ctx, cohort.FIFO, note, cohort.Message{}, cohort.All); err != nil || len(replies) == 0 {
			t.Errorf("to %s that goes on: %d replies, %v", to, len(replies), err)
		}
	}
}

// Calls to a process that was closed end, those that it had yet to handle too.
func TestCallsOfAClosedProcess(t *testing.T) {
	s := newSystem(t, 2)
	p, err := s.nodes[0].Process()
	if err != nil {
		t.Fatal(err)
	}
	begun, goOn := make(chan struct{}, 10), make(chan struct{})
	err = p.Receive(map[cohort.Entry]cohort.Handler{note: func(r *cohort.Request) {
		begun <- struct{}{}
		<-goOn
		_ = r.Reply(cohort.Message{})
	}})
	if err != nil {
		t.Fatal(err)
	}
	client := s.nodes[1].Client(p.Address())
	ends := make(chan error, 3)
	call := func() {
		_, err := client.Call(s.ctx, cohort.FIFO, note, cohort.Message{}, 1)
		ends <- err
	}
	for range 3 {
		go call()
	}
	<-begun
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	for range 3 {
		// Those that were not begun were declined.
		if err := <-ends; err != nil && !errors.Is(err, cohort.ErrNobody) {
			t.Errorf("a call that was under way when the process was closed: %v", err)
		}
	}
	call()
	if err := <-ends; !errors.Is(err, cohort.ErrNobody) {
		t.Errorf("a call of a closed process: %v", err)
	}
}
