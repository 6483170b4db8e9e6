package load

import (
	"context"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/twenty"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

// serve starts a member of a service.
func serve(ctx context.Context, t *testing.T, seeds ...string) *cohort.Node {
	t.Helper()
	node, err := cohort.Start(ctx, cohort.Config{Seeds: seeds})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	if _, err := service.Serve(ctx, node, service.Config{Table: twenty.Cars()}); err != nil {
		t.Fatal(err)
	}
	return node
}

// until waits until the load has done more of something than before.
func until(ctx context.Context, t *testing.T, l *Load, what func(Totals) uint64) {
	t.Helper()
	for before := what(l.Totals()); ; {
		if what(l.Totals()) > before+50 {
			return
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("no progress: %+v", l.Totals())
		}
	}
}

// TestLoadOverACrash has a member fail and another one join under load.
func TestLoadOverACrash(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	first := serve(ctx, t)
	second := serve(ctx, t, first.Addr())
	third := serve(ctx, t, first.Addr())
	serve(ctx, t, first.Addr())
	node, err := cohort.Start(ctx, cohort.Config{Seeds: []string{third.Addr()}, NoVote: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = node.Close() }()
	client, err := service.Dial(ctx, node)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Start(ctx, client, Config{Askers: 16, Updaters: 4, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	queries := func(t Totals) uint64 { return t.Queries }
	updates := func(t Totals) uint64 { return t.Updates }
	until(ctx, t, l, updates)
	for _, victim := range []*cohort.Node{first, second} {
		if err := victim.Close(); err != nil {
			t.Error(err)
		}
		until(ctx, t, l, queries)
		serve(ctx, t, third.Addr())
		until(ctx, t, l, updates)
	}
	got := l.Stop()
	if got.Wrong != 0 || got.Lost != 0 || got.Waiting != 0 {
		t.Errorf("%+v", got)
	}
	if got.Outage <= 0 || got.Outage > got.Duration {
		t.Errorf("no right answer for %v of %v", got.Outage, got.Duration)
	}
}

// TestLoadTellsWhatIsLost has the service go away.
func TestLoadTellsWhatIsLost(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	home, err := cohort.Start(ctx, cohort.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = home.Close() }()
	m, err := service.Serve(ctx, home, service.Config{Table: twenty.Paper()})
	if err != nil {
		t.Fatal(err)
	}
	client, err := service.Dial(ctx, home)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Start(ctx, client, Config{Askers: 2, Updaters: 1})
	if err != nil {
		t.Fatal(err)
	}
	until(ctx, t, l, func(t Totals) uint64 { return t.Queries })
	if err := m.Group().Leave(ctx); err != nil {
		t.Fatal(err)
	}
	until(ctx, t, l, func(t Totals) uint64 { return t.Lost })
	if got := l.Stop(); got.Wrong != 0 || len(got.Faults) == 0 {
		t.Errorf("%+v", got)
	}
}
