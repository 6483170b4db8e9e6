package cohort_test

import (
	"errors"
	"io"
	"testing"

	"github.com/cohortkit/cohort"
)

// stuck is a state that its donor begins to write, and never ends.
type stuck struct {
	begun chan struct{} // closed when a joiner reads
	read  chan error    // how reading ended
	done  chan struct{}
}

func (s *stuck) Snapshot() (func(io.Writer) error, error) {
	return func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		<-s.done
		return err
	}, nil
}

func (s *stuck) Restore(r io.Reader) error {
	_, err := io.ReadFull(r, make([]byte, 1))
	close(s.begun)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	s.read <- err
	return err
}

// A node that closes while it is given a state leaves nobody behind who reads.
func TestRestoreEndsWithItsNode(t *testing.T) {
	s := newSystem(t, 2)
	donor := &stuck{done: make(chan struct{})}
	defer close(donor.done)
	if _, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: donor}); err != nil {
		t.Fatal(err)
	}
	joiner := &stuck{begun: make(chan struct{}), read: make(chan error, 1)}
	joined := make(chan error, 1)
	go func() {
		_, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: joiner})
		joined <- err
	}()
	<-joiner.begun
	if err := s.nodes[1].Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-joined; !errors.Is(err, cohort.ErrLeft) {
		t.Errorf("Join ended with %v", err)
	}
	select {
	case err := <-joiner.read:
		if err == nil {
			t.Error("half a state was taken for a whole one")
		}
	case <-s.ctx.Done():
		t.Error("Restore reads for ever")
	}
}
