package cohort_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

// slowGroup is a group of three in which the handlers of the last stand still
// until they are let go on.
func slowGroup(t *testing.T, cfg cohort.GroupConfig) (s *system, groups []*cohort.Group, views chan cohort.View, goOn chan struct{}) {
	t.Helper()
	s = newSystem(t, 3)
	views, goOn = make(chan cohort.View, 1000), make(chan struct{})
	for i, n := range s.nodes {
		mine := cfg
		var sum struct{ N int64 }
		mine.State = cohort.JSON(&sum)
		mine.Handlers = map[cohort.Entry]cohort.Handler{note: func(r *cohort.Request) {
			if i == 2 {
				<-goOn
			}
			sum.N += r.Int("n")
			_ = r.Reply(cohort.Message{"sum": sum.N})
		}}
		if i == 0 {
			mine.OnView = func(v cohort.View) { views <- v }
		}
		g, err := n.Join(s.ctx, "g", mine)
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g)
	}
	return s, groups, views, goOn
}

// await is the next view that is as wanted.
func await(t *testing.T, views chan cohort.View, what string, wanted func(cohort.View) bool) cohort.View {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case v := <-views:
			if wanted(v) {
				return v
			}
		case <-limit:
			t.Fatalf("there never was a view %s", what)
		}
	}
}

// TestSetAside: a slow member is set aside, with the reason in the view; calls
// do without it; and when it has caught up it is as good as the others.
func TestSetAside(t *testing.T) {
	s, groups, views, goOn := slowGroup(t, cohort.GroupConfig{SlowAfter: 200 * time.Millisecond})
	await(t, views, "of three that are ready", func(v cohort.View) bool { return len(v.Ready()) == 3 })
	if err := groups[0].Cast(s.ctx, cohort.Total, note, cohort.Message{"n": 1}); err != nil {
		t.Fatal(err)
	}
	slow := s.nodes[2].Address()
	v := await(t, views, "in which it is set aside", func(v cohort.View) bool { return len(v.Ready()) == 2 })
	if slices.Contains(v.Ready(), slow) || v.Rank(slow) != 2 || !strings.Contains(v.Why, "set aside: slow") || !strings.Contains(v.String(), "(slow)") {
		t.Errorf("it is set aside in %v", v)
	}
	says(t, s.nodes[2], "aside", "is set aside in g")
	replies, err := groups[1].Call(s.ctx, cohort.Total, note, cohort.Message{"n": 2}, cohort.All)
	if err != nil || len(replies) != 2 {
		t.Errorf("without it: %d replies, %v", len(replies), err)
	}
	close(goOn)
	await(t, views, "in which it is ready again", func(v cohort.View) bool { return len(v.Ready()) == 3 })
	replies, err = groups[0].Call(s.ctx, cohort.Total, note, cohort.Message{"n": 4}, cohort.All)
	for _, r := range replies {
		if r.Int("sum") != 7 {
			t.Errorf("%v has the sum %d, want 7", r.From, r.Int("sum"))
		}
	}
	if err != nil || len(replies) != 3 {
		t.Errorf("with it: %d replies, %v", len(replies), err)
	}
}

// A joiner that hangs as it takes over the state is taken out when more is kept back for it than
// a joiner may keep, and hears why.
func TestAJoinerThatHangsIsTakenOut(t *testing.T) {
	s := newSystem(t, 2)
	donor := &stuck{done: make(chan struct{})}
	defer close(donor.done)
	casts := cohort.GroupConfig{State: donor, SlowAfter: 200 * time.Millisecond, Handlers: map[cohort.Entry]cohort.Handler{note: func(*cohort.Request) {}}}
	g, err := s.nodes[0].Join(s.ctx, "g", casts)
	if err != nil {
		t.Fatal(err)
	}
	joiner := &stuck{begun: make(chan struct{}), read: make(chan error, 1)}
	joined := make(chan error, 1)
	go func() {
		_, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: joiner, SlowAfter: time.Minute, SlowLeaves: true, Handlers: casts.Handlers})
		joined <- err
	}()
	<-joiner.begun
	body := make([]byte, 8<<20)
	for range 12 {
		if err := g.CastRaw(s.ctx, cohort.FIFO, note, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-joined; !errors.Is(err, cohort.ErrLeft) || !strings.Contains(err.Error(), "did not keep up") {
		t.Errorf("Join ended with %v", err)
	}
}

// TestSlowRelay: a slow member through which the requests of clients come is set aside
// like any other.
func TestSlowRelay(t *testing.T) {
	s, groups, views, goOn := slowGroup(t, cohort.GroupConfig{SlowAfter: 200 * time.Millisecond})
	defer close(goOn)
	await(t, views, "of three that are ready", func(v cohort.View) bool { return len(v.Ready()) == 3 })
	p, err := s.nodes[2].Process() // the member at its own node relays for it
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Client(groups[0].Address()).Cast(s.ctx, cohort.Total, note, cohort.Message{"n": 1}); err != nil {
		t.Fatal(err)
	}
	v := await(t, views, "in which it is set aside", func(v cohort.View) bool { return len(v.Ready()) == 2 })
	if slices.Contains(v.Ready(), s.nodes[2].Address()) {
		t.Errorf("another is set aside: %v", v)
	}
}

// TestFlushOfAMembershipThatEnds: whose membership ends, though its node joins again by
// itself, is not left waiting, and what it asks later is of the next one.
func TestFlushOfAMembershipThatEnds(t *testing.T) {
	s, groups, views, goOn := slowGroup(t, cohort.GroupConfig{SlowAfter: 200 * time.Millisecond})
	await(t, views, "of three that are ready", func(v cohort.View) bool { return len(v.Ready()) == 3 })
	ended := make(chan error, 1)
	big := make([]byte, 1<<20)
	for k := 0; ; k++ { // until it is so far behind that it is taken out
		if err := groups[0].Cast(s.ctx, cohort.FIFO, note, cohort.Message{"n": 1, "big": big}); err != nil {
			t.Fatal(err)
		}
		if len(groups[0].View().Members) < 3 {
			break
		}
	}
	go func() { ended <- groups[2].Flush(s.ctx) }()
	if err := <-ended; !errors.Is(err, cohort.ErrUnknown) {
		t.Errorf("Flush of a membership that has ended: %v", err)
	}
	close(goOn)
	await(t, views, "in which it is back", func(v cohort.View) bool { return len(v.Ready()) == 3 })
	for groups[2].View().Rank(s.nodes[2].Address()) < 0 || len(groups[2].View().Ready()) < 3 {
		if err := groups[0].Cast(s.ctx, cohort.Total, note, cohort.Message{"n": 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := groups[2].Flush(s.ctx); err != nil {
		t.Errorf("Flush of the next membership: %v", err)
	}
}

// TestTakenOut: a slow member is taken out, and its program is told why.
func TestTakenOut(t *testing.T) {
	s, groups, views, goOn := slowGroup(t, cohort.GroupConfig{SlowAfter: 200 * time.Millisecond, SlowLeaves: true})
	await(t, views, "of three that are ready", func(v cohort.View) bool { return len(v.Ready()) == 3 })
	if err := groups[0].Cast(s.ctx, cohort.Total, note, cohort.Message{"n": 1}); err != nil {
		t.Fatal(err)
	}
	v := await(t, views, "without it", func(v cohort.View) bool { return len(v.Members) == 2 })
	if !strings.Contains(v.Why, "taken out: slow") {
		t.Errorf("it is taken out in %v", v)
	}
	close(goOn)
	select {
	case <-groups[2].Done():
	case <-s.ctx.Done():
		t.Fatal("its membership never ended")
	}
	if err := groups[2].Err(); !errors.Is(err, cohort.ErrLeft) || !strings.Contains(err.Error(), "did not keep up") {
		t.Errorf("its membership ended with %v", err)
	}
	var wrong *cohort.ConfigError
	if _, err := s.nodes[2].Join(s.ctx, "g", cohort.GroupConfig{SlowLeaves: true}); !errors.As(err, &wrong) || wrong.Field != "SlowAfter" {
		t.Errorf("SlowLeaves alone: %v", err)
	}
}

// TestTakenOutAndBack: who was taken out, and hears of it only when its node has come back
// since, is not in the group again behind its program's back.
func TestTakenOutAndBack(t *testing.T) {
	s := newSystem(t, 2)
	views, goOn := make(chan cohort.View, 1000), make(chan struct{})
	cfg := cohort.GroupConfig{SlowAfter: 200 * time.Millisecond, SlowLeaves: true}
	first, second := cfg, cfg
	first.OnView = func(v cohort.View) { views <- v }
	first.Handlers = map[cohort.Entry]cohort.Handler{note: func(*cohort.Request) {}}
	second.Handlers = map[cohort.Entry]cohort.Handler{note: func(*cohort.Request) { <-goOn }}
	a, err := s.nodes[0].Join(s.ctx, "g", first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.nodes[1].Join(s.ctx, "g", second)
	if err != nil {
		t.Fatal(err)
	}
	of := func(n int) func(cohort.View) bool { return func(v cohort.View) bool { return len(v.Members) == n } }
	await(t, views, "of two", of(2))
	if err := a.Cast(s.ctx, cohort.FIFO, note, nil); err != nil {
		t.Fatal(err)
	}
	await(t, views, "without it", of(1))
	for err == nil { // until its node knows
		err = b.Flush(s.ctx)
	}
	if !errors.Is(err, cohort.ErrUnknown) {
		t.Fatalf("Flush of a membership that has ended: %v", err)
	}
	if err := s.nodes[1].EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	await(t, views, "in which it is back", of(2))
	close(goOn)
	await(t, views, "of one again", of(1))
	if err := b.Err(); !errors.Is(err, cohort.ErrLeft) || !strings.Contains(err.Error(), "did not keep up") {
		t.Errorf("its membership ended with %v", err)
	}
	if _, err := s.nodes[1].Join(s.ctx, "g", cfg); err != nil {
		t.Errorf("it cannot join again: %v", err)
	}
}
