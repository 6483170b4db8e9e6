package cohort

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/lease"
	"github.com/cohortkit/cohort/internal/node"
)

// What is left when a process, a membership or an incarnation ends.

// alone is a node by itself, and a group that it is in.
func alone(t *testing.T, cfg GroupConfig) (*Node, *Group) {
	t.Helper()
	n, err := Start(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	g, err := n.Join(t.Context(), "g", cfg)
	if err != nil {
		t.Fatal(err)
	}
	return n, g
}

// Between the end of an incarnation and that of its memberships there is nobody who
// could cast.
func TestCastsBetweenIncarnations(t *testing.T) {
	n, g := alone(t, GroupConfig{})
	n.mu.Lock()
	former, windows := n.life, n.windows
	n.life, n.windows = nil, nil
	n.mu.Unlock()
	if err := g.CastRaw(t.Context(), FIFO, 1, nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("a cast of a node that is coming back: %v", err)
	}
	n.mu.Lock()
	n.life, n.windows = former, windows
	n.mu.Unlock()
}

// A process that is closed leaves no window, no seat and no membership behind, even if
// not all that it cast has been handled.
func TestAClosedProcessLeavesNothing(t *testing.T) {
	goOn := make(chan struct{})
	defer close(goOn)
	n, _ := alone(t, GroupConfig{Handlers: map[Entry]Handler{1: func(*Request) { <-goOn }}})
	var read *Group
	for range 3 {
		p, err := n.Process()
		if err != nil {
			t.Fatal(err)
		}
		if read, err = p.Join(t.Context(), "g", GroupConfig{}); err != nil {
			t.Fatal(err)
		}
		if err := read.CastRaw(t.Context(), FIFO, 1, make([]byte, 100<<10)); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	seats, groups, windows := 0, 0, 0
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	for left := true; left && ctx.Err() == nil; left = seats > 1 || groups > 1 || windows > 1 {
		n.life.node.Inspect(func(*core.Site) {
			seats, groups = len(n.life.seats), len(n.life.groups)
			n.mu.Lock()
			windows = len(n.windows)
			n.mu.Unlock()
		})
	}
	if seats+groups != 2 || windows > 1 { // the node's own
		t.Errorf("%d seats, %d memberships and %d windows are left", seats, groups, windows)
	}
	if err := read.Read(t.Context(), func() {}); !errors.Is(err, ErrLeft) {
		t.Errorf("who is no member reads its state: %v", err)
	}
}

// asked is a context that tells when somebody begins to wait.
type asked struct {
	context.Context
	once  sync.Once
	waits chan struct{}
}

func (a *asked) Done() <-chan struct{} {
	a.once.Do(func() { close(a.waits) })
	return a.Context.Done()
}

// Who casts to several groups takes their windows in one order, whatever his own: who
// waits for the first holds no other, for which somebody may wait who holds the first.
func TestListsTakeWindowsInOrder(t *testing.T) {
	n, a := alone(t, GroupConfig{})
	b, err := n.Join(t.Context(), "other", GroupConfig{})
	if err != nil {
		t.Fatal(err)
	}
	dests := []Address{a.Address(), b.Address()}
	slices.Sort(dests)
	c := n.Client(dests[1], dests[0])
	first, _ := c.windowOf(n.life, dests[0])
	second, _ := c.windowOf(n.life, dests[1])
	first.Take(flow.RequestWindow)
	ctx, stop := context.WithCancel(t.Context())
	waits := &asked{Context: ctx, waits: make(chan struct{})}
	done := make(chan error)
	go func() { done <- c.Cast(waits, Total, 1, make([]byte, 600<<10)) }()
	<-waits.waits
	if !second.Take(flow.RequestWindow) {
		t.Error("it holds the second window while it waits for the first")
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// Who waits for room when the node is closed is told so, and not that it comes back.
func TestWhoWaitsForRoomIsToldWhy(t *testing.T) {
	goOn := make(chan struct{})
	defer close(goOn)
	n, g := alone(t, GroupConfig{Handlers: map[Entry]Handler{1: func(*Request) { <-goOn }}})
	waits := &asked{Context: t.Context(), waits: make(chan struct{})}
	done := make(chan error)
	go func() {
		var err error
		for err == nil {
			err = g.CastRaw(waits, FIFO, 1, make([]byte, 100<<10))
		}
		done <- err
	}()
	<-waits.waits
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, ErrLeft) {
		t.Errorf("who waited is told: %v", err)
	}
}

// counting is this machine, which knows what still runs for a program.
type counting struct {
	node.Here
	all sync.WaitGroup
}

func (h *counting) Go(f func()) { h.all.Go(f) }

// No handler begins when the node is closed: not of the run that was being handled, nor
// of what was taken with it.
func TestNothingBeginsAfterClose(t *testing.T) {
	h := &counting{}
	n, err := Start(node.OnHost(t.Context(), h), Config{})
	if err != nil {
		t.Fatal(err)
	}
	handled, closed := 0, make(chan struct{})
	begun := make(chan struct{}, 10)
	handle := func(*Request) {
		handled++
		begun <- struct{}{}
		<-closed
	}
	g, err := n.Join(t.Context(), "g", GroupConfig{Handlers: map[Entry]Handler{1: handle, 2: handle}})
	if err != nil {
		t.Fatal(err)
	}
	list := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	for _, entry := range []Entry{1, 2} {
		if _, err := g.CastEach(t.Context(), FIFO, entry, list); err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	close(closed)
	if h.all.Wait(); handled != 1 {
		t.Errorf("%d handlers were begun, want the first alone", handled)
	}
}

// late is this machine, on which a site that comes back has started some time before
// the program hears of it.
type late struct {
	node.Here
	starts int
	up     chan struct{} // closed when it has
	heard  chan struct{} // closed to let the program hear
}

func (h *late) Start(ctx context.Context, cfg node.Config) (node.Site, error) {
	s, err := h.Here.Start(ctx, cfg)
	if h.starts++; h.starts == 2 {
		close(h.up)
		<-h.heard
	}
	return s, err
}

// A node that is closed just as it comes back is closed.
func TestCloseWhileComingBack(t *testing.T) {
	first, _ := alone(t, GroupConfig{})
	h := &late{up: make(chan struct{}), heard: make(chan struct{})}
	n, err := Start(node.OnHost(t.Context(), h), Config{Seeds: []string{first.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	<-h.up
	closed := make(chan error)
	go func() { closed <- n.Close() }()
	<-n.gone
	close(h.heard)
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// scripted is a host that starts goroutines when it is told to, and mute a site that
// takes everything.
type scripted struct {
	node.Here
	run []func()
}

func (h *scripted) Go(f func()) { h.run = append(h.run, f) }

type (
	running node.Site
	mute    struct{ running }
)

func (mute) Post(core.Event) {}
func (mute) Site() id.Site   { return 1 }

// restored writes down who restores.
type restored struct{ list []string }

func (s *restored) Snapshot() (func(io.Writer) error, error) { return nil, errors.New("not here") }

func (s *restored) Restore(r io.Reader) error {
	_, err := r.Read(make([]byte, 1))
	s.list = append(s.list, fmt.Sprint(err))
	return err
}

// A member that has to take over another state does so when it is done with the first,
// which it may not even have begun.
func TestRestoresFollowEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := &scripted{}, &restored{}
		l := &life{node: mute{}}
		n := &system{host: h, life: l}
		g := &Group{queue: newQueue(), cfg: GroupConfig{State: s}, life: l, addr: 1}
		g.n = &Node{system: n, number: 1}
		g.restore(l, core.Restore{Xfer: 1})
		g.ended(l, core.Left{Why: "taken out"})
		go g.restore(l, core.Restore{Xfer: 2})
		if synctest.Wait(); len(h.run) != 1 {
			t.Fatalf("%d restore at once", len(h.run))
		}
		h.run[0]()
		if synctest.Wait(); len(h.run) != 2 {
			t.Fatal("the second never begins")
		}
		g.loader.end("")
		h.run[1]()
		if want := []string{errStopped.Error(), io.EOF.Error()}; !slices.Equal(s.list, want) {
			t.Errorf("they end with %q, want %q", s.list, want)
		}
	})
}

// Who hears that a membership has ended has its state to itself.
func TestAGroupEndsAfterItsRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := &scripted{}, &restored{}
		l := &life{node: mute{}}
		g := &Group{queue: newQueue(), out: make(chan struct{}), cfg: GroupConfig{State: s}, life: l, addr: 1}
		g.n = &Node{system: &system{host: h, life: l}, number: 1}
		g.restore(l, core.Restore{Xfer: 1})
		go g.ended(l, core.Left{Why: "lost"})
		if synctest.Wait(); closed(g.out) {
			t.Error("it ends while its state is being restored")
		}
		h.run[0]()
		if synctest.Wait(); !closed(g.out) || !errors.Is(g.Err(), ErrLost) {
			t.Errorf("it ends with %v", g.Err())
		}
	})
}

// Nor does a node that is cut off end one before, which it was to leave, or join it again.
func TestAGroupThatIsLeftEndsAfterItsRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := &scripted{}, &restored{}
		l := &life{node: mute{}}
		g := &Group{queue: newQueue(), out: make(chan struct{}), cfg: GroupConfig{State: s}, life: l, addr: 1, abandoned: true}
		n := &system{host: h, life: l, groups: []*Group{g}}
		g.n = &Node{system: n, number: 1}
		g.restore(l, core.Restore{Xfer: 1})
		g.cutOff(l, false)
		n.rejoin(&life{n: n, node: mute{}})
		go g.run()
		if synctest.Wait(); closed(g.out) || g.life != nil {
			t.Error("it ends while its state is being restored, or joins again")
		}
		h.run[0]()
		if synctest.Wait(); !closed(g.out) || !errors.Is(g.Err(), ErrLeft) || len(n.groups) > 0 {
			t.Errorf("it ends with %v", g.Err())
		}
	})
}

// Who hands over a state is let go when the member is one no more, though it joins again.
func TestWhoJoinsAgainHandsOverNoMore(t *testing.T) {
	h := &scripted{}
	l := &life{node: mute{}}
	g := &Group{name: "g", queue: newQueue(), life: l, addr: 1}
	g.n = &Node{system: &system{host: h, life: l}, number: 1}
	f := &feed{g: g, life: l, stop: false}
	f.some.L = &f.mu
	if !g.feeds.add(f) {
		t.Fatal("a member hands over nothing")
	}
	g.ended(l, core.Left{Why: "behind"})
	if _, err := f.Write(make([]byte, flow.XferBlock)); !errors.Is(err, errStopped) {
		t.Errorf("it goes on: %v", err)
	}
	if !g.feeds.add(f) {
		t.Error("the next membership hands over nothing")
	}
}

// A node that was alone when it ended has nobody to come back to.
func TestNobodyComesBackAlone(t *testing.T) {
	n, g := alone(t, GroupConfig{})
	if err := n.EndIncarnation(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-g.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("its membership never ends")
	}
	if err := g.Err(); !errors.Is(err, ErrLeft) {
		t.Errorf("its membership ended with %v", err)
	}
	if _, err := n.Lookup(t.Context(), "g"); !errors.Is(err, ErrLeft) {
		t.Errorf("what it knows: %v", err)
	}
	if _, err := n.Join(t.Context(), "g", GroupConfig{}); !errors.Is(err, ErrLeft) {
		t.Errorf("it joins: %v", err)
	}
	if err := n.Receive(nil); !errors.Is(err, ErrLeft) {
		t.Errorf("it receives: %v", err)
	}
	if list := n.Why(); len(list) > 0 {
		t.Errorf("it waits: %v", list)
	}
}

// suspended is a site whose clock stood still while the machine's went on.
type suspended struct {
	mute
	began time.Time
	still time.Duration
}

func (s *suspended) At(t time.Time) effect.Time { return int64(t.Sub(s.began) - s.still) }

// A lease does not outlast the sleep of a machine, though a grant that was asked for
// before comes after it.
func TestALeaseEndsWhileTheMachineSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &suspended{began: time.Now().Add(-time.Hour)}
		l := &life{n: &system{}, node: s}
		l.terms.Store(&terms{})
		seat := &seat{life: l}
		seat.settled.Store(1)
		holds := func() bool { return seat.may(lease.Begin(1)) }
		const term = 882 * effect.Millisecond
		asked := s.At(time.Now())
		l.publish(&core.Output{}) // the step that asks
		time.Sleep(50 * time.Millisecond)
		l.publish(&core.Output{Terms: lease.Terms{Until: asked + term}})
		if !holds() {
			t.Error("a grant counts for nothing")
		}
		asked = s.At(time.Now())
		l.publish(&core.Output{Terms: lease.Terms{Until: asked + term}})
		time.Sleep(10 * time.Second)
		s.still = 10 * time.Second
		if holds() {
			t.Error("the lease of before outlasts the sleep")
		}
		l.publish(&core.Output{Terms: lease.Terms{Until: asked + term + 1}}) // it was in a socket
		if holds() {
			t.Error("the grant of before counts after the sleep")
		}
		for range 30 {
			asked = s.At(time.Now())
			l.publish(&core.Output{Terms: lease.Terms{Until: asked + term}})
			time.Sleep(100 * time.Millisecond)
		}
		if !holds() {
			t.Error("nobody ever reads after the sleep")
		}
	})
}
