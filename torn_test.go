package cohort

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/node"
)

// half is a state of which a donor writes only the beginning.
type half struct {
	begun chan struct{} // closed when a joiner reads
	done  chan struct{}
}

func (s *half) Snapshot() (func(io.Writer) error, error) {
	return func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		<-s.done
		return err
	}, nil
}

func (s *half) Restore(r io.Reader) error {
	_, err := io.ReadFull(r, make([]byte, 1))
	close(s.begun)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	return err
}

// A node that is excluded when it has half of the state, and is back when nobody has it,
// begins no group with that.
func TestHalfAStateFoundsNoGroup(t *testing.T) {
	donor := &half{done: make(chan struct{})}
	defer close(donor.done)
	first, old := alone(t, GroupConfig{State: donor})
	h := &late{up: make(chan struct{}), heard: make(chan struct{})}
	n, err := Start(node.OnHost(t.Context(), h), Config{Seeds: []string{first.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	torn := &half{begun: make(chan struct{})}
	joined := make(chan error, 1)
	go func() {
		_, err := n.Join(t.Context(), "g", GroupConfig{State: torn})
		joined <- err
	}()
	<-torn.begun
	if err := n.EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	if err := old.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-h.up
	close(h.heard)
	select {
	case err := <-joined:
		if !errors.Is(err, ErrLost) {
			t.Fatalf("Join ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Join never ends")
	}
	g, err := n.Join(t.Context(), "g", GroupConfig{State: &half{}})
	if err != nil || len(g.View().Members) != 1 {
		t.Errorf("the next one: %v, %v", g, err)
	}
}

// Nor does one that has not been told that it has all of it, or had all of what its former
// self was given.
func TestWhoseStateIsWhole(t *testing.T) {
	former, l := &life{}, &life{}
	for what, c := range map[string]struct {
		x     *loader
		whole bool
	}{
		"half":            {x: &loader{life: l}},
		"stopped":         {x: &loader{life: l, taken: true, failed: errStopped}},
		"of one before":   {x: &loader{life: former, taken: true}},
		"all that it has": {x: &loader{life: l, taken: true}, whole: true},
	} {
		g := &Group{queue: newQueue(), in: make(chan struct{}), out: make(chan struct{}), loader: c.x, loaded: make(chan struct{}), torn: true}
		close(g.loaded)
		c.x.some.L = &c.x.mu
		g.n = &Node{system: &system{host: node.Here{}}, number: 1}
		g.viewed(l, core.Viewed{View: &view.Group{Group: 1}})
		if closed(g.in) != c.whole || closed(g.out) == c.whole {
			t.Errorf("%s: it is in: %v, and it ends: %v", what, closed(g.in), closed(g.out))
		}
	}
}

// outlived is a state whose Snapshot takes longer than its member lives.
type outlived struct {
	half
	meanwhile func()
}

func (s *outlived) Snapshot() (func(io.Writer) error, error) {
	s.meanwhile()
	return s.half.Snapshot()
}

// Who captures the state while the node is excluded and comes back hands it over to
// nobody: the next incarnation's joiners ask anew, and nobody would stop it.
func TestACaptureThatOutlivesItsMember(t *testing.T) {
	h := &scripted{}
	l := &life{node: mute{}}
	n := &system{host: h, life: l}
	g := &Group{queue: newQueue(), life: l, addr: 1}
	g.n = &Node{system: n, number: 1}
	n.groups = []*Group{g}
	g.cfg.State = &outlived{meanwhile: func() {
		g.cutOff(l, false)
		n.rejoin(&life{n: n, node: mute{}})
	}}
	g.capture(l, core.Capture{})
	if len(h.run) > 0 || len(g.feeds.list) > 0 {
		t.Errorf("%d hand it over", len(g.feeds.list))
	}
}

// stubborn is a state that ends with an error of its own, whatever it has read.
type stubborn struct{ half }

func (*stubborn) Restore(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return errors.New("its own: " + err.Error())
}

// A Restore that was stopped tells the core nothing, whatever it returns: the next
// membership's may have its number.
func TestAStoppedRestoreTellsNothing(t *testing.T) {
	h, site := &scripted{}, &told{}
	l := &life{node: site}
	g := &Group{queue: newQueue(), cfg: GroupConfig{State: &stubborn{}}, life: l, addr: 1}
	g.n = &Node{system: &system{host: h, life: l}, number: 1}
	g.restore(l, core.Restore{Xfer: 1})
	g.loader.stop()
	h.run[0]()
	if len(site.list) > 0 || g.restoreErr != nil {
		t.Errorf("it tells %v, %v", site.list, g.restoreErr)
	}
}
