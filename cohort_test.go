package cohort_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cohortkit/cohort"
)

const (
	echo   = cohort.Entry(1)
	note   = cohort.Entry(2)
	refuse = cohort.Entry(3)
	mute   = cohort.Entry(4)
)

// system is some nodes on loopback, and what their members saw.
type system struct {
	t     *testing.T
	ctx   context.Context
	nodes []*cohort.Node
}

func newSystem(t *testing.T, n int) *system {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	s := &system{t: t, ctx: ctx}
	for range n {
		s.start(cohort.Config{})
	}
	return s
}

func (s *system) start(cfg cohort.Config) *cohort.Node {
	s.t.Helper()
	if len(s.nodes) > 0 {
		cfg.Seeds = []string{s.nodes[0].Addr()}
	}
	n, err := cohort.Start(s.ctx, cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = n.Close() })
	s.nodes = append(s.nodes, n)
	return n
}

// diary is what one member saw: views and casts in one order.
type diary struct {
	mu    sync.Mutex
	lines []string
	some  sync.Cond
}

func newDiary() *diary { l := &diary{}; l.some.L = &l.mu; return l }

func (l *diary) add(line string) {
	l.mu.Lock()
	l.lines = append(l.lines, line)
	l.some.Broadcast()
	l.mu.Unlock()
}

// await waits until a line satisfies ok, and returns all lines.
func (l *diary) await(t *testing.T, what string, ok func(string) bool) []string {
	t.Helper()
	late := time.AfterFunc(30*time.Second, func() { l.add("too late") })
	defer late.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for seen := 0; ; {
		for _, line := range l.lines[seen:] {
			if line == "too late" {
				t.Fatalf("never saw %s in %q", what, l.lines)
			}
			if ok(line) {
				return append([]string(nil), l.lines...)
			}
		}
		seen = len(l.lines)
		for len(l.lines) == seen {
			l.some.Wait()
		}
	}
}

func (s *system) join(n *cohort.Node, l *diary) *cohort.Group {
	s.t.Helper()
	g, err := n.Join(s.ctx, "g", cohort.GroupConfig{
		OnView: func(v cohort.View) { l.add(fmt.Sprintf("view of %d, %d left", len(v.Members), len(v.Left))) },
		Handlers: map[cohort.Entry]cohort.Handler{
			echo:   func(r *cohort.Request) { _ = r.Reply(r.Message()) },
			note:   func(r *cohort.Request) { l.add(r.Text("text")) },
			refuse: func(r *cohort.Request) { _ = r.Error(errors.New("not today")) },
			mute:   func(*cohort.Request) {},
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return g
}

func is(want string) func(string) bool { return func(s string) bool { return s == want } }

func TestCastsOfAllOrdersReachAllMembersInOrder(t *testing.T) {
	s := newSystem(t, 3)
	var logs []*diary
	var groups []*cohort.Group
	for _, n := range s.nodes {
		l := newDiary()
		logs = append(logs, l)
		groups = append(groups, s.join(n, l))
	}
	orders := []cohort.Order{cohort.FIFO, cohort.Causal, cohort.Total, cohort.Barrier}
	for k := range 200 {
		var opts []cohort.Option
		if k%3 == 0 {
			opts = append(opts, cohort.Safe())
		}
		err := groups[1].Cast(s.ctx, orders[k%4], note, cohort.Message{"text": fmt.Sprint(k)}, opts...)
		if err != nil {
			t.Fatal(err)
		}
	}
	for m, l := range logs {
		next := 0
		for _, line := range l.await(t, "199", is("199")) {
			if strings.HasPrefix(line, "view") {
				continue
			}
			if line != fmt.Sprint(next) {
				t.Fatalf("member %d was delivered %s where %d was due", m, line, next)
			}
			next++
		}
	}
}

func TestCalls(t *testing.T) {
	s := newSystem(t, 3)
	var groups []*cohort.Group
	for _, n := range s.nodes {
		groups = append(groups, s.join(n, newDiary()))
	}
	client := s.start(cohort.Config{NoVote: true})
	v, err := client.Lookup(s.ctx, "g")
	if err != nil {
		t.Fatal(err)
	}
	type caller interface {
		Call(context.Context, cohort.Order, cohort.Entry, any, int, ...cohort.Option) ([]cohort.Reply, error)
	}
	for name, c := range map[string]caller{"member": groups[0], "client": client.Client(v.Group)} {
		t.Run(name, func(t *testing.T) {
			for _, order := range []cohort.Order{cohort.FIFO, cohort.Causal, cohort.Total, cohort.Barrier} {
				for want, got := range map[int]int{1: 1, 2: 2, cohort.All: 3} {
					replies, err := c.Call(s.ctx, order, echo, cohort.Message{"x": int64(7)}, want)
					if err != nil || len(replies) < got || replies[0].Int("x") != 7 {
						t.Errorf("order %d, %d wanted: %d replies, %v", order, want, len(replies), err)
					}
				}
			}
			replies, err := c.Call(s.ctx, cohort.Causal, refuse, cohort.Message{}, 1)
			var remote *cohort.RemoteError
			if err != nil || !errors.As(replies[0].Err, &remote) || remote.Text != "not today" {
				t.Errorf("a refusal came as %+v, %v", replies, err)
			}
			if _, err = c.Call(s.ctx, cohort.Causal, mute, cohort.Message{}, 1); !errors.Is(err, cohort.ErrNobody) {
				t.Errorf("all declined, and the call ended with %v", err)
			}
			if _, err = c.Call(s.ctx, cohort.Causal, 99, cohort.Message{}, cohort.All); !errors.Is(err, cohort.ErrNobody) {
				t.Errorf("no handler, and the call ended with %v", err)
			}
			// Three refuse, and nobody is left: why they refuse says more than that.
			_, err = cohort.Call[string](s.ctx, c, cohort.Causal, refuse, cohort.Message{}, 4)
			if !errors.As(err, &remote) || remote.Text != "not today" {
				t.Errorf("answers were refused, and the typed call ended with %v", err)
			}
			replies, err = c.Call(s.ctx, cohort.Causal, note, cohort.Message{"text": int64(3)}, 1)
			if err != nil || !errors.As(replies[0].Err, &remote) || !strings.Contains(remote.Text, `"text"`) {
				t.Errorf("a field of another type came as %+v, %v", replies, err)
			}
		})
	}
}

func TestJoinerGetsTheStateWhileTheGroupWorks(t *testing.T) {
	s := newSystem(t, 3)
	const size = 100 << 20
	big := bytes.Repeat([]byte("state of the group "), size/19)
	donor := &blob{data: big}
	join := func(n *cohort.Node, b *blob) *cohort.Group {
		g, err := n.Join(s.ctx, "big", cohort.GroupConfig{State: b, Handlers: map[cohort.Entry]cohort.Handler{
			echo: func(r *cohort.Request) { b.casts.Add(1); _ = r.Reply(cohort.Message{}) },
		}})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	g := join(s.nodes[0], donor)
	join(s.nodes[1], &blob{})
	stop := make(chan struct{})
	var answered, slowest atomic.Int64
	var load sync.WaitGroup
	load.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			began := time.Now()
			if _, err := g.Call(s.ctx, cohort.Total, echo, cohort.Message{"x": 1}, 1); err != nil {
				t.Errorf("a call during the transfer: %v", err)
				return
			}
			answered.Add(1)
			slowest.Store(max(slowest.Load(), int64(time.Since(began))))
		}
	})
	before := answered.Load()
	began := time.Now()
	late := &blob{}
	join(s.nodes[2], late)
	took := time.Since(began)
	during := answered.Load() - before
	close(stop)
	load.Wait()
	if !bytes.Equal(late.data, big) {
		t.Fatal("the joiner holds another state")
	}
	if during == 0 {
		t.Error("the group answered nothing during the transfer")
	}
	if err := g.Flush(s.ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("100 MB in %v; %d calls meanwhile, the slowest %v", took, during, time.Duration(slowest.Load()))
	deadline := time.Now().Add(10 * time.Second)
	for late.casts.Load() != donor.casts.Load() {
		if time.Now().After(deadline) {
			t.Fatalf("the joiner counts %d casts, the donor %d", late.casts.Load(), donor.casts.Load())
		}
		runtime.Gosched()
	}
}

// blob is a state of some bytes and a count.
type blob struct {
	data  []byte
	casts atomic.Int64
}

func (b *blob) Snapshot() (func(io.Writer) error, error) {
	n := b.casts.Load()
	return func(w io.Writer) error {
		if _, err := fmt.Fprintf(w, "%020d", n); err != nil {
			return err
		}
		_, err := w.Write(b.data)
		return err
	}, nil
}

func (b *blob) Restore(r io.Reader) error {
	var count [20]byte
	if _, err := io.ReadFull(r, count[:]); err != nil {
		return err
	}
	var n int64
	if _, err := fmt.Sscanf(string(count[:]), "%d", &n); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	b.data = data
	b.casts.Store(n)
	return nil
}

func TestAMemberDiesAndTheOthersGoOn(t *testing.T) {
	s := newSystem(t, 3)
	l := newDiary()
	s.join(s.nodes[0], newDiary())
	g := s.join(s.nodes[1], l)
	s.join(s.nodes[2], newDiary())
	l.await(t, "three members", is("view of 3, 0 left"))
	began := time.Now()
	_ = s.nodes[0].Close() // the oldest: coordinator of everything
	l.await(t, "the view after", is("view of 2, 1 left"))
	t.Logf("new view after %v", time.Since(began))
	replies, err := g.Call(s.ctx, cohort.Total, echo, cohort.Message{"x": 1}, cohort.All, cohort.Safe())
	if err != nil || len(replies) != 2 {
		t.Errorf("%d replies, %v", len(replies), err)
	}
}

func TestLargeCast(t *testing.T) {
	s := newSystem(t, 2)
	got := make(chan int, 2)
	var g *cohort.Group
	for _, n := range s.nodes {
		var err error
		g, err = n.Join(s.ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
			note: func(r *cohort.Request) { got <- len(r.Raw()) },
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	const size = 60 << 20
	if err := g.Cast(s.ctx, cohort.Total, note, make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case n := <-got:
			if n != size {
				t.Errorf("%d bytes arrived of %d", n, size)
			}
		case <-s.ctx.Done():
			t.Fatal("it did not arrive")
		}
	}
	if err := g.Cast(s.ctx, cohort.Total, note, make([]byte, 65<<20)); !errors.Is(err, cohort.ErrTooLarge) {
		t.Errorf("65 MiB: %v", err)
	}
}

func TestReplyToNothing(t *testing.T) {
	s := newSystem(t, 1)
	errs := make(chan error, 2)
	g, err := s.nodes[0].Join(s.ctx, "g", cohort.GroupConfig{Handlers: map[cohort.Entry]cohort.Handler{
		echo: func(r *cohort.Request) {
			_ = r.Reply(cohort.Message{})
			errs <- r.Reply(cohort.Message{})
		},
		note: func(r *cohort.Request) { errs <- r.Reply(cohort.Message{}) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Call(s.ctx, cohort.Causal, echo, cohort.Message{}, 1); err != nil {
		t.Fatal(err)
	}
	if err := g.Cast(s.ctx, cohort.Causal, note, cohort.Message{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-errs; !errors.Is(err, cohort.ErrNoReply) {
			t.Errorf("a reply nobody waits for: %v", err)
		}
	}
}

func TestNothingIsLeftAfterClose(t *testing.T) {
	before := runtime.NumGoroutine()
	func() {
		s := newSystem(t, 3)
		var g *cohort.Group
		for _, n := range s.nodes {
			g = s.join(n, newDiary())
		}
		if _, err := g.Call(s.ctx, cohort.Total, echo, cohort.Message{"x": 1}, cohort.All); err != nil {
			t.Fatal(err)
		}
		if err := s.nodes[1].Leave(s.ctx); err != nil {
			t.Errorf("leaving: %v", err)
		}
		for _, n := range s.nodes {
			_ = n.Close()
		}
	}()
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before+1 { // the context's timer may have one
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		runtime.Gosched()
	}
}

// A window that forgot a few bytes of each cast would stop everything after a
// while: more goes through here than it holds.
func TestWindowsDoNotLeak(t *testing.T) {
	s := newSystem(t, 2)
	s.join(s.nodes[0], newDiary())
	v, err := s.nodes[1].Lookup(s.ctx, "g")
	if err != nil {
		t.Fatal(err)
	}
	client := s.nodes[1].Client(v.Group)
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			for range 500 {
				if _, err := client.Call(s.ctx, cohort.Causal, echo, cohort.Message{"x": 1}, 1); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	callers.Wait()
}

func TestTheEndOfAMembership(t *testing.T) {
	s := newSystem(t, 2)
	var groups []*cohort.Group
	for _, n := range s.nodes {
		g, err := n.Join(s.ctx, "ends", cohort.GroupConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Err(); err != nil {
			t.Fatalf("Err is %v in a membership that goes on", err)
		}
		groups = append(groups, g)
	}
	if err := groups[0].Leave(s.ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.nodes[1].Close(); err != nil {
		t.Fatal(err)
	}
	for i, how := range []string{"Leave", "Close"} {
		select {
		case <-groups[i].Done():
		case <-s.ctx.Done():
			t.Fatalf("Done is open after %s", how)
		}
		if err := groups[i].Err(); !errors.Is(err, cohort.ErrLeft) {
			t.Errorf("Err is %v after %s", err, how)
		}
	}
}
