package cohort_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

const plus = cohort.Entry(7)

// tally is a member's state: it counts, and says when it is asked to.
type tally struct {
	mu    sync.Mutex
	N     int64
	asked chan struct{} // one for each request
	gate  chan struct{} // closed when answers may be given
}

func newCounter() *tally {
	return &tally{asked: make(chan struct{}, 64), gate: make(chan struct{})}
}

func (c *tally) handlers() map[cohort.Entry]cohort.Handler {
	return map[cohort.Entry]cohort.Handler{plus: func(r *cohort.Request) {
		c.mu.Lock()
		c.N++
		n := c.N
		c.mu.Unlock()
		select {
		case c.asked <- struct{}{}:
		default: // nobody counts so far
		}
		<-c.gate
		_ = r.Reply(cohort.Message{"n": n, "session": int64(r.Session())})
	}}
}

// counters are members with a tally each, and a client's node.
func (s *system) counters(n int) (members []*tally, client *cohort.Node, group cohort.Address) {
	s.t.Helper()
	for _, node := range s.nodes[:n] {
		c := newCounter()
		g, err := node.Join(s.ctx, "count", cohort.GroupConfig{Handlers: c.handlers(), State: cohort.JSON(c)})
		if err != nil {
			s.t.Fatal(err)
		}
		members, group = append(members, c), g.Address()
	}
	return members, s.start(cohort.Config{NoVote: true, Name: "client"}), group
}

func open(all []*tally) {
	for _, c := range all {
		close(c.gate)
	}
}

// inSession is a system with two members that count and answer at once, and a client
// with a session.
func inSession(t *testing.T) (*system, *cohort.Node, cohort.Address, *cohort.Client) {
	t.Helper()
	s := newSystem(t, 2)
	members, node, group := s.counters(2)
	open(members)
	client, err := node.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	return s, node, group, client
}

// A request of a session is carried out once although the client's node ends
// and comes back while it is under way.
func TestASessionSurvivesTheClientsIncarnation(t *testing.T) {
	s := newSystem(t, 3)
	members, node, group := s.counters(3)
	client, err := node.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	was := node.Address()
	type outcome struct {
		replies []cohort.Reply
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		replies, err := client.Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
		done <- outcome{replies, err}
	}()
	for _, c := range members {
		<-c.asked
	}
	if err := node.EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	open(members)
	got := <-done
	if got.err != nil || len(got.replies) != 3 {
		t.Fatalf("%d replies, %v", len(got.replies), got.err)
	}
	for _, r := range got.replies {
		if r.Int("n") != 1 || r.Int("session") != 1 {
			t.Errorf("%v says %d of session %d", r.From, r.Int("n"), r.Int("session"))
		}
	}
	if now := node.Address(); now == was {
		t.Errorf("the node is still %v", now)
	}
	replies, err := client.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1)
	if err != nil || replies[0].Int("n") != 2 {
		t.Errorf("the next request: %v, %v", replies, err)
	}
}

// A program that starts anew goes on with the token of its session: what it
// repeats is answered, not done again.
func TestASessionIsTakenOverByToken(t *testing.T) {
	s := newSystem(t, 2)
	members, node, group := s.counters(2)
	client, err := node.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	token := client.Token()
	short, cancel := context.WithCancel(s.ctx)
	gone := make(chan error, 1)
	go func() {
		_, err := client.Call(short, cohort.Total, plus, cohort.Message{}, 1)
		gone <- err
	}()
	for _, c := range members {
		<-c.asked
	}
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("a call that was given up: %v", err)
	}
	open(members)
	if err := node.Close(); err != nil {
		t.Fatal(err)
	}
	node = s.start(cohort.Config{NoVote: true, Name: "client"})
	again, err := node.Client(group).Session(s.ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	for n := int64(1); n <= 2; n++ {
		replies, err := again.Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
		if err != nil || len(replies) != 2 || replies[0].Int("n") != n || replies[1].Int("n") != n {
			t.Errorf("request %d: %v, %v", n, replies, err)
		}
	}
	if now := again.Token(); now == token || now == "" {
		t.Errorf("the token is %q, and was %q", now, token)
	}
}

// Who speaks for a session no more, or has closed it, is told that nothing was
// done; so is who comes after it has expired.
func TestASessionEnds(t *testing.T) {
	s := newSystem(t, 1)
	members, node, group := s.counters(1)
	open(members)
	first, err := node.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	second, err := node.Client(group).Session(s.ctx, first.Token())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("a call of one who speaks for the session no more: %v", err)
	}
	if _, err := second.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1); err != nil {
		t.Error(err)
	}
	token := second.Token()
	if err := second.Close(s.ctx); err != nil {
		t.Error(err)
	}
	if _, err := second.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("a call after the end: %v", err)
	}
	if _, err := node.Client(group).Session(s.ctx, token); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("a session that was closed goes on: %v", err)
	}
	if members[0].N != 1 {
		t.Errorf("%d requests were carried out", members[0].N)
	}
	for _, token := range []string{"x", "#1.0/1/1", fmt.Sprintf("%v/0/1", group), fmt.Sprintf("%v/1", group)} {
		var bad *cohort.ConfigError
		if _, err := node.Client(group).Session(s.ctx, token); !errors.As(err, &bad) {
			t.Errorf("token %q: %v", token, err)
		}
	}
	var bad *cohort.ConfigError
	if _, err := node.Client(node.Address()).Session(s.ctx, ""); !errors.As(err, &bad) {
		t.Errorf("a session with a process: %v", err)
	}
	third, err := node.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Cast(s.ctx, cohort.Causal, plus, cohort.Message{}); !errors.As(err, &bad) {
		t.Errorf("a Causal cast in a session: %v", err)
	}
}

// A session expires when its client's node has been gone for too long.
func TestASessionExpires(t *testing.T) {
	s := &system{t: t}
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	s.start(cohort.Config{SessionTimeout: time.Millisecond})
	members, node, group := s.counters(1)
	open(members)
	client, err := node.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1); err != nil {
		t.Fatal(err)
	}
	token := client.Token()
	if err := node.Leave(s.ctx); err != nil {
		t.Fatal(err)
	}
	for {
		node = s.start(cohort.Config{NoVote: true})
		_, err := node.Client(group).Session(s.ctx, token)
		if errors.Is(err, cohort.ErrLeft) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := node.Leave(s.ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// What a program asked from its token on is answered to the one that repeats it, and
// not done again, however much it is. The first one is cut off.
func TestATakenSessionGoesOn(t *testing.T) {
	s, node, group, first := inSession(t)
	count := func(c *cohort.Client, want int64) {
		t.Helper()
		replies, err := c.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1)
		if err != nil || len(replies) != 1 || replies[0].Int("n") != want {
			t.Errorf("%v, %v, want %d", replies, err, want)
		}
	}
	count(first, 1)
	token := first.Token()
	count(first, 2)
	count(first, 3)
	second, err := node.Client(group).Session(s.ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	// The first program has had this answer, and may have said so with what it asked next.
	replies, err := second.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1)
	if !errors.Is(err, cohort.ErrNobody) && (err != nil || replies[0].Int("n") != 2) {
		t.Errorf("what the first program has had: %v, %v", replies, err)
	}
	count(second, 3)
	count(second, 4)
	if _, err := first.Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1); !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("the first program asks on: %v", err)
	}
	count(second, 5)
	last := second.Token()
	if err := node.Close(); err != nil {
		t.Fatal(err)
	}
	if after := second.Token(); after != last {
		t.Errorf("the token is %q after the end, and was %q", after, last)
	}
}

// Who gives up taking a session leaves it to the one that has it.
func TestASessionNotTakenStands(t *testing.T) {
	s, node, group, first := inSession(t)
	gone, cancel := context.WithCancel(s.ctx)
	cancel()
	_, err := node.Client(group).Session(gone, first.Token())
	if err != nil && !errors.Is(err, context.Canceled) { // it may be taken before anybody looks at the context
		t.Errorf("a session taken with a context that has ended: %v", err)
	}
	if _, err := node.Client(group).Session(s.ctx, first.Token()); err != nil {
		t.Errorf("the session after somebody gave up taking it: %v", err)
	}
}

// A cast in a session says nothing by itself, for it is done later; Close says of all
// whether they were.
func TestCloseTellsOfCasts(t *testing.T) {
	s, node, group, first := inSession(t)
	other := s.start(cohort.Config{NoVote: true})
	cast := func(c *cohort.Client) {
		t.Helper()
		if err := c.Cast(s.ctx, cohort.Total, plus, cohort.Message{}); err != nil {
			t.Error(err)
		}
	}
	done := func() int64 { // and counts one itself
		t.Helper()
		replies, err := other.Client(group).Call(s.ctx, cohort.Total, plus, cohort.Message{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return replies[0].Int("n") - 1
	}
	for range 3 {
		cast(first)
	}
	if err := first.Close(s.ctx); err != nil || done() != 3 {
		t.Errorf("three casts: %v", err)
	}
	second, err := node.Client(group).Session(s.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	token := second.Token()
	if err := node.EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	cast(second) // while its node is away, and somebody else takes the session
	if _, err := other.Client(group).Session(s.ctx, token); err != nil {
		t.Fatal(err)
	}
	switch err, n := second.Close(s.ctx), done(); {
	case errors.Is(err, cohort.ErrUnknown):
	case err != nil || n != 5: // its node was quicker than the other
		t.Errorf("closed with %v, and %d requests were done", err, n)
	}
}

// Calls in a session that is closed under them end, whatever has come of their replies.
func TestCallsOfASessionThatIsClosed(t *testing.T) {
	s := newSystem(t, 3)
	all, node, group := s.counters(3)
	open(all)
	for k := range 20 {
		p, err := node.Process()
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Client(group).Session(s.ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		var calls sync.WaitGroup
		for range 8 {
			calls.Go(func() {
				replies, err := c.Call(s.ctx, cohort.Total, plus, cohort.Message{}, cohort.All)
				if err != nil && !errors.Is(err, cohort.ErrUnknown) && !errors.Is(err, cohort.ErrLeft) {
					t.Error(err)
				}
				for _, r := range replies {
					if r.Err != nil || r.Int("n") == 0 {
						t.Errorf("a reply of %d, %v", r.Int("n"), r.Err)
					}
				}
			})
		}
		for range k % 4 { // replies are on their way
			<-all[0].asked
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		calls.Wait()
	}
}

// A joiner is given what was answered in sessions, however large the answers are.
func TestAJoinerIsGivenLargeAnswers(t *testing.T) {
	s := newSystem(t, 3)
	sizes := []int{200_000, 1<<20 - 1} // the last as large as an answer may be
	join := func(n *cohort.Node) (*cohort.Group, error) {
		handlers := map[cohort.Entry]cohort.Handler{}
		for i, size := range sizes {
			handlers[plus+cohort.Entry(i)] = func(r *cohort.Request) {
				if err := r.Reply(make([]byte, size)); err != nil {
					t.Error(err)
				}
			}
		}
		return n.Join(s.ctx, "count", cohort.GroupConfig{Handlers: handlers, State: cohort.JSON(newCounter())})
	}
	var group *cohort.Group
	for _, n := range s.nodes[:2] {
		var err error
		if group, err = join(n); err != nil {
			t.Fatal(err)
		}
	}
	node := s.start(cohort.Config{NoVote: true, Name: "client"})
	for i, size := range sizes {
		client, err := node.Client(group.Address()).Session(s.ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		replies, err := client.Call(s.ctx, cohort.Total, plus+cohort.Entry(i), cohort.Message{}, cohort.All)
		if err != nil || len(replies) != 2 {
			t.Fatalf("%d answers of %d bytes: %v", len(replies), size, err)
		}
	}
	if _, err := join(s.nodes[2]); err != nil {
		t.Fatal(err)
	}
	if v := group.View(); len(v.Members) != 3 || len(v.Left) != 0 {
		t.Errorf("the group is %v", v)
	}
}
