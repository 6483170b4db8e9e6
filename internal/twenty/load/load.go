package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort/internal/twenty"
	"github.com/cohortkit/cohort/internal/twenty/service"
)

// Config says how much to ask.
type Config struct {
	Askers   int // that ask one question after the other
	Updaters int // that make one update after the other
	Seed     uint64
}

// Totals are what came of it so far.
type Totals struct {
	Queries  uint64        `json:"queries"` // answered
	Updates  uint64        `json:"updates"` // applied
	Refused  uint64        `json:"refused"` // updates that another one made void
	Wrong    uint64        `json:"wrong"`   // answers that differ from the reference
	Lost     uint64        `json:"lost"`    // requests with neither an answer nor an error
	Waiting  uint64        `json:"waiting"` // answers that are not judged yet
	Retries  uint64        `json:"retries"`
	Outage   time.Duration `json:"outage_ns"` // longest time without a right answer
	Faults   []string      `json:"faults,omitempty"`
	Duration time.Duration `json:"duration_ns"`
}

// Load is a service kept busy.
type Load struct {
	client *service.Client
	judge  *judge
	table  *twenty.Table // as it was at the beginning; askers draw values from it
	began  time.Time

	queries, updates, refused, lost atomic.Uint64
	seen                            atomic.Uint64 // the last version that an answer came from or an update made

	ending  context.CancelFunc // no new requests
	limit   context.CancelFunc // no waiting for answers either
	workers sync.WaitGroup
	mu      sync.Mutex
	errs    []string // of lost requests, the first ones
}

// Start begins. There should be nobody else who makes updates, for what they
// make is not known here.
func Start(ctx context.Context, client *service.Client, cfg Config) (*Load, error) {
	table, err := client.Table(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking for the table: %w", err)
	}
	l := &Load{client: client, table: table, began: time.Now()}
	l.judge = newJudge(table, l.began)
	work, limit := context.WithCancel(context.Background())
	open, ending := context.WithCancel(work)
	l.ending, l.limit = ending, limit
	for i := range cfg.Askers {
		l.workers.Go(func() { l.ask(open, work, twenty.NewAsker(cfg.Seed+uint64(2*i), table.Len())) })
	}
	for i := range cfg.Updaters {
		l.workers.Go(func() { l.update(open, work, twenty.NewAsker(cfg.Seed+uint64(2*i+1), table.Len())) })
	}
	return l, nil
}

// ask asks while open, and waits for answers while work goes on.
func (l *Load) ask(open, work context.Context, asker *twenty.Asker) {
	for open.Err() == nil {
		q := asker.Query(l.table)
		after := l.seen.Load()
		answer, err := l.client.Ask(work, q)
		bad, inconsistent := isInconsistent(err)
		switch {
		case err == nil:
			l.queries.Add(1)
			l.see(answer.Version)
			l.judge.answered(answered{query: q, answer: answer, after: after, at: time.Now()})
		case inconsistent:
			l.queries.Add(1)
			l.judge.inconsistent(bad)
		default:
			l.lose(fmt.Sprintf("%v: %v", q, err))
		}
	}
}

// update makes updates, as ask asks.
func (l *Load) update(open, work context.Context, asker *twenty.Asker) {
	for open.Err() == nil {
		u := l.judge.propose(asker)
		version, err := l.client.Update(work, u)
		var refused *service.RefusedError
		switch {
		case err == nil:
			l.updates.Add(1)
			l.see(version)
			l.judge.updated(u, version)
		case errors.As(err, &refused):
			l.refused.Add(1)
		default:
			l.lose(fmt.Sprintf("%v: %v", u, err))
		}
	}
}

// see notes that the client knows of a version: whoever asks from now on must
// not be answered from an earlier one.
func (l *Load) see(version uint64) {
	for {
		before := l.seen.Load()
		if version <= before || l.seen.CompareAndSwap(before, version) {
			return
		}
	}
}

// lose counts a request that came to nothing, and lets the worker rest: what
// made it fail may last.
func (l *Load) lose(text string) {
	l.lost.Add(1)
	l.mu.Lock()
	if len(l.errs) < maxFaults {
		l.errs = append(l.errs, text)
	}
	l.mu.Unlock()
	time.Sleep(10 * time.Millisecond)
}

// Totals tells how it stands.
func (l *Load) Totals() Totals { return l.totals(time.Now()) }

func (l *Load) totals(now time.Time) Totals {
	t := Totals{
		Queries: l.queries.Load(), Updates: l.updates.Load(), Refused: l.refused.Load(), Lost: l.lost.Load(),
		Retries: l.client.Retries(), Duration: now.Sub(l.began),
	}
	l.mu.Lock()
	t.Faults = append(t.Faults, l.errs...)
	l.mu.Unlock()
	j := l.judge
	j.mu.Lock()
	defer j.mu.Unlock()
	t.Wrong = j.wrong
	t.Faults = append(t.Faults, j.faults...)
	for _, list := range j.waiting { // order does not matter: a sum
		t.Waiting += uint64(len(list))
	}
	t.Outage = j.right.longest(now)
	return t
}

// Stop makes no new requests, waits for the answers to those under way, at most
// for Patience, and returns the final totals, as of when it was called.
func (l *Load) Stop() Totals {
	end := time.Now()
	l.ending()
	late := time.AfterFunc(service.Patience, l.limit)
	l.workers.Wait()
	late.Stop()
	l.limit()
	l.judge.finish()
	return l.totals(end)
}
