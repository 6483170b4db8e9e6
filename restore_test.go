package cohort_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
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

// Who is given the state by a process that is closed, and that alone has it, does not wait
// for the rest.
func TestDonorThatIsClosed(t *testing.T) {
	s := newSystem(t, 2)
	p, err := s.nodes[0].Process()
	if err != nil {
		t.Fatal(err)
	}
	donor := &stuck{done: make(chan struct{})}
	defer close(donor.done)
	if _, err := p.Join(s.ctx, "g", cohort.GroupConfig{State: donor}); err != nil {
		t.Fatal(err)
	}
	joiner := &stuck{begun: make(chan struct{}), read: make(chan error, 1)}
	joined := make(chan error, 1)
	go func() {
		_, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: joiner})
		joined <- err
	}()
	<-joiner.begun
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-joined; !errors.Is(err, cohort.ErrLost) {
		t.Errorf("Join ended with %v", err)
	}
}

// useless is a state that cannot be taken over.
type useless struct{ pieces }

var errUseless = errors.New("of no use")

func (*useless) Restore(io.Reader) error { return errUseless }

// Who cannot take over the state is no member, hears why, and may join again.
func TestRestoreFails(t *testing.T) {
	s := newSystem(t, 2)
	first, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: &pieces{list: [][]byte{[]byte("state")}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: &useless{}}); !errors.Is(err, errUseless) {
		t.Errorf("Join ended with %v", err)
	}
	again := &pieces{}
	if _, err := s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: again}); err != nil || string(again.read) != "state" {
		t.Errorf("the second time it ends with %v and has %q", err, again.read)
	}
	if n := len(first.View().Members); n != 2 {
		t.Errorf("%d members", n)
	}
}

// pieces is a state of bytes that are written in pieces, some of them shared.
type pieces struct {
	list [][]byte
	read []byte
}

func (p *pieces) Snapshot() (func(io.Writer) error, error) {
	return func(w io.Writer) error {
		for k, b := range p.list {
			write := cohort.WriteShared
			if k%2 == 1 {
				write = io.Writer.Write
			}
			if n, err := write(w, b); err != nil || n != len(b) {
				return fmt.Errorf("%d bytes written of %d: %w", n, len(b), err)
			}
		}
		return nil
	}, nil
}

func (p *pieces) Restore(r io.Reader) (err error) {
	p.read, err = io.ReadAll(r)
	return err
}

// What is shared comes in its place among what is written.
func TestWriteShared(t *testing.T) {
	s := newSystem(t, 2)
	donor, joiner := &pieces{}, &pieces{}
	chance := rand.NewChaCha8([32]byte{7})
	for _, size := range []int{0, 10, 16 << 10, 5, 1 << 20, 300_000, 256 << 10, 0, 5_000_001, 7, 100} {
		b := make([]byte, size)
		_, _ = chance.Read(b)
		donor.list = append(donor.list, b)
	}
	for i, state := range []*pieces{donor, joiner} {
		if _, err := s.nodes[i].Join(s.ctx, "g", cohort.GroupConfig{State: state}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(joiner.read, bytes.Join(donor.list, nil)) {
		t.Errorf("%d bytes come that are not those written", len(joiner.read))
	}
	var other bytes.Buffer
	if n, err := cohort.WriteShared(&other, donor.list[4]); err != nil || n != 1<<20 || !bytes.Equal(other.Bytes(), donor.list[4]) {
		t.Errorf("to another writer: %d bytes, %v", n, err)
	}
}

// late is a state that is taken over when it may be.
type late struct {
	pieces
	begun, goOn chan struct{}
	once        sync.Once
}

func (l *late) Restore(r io.Reader) error {
	l.once.Do(func() { close(l.begun) })
	<-l.goOn
	return l.pieces.Restore(r)
}

// An heir whose node is cut off while it is fed is the heir when that is back.
func TestHeirThatIsCutOff(t *testing.T) {
	s := newSystem(t, 3)
	old, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{State: &pieces{list: [][]byte{[]byte("state")}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.nodes[1].Join(s.ctx, "g", cohort.GroupConfig{State: &pieces{}}); err != nil {
		t.Fatal(err)
	}
	heir := &late{begun: make(chan struct{}), goOn: make(chan struct{})}
	joined := make(chan error, 1)
	go func() {
		_, err := s.nodes[2].Join(s.ctx, "g", cohort.GroupConfig{State: heir, Replaces: s.nodes[0].Address()})
		joined <- err
	}()
	<-heir.begun
	if err := s.nodes[2].EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	close(heir.goOn)
	if err := <-joined; err != nil {
		t.Fatal(err)
	}
	select {
	case <-old.Done():
	case <-s.ctx.Done():
		t.Error("who is replaced is still there")
	}
}
