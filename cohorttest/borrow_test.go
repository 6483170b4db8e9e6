package cohorttest_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/cohorttest"
)

// keeper keeps what its handler borrowed of its own casts, or what Raw returned.
type keeper struct {
	group *cohort.Group
	kept  [][]byte
}

var words = []byte("not yours to keep")

func keepers(read func(*cohort.Request) []byte) func() cohorttest.Program[*keeper] {
	start := func(ctx context.Context, s *cohorttest.Site) (*keeper, error) {
		node, err := cohort.Start(ctx, s.Config())
		if err != nil {
			return nil, err
		}
		k := &keeper{}
		k.group, err = node.Join(ctx, "keepers", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{1: func(r *cohort.Request) {
			if r.Sender == node.Address() {
				k.kept = append(k.kept, read(r))
			}
		}}})
		return k, err
	}
	act := func(ctx context.Context, s *cohorttest.Site, k *keeper) {
		if err := k.group.Cast(ctx, cohort.FIFO, 1, words); err != nil {
			s.Logf("cast: %v", err)
		}
	}
	check := func(all []*keeper) error {
		for _, k := range all {
			for _, b := range k.kept {
				if !bytes.Equal(b, words) {
					return errors.New("what was kept has changed")
				}
			}
		}
		return nil
	}
	return func() cohorttest.Program[*keeper] {
		return cohorttest.Program[*keeper]{Start: start, Act: act, Check: check}
	}
}

func TestWhoKeepsItsOwnIsFound(t *testing.T) {
	o := cohorttest.Options{Seeds: 3, Sites: 2}
	if f := cohorttest.Find(t, o, keepers((*cohort.Request).Borrow)); f == nil || f.Cohort {
		t.Errorf("who keeps what it borrowed of its own casts: %v", f)
	}
	if f := cohorttest.Find(t, o, keepers((*cohort.Request).Raw)); f != nil {
		t.Errorf("Raw may be kept: %v", f)
	}
}
