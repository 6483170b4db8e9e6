package cohorttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/cohorttest"
)

const (
	write  = cohort.Entry(1) // appended by all members, in one order
	later  = cohort.Entry(2) // answered after the handler has returned
	which  = cohort.Entry(3) // answered by the oldest alone, with a copy for the others
	copied = cohort.Entry(4)
)

// journal is a program that uses all of the package: the first sites are members
// of a group that holds a list, the last are clients without a vote.
type journal struct {
	node   *cohort.Node
	group  *cohort.Group
	lines  []string
	copies int
	bulk   int // bytes added to the state, so that it is fed in many blocks
	views  int
	later  time.Duration
}

func (j *journal) Snapshot() (func(io.Writer) error, error) {
	lines := append(slices.Clip(j.lines), fmt.Sprint(j.copies))
	return func(w io.Writer) error {
		if _, err := w.Write(make([]byte, j.bulk)); err != nil {
			return err
		}
		for _, l := range lines {
			if _, err := fmt.Fprintln(w, l); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (j *journal) Restore(r io.Reader) error {
	if _, err := io.CopyN(io.Discard, r, int64(j.bulk)); err != nil {
		return err
	}
	j.lines = nil
	for {
		var l string
		if _, err := fmt.Fscanln(r, &l); errors.Is(err, io.EOF) {
			last := len(j.lines) - 1
			j.copies, err = strconv.Atoi(j.lines[last])
			j.lines = j.lines[:last]
			return err
		} else if err != nil {
			return err
		}
		j.lines = append(j.lines, l)
	}
}

func (j *journal) join(ctx context.Context) (err error) {
	j.group, err = j.node.Join(ctx, "journal", cohort.GroupConfig{
		State:  j,
		OnView: func(cohort.View) { j.views++ },
		Handlers: map[cohort.Entry]cohort.Handler{
			write: func(r *cohort.Request) { j.lines = append(j.lines, r.Text("line")); _ = r.Reply(cohort.Message{}) },
			later: func(r *cohort.Request) {
				r.Defer()
				j.later += time.Microsecond // two that wake at one instant would race
				after := 3*time.Millisecond + j.later
				go func() {
					select {
					case <-time.After(after):
						_ = r.Reply(cohort.Message{})
					case <-ctx.Done():
					}
				}()
			},
			which: func(r *cohort.Request) {
				if r.Rank() == 0 {
					_ = r.ReplyCopy(cohort.Message{"n": len(j.lines)}, copied, cohort.Message{})
				}
			},
			copied: func(*cohort.Request) { j.copies++ },
		},
	})
	return err
}

func openJournal(ctx context.Context, s *cohorttest.Site) (*journal, error) {
	cfg := s.Config()
	cfg.NoVote = s.Index() >= 4
	node, err := cohort.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	j := &journal{node: node, bulk: 3 << 20}
	if cfg.NoVote {
		return j, nil
	}
	return j, j.join(ctx)
}

func (j *journal) act(ctx context.Context, s *cohorttest.Site) {
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	order := []cohort.Order{cohort.Total, cohort.Barrier}[s.Rand().IntN(2)]
	opts := []cohort.Option{cohort.Safe()}[:s.Rand().IntN(2)]
	line := cohort.Message{"line": fmt.Sprintf("%s:%d", s.Name(), s.Rand().IntN(1e6))}
	var err error
	switch roll := s.Rand().IntN(10); {
	case j.group == nil:
		var v cohort.View
		if v, err = j.node.Lookup(ctx, "journal"); err == nil {
			_, err = j.node.Client(v.Group).Call(ctx, order, []cohort.Entry{write, later, which}[roll%3], line, 1+roll%2, opts...)
		}
	case roll < 3:
		err = j.group.Cast(ctx, order, write, line, opts...)
	case roll < 6:
		_, err = j.group.Call(ctx, order, []cohort.Entry{write, later, which}[roll%3], line, cohort.All, opts...)
	case roll < 7:
		err = j.group.Flush(ctx)
	case roll < 8 && len(j.group.View().Ready()) > 2:
		g := j.group
		if err = g.Leave(ctx); err == nil || errors.Is(err, cohort.ErrUnknown) && g.Err() != nil {
			err = j.join(whole)
		}
	}
	if err != nil {
		s.Logf("%v", err)
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		s.Errorf("too late, and yet in time")
	}
}

func sameJournals(all []*journal) error {
	var first *journal
	for _, j := range all {
		switch {
		case j.node.Stalled():
			return fmt.Errorf("%v is stalled", j.node.Address())
		case j.group == nil:
		case first == nil:
			first = j
		case j.copies != first.copies:
			return fmt.Errorf("%v has %d copies, %v %d", first.node.Address(), first.copies, j.node.Address(), j.copies)
		case fmt.Sprint(j.lines) != fmt.Sprint(first.lines):
			return fmt.Errorf("%v and %v hold different lines:\n%q\n%q", first.node.Address(), j.node.Address(), first.lines, j.lines)
		}
	}
	return nil
}

func journals() cohorttest.Program[*journal] {
	return cohorttest.Program[*journal]{
		Start: openJournal,
		Act:   func(ctx context.Context, s *cohorttest.Site, j *journal) { j.act(ctx, s) },
		Check: sameJournals,
	}
}

func TestAProgramOfAllParts(t *testing.T) {
	cohorttest.Run(t, cohorttest.Options{Seeds: seeds(15), Sites: 6, Faults: cohorttest.All, Workers: 2, Rounds: 2}, journals)
}
