package cohort_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/node"
)

// away is this machine, on which a site that comes back waits until it may.
type away struct {
	node.Here
	starts atomic.Int32
	back   chan struct{} // closed when it may
}

func (h *away) Start(ctx context.Context, cfg node.Config) (node.Site, error) {
	if h.starts.Add(1) > 1 {
		select {
		case <-h.back:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return h.Here.Start(ctx, cfg)
}

// While a client's node is away, its session is taken by a second program and from
// that by a third. Then nobody remembers which of the session's requests were the
// client's, and what it asked has an unknown outcome, though it was done: it is not
// told that it was, nor that it was not.
func TestASessionIsForgotten(t *testing.T) {
	s := newSystem(t, 2)
	members, other, group := s.counters(2)
	h := &away{back: make(chan struct{})}
	ctx := s.ctx
	s.ctx = node.OnHost(ctx, h)
	n := s.start(cohort.Config{NoVote: true})
	s.ctx = ctx
	first, err := n.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	token := first.Token()
	outcome := make(chan error, 1)
	go func() {
		_, err := first.Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
		outcome <- err
	}()
	for _, c := range members {
		<-c.asked // the request is being carried out
	}
	if err := n.EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	open(members)
	for want := int64(1); want <= 2; want++ {
		next, err := other.Client(group).Session(s.ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		// The one repeats what the client asked, and the other asks what is new.
		replies, err := next.Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
		if err != nil || len(replies) != 2 || replies[0].Int("n") != want {
			t.Errorf("who takes the session is told %v, %v, want %d", replies, err, want)
		}
		token = next.Token()
	}
	select {
	case err := <-outcome:
		t.Fatalf("the call ended while its node was away: %v", err)
	default:
	}
	close(h.back)
	if err := <-outcome; !errors.Is(err, cohort.ErrUnknown) {
		t.Errorf("a call in a session that nobody remembers: %v, want ErrUnknown", err)
	}
	// What is asked from now on is not done, and that is known.
	if _, err := first.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("the next call: %v, want ErrLeft", err)
	}
}

// A call whose context ends has an unknown outcome too, and says so with the
// context's error: here the request is carried out in the end. Who asks again in the
// session is answered what became of the next request, not of this one again.
func TestACallInASessionIsGivenUp(t *testing.T) {
	s := newSystem(t, 2)
	members, n, group := s.counters(2)
	client, err := n.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	outcome := make(chan error, 1)
	go func() {
		_, err := client.Call(ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
		outcome <- err
	}()
	for _, c := range members {
		<-c.asked
	}
	cancel()
	if err := <-outcome; !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up: %v, want the context's error", err)
	}
	open(members)
	replies, err := client.Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
	if err != nil || len(replies) != 2 || replies[0].Int("n") != 2 {
		t.Errorf("%v, %v, want the second request done behind the first", replies, err)
	}
	if err := client.Close(s.ctx); err != nil {
		t.Errorf("closed with %v", err)
	}
}
