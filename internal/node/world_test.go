package node

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/transport"
)

// patience is how long a test waits for what must come. In a bubble it costs
// nothing; on a real clock only a failing test uses it up.
const patience = 30 * time.Second

// world is a network and the nodes of a test on it.
type world struct {
	t      *testing.T
	memory *transport.Memory // nil: TCP
	conns  cutter
	nodes  []*program
}

// inWorlds runs a test over memory, on a clock that does not run by itself, and
// over TCP. Afterwards nothing may be left of the nodes.
func inWorlds(t *testing.T, test func(*testing.T, *world)) {
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // fails when goroutines are left
			w := &world{t: t, memory: transport.NewMemory()}
			defer w.close()
			test(t, w)
		})
	})
	t.Run("tcp", func(t *testing.T) {
		noLeaks(t)
		w := &world{t: t}
		defer w.close()
		test(t, w)
	})
}

func (w *world) close() {
	for _, p := range w.nodes {
		p.Close()
	}
}

// host is the transport of the i-th node.
func (w *world) host(i int) transport.Transport {
	if w.memory != nil {
		return w.conns.over(w.memory.Host(hostName(i)))
	}
	return w.conns.over(transport.TCP{})
}

func hostName(i int) string { return string(rune('a' + i)) }

// start runs one more node, which joins those there are.
func (w *world) start(change ...func(*Config)) *program {
	w.t.Helper()
	p, err := w.tryStart(w.t.Context(), change...)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) tryStart(ctx context.Context, change ...func(*Config)) (*program, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p := newProgram(w.t)
	i := len(w.nodes)
	cfg := Config{Name: hostName(i), Transport: w.host(i), OnItems: p.take}
	if w.memory != nil {
		cfg.Listen = hostName(i) + ":0"
	}
	if i > 0 {
		cfg.Seeds = []string{w.nodes[0].Addr()}
	}
	for _, f := range change {
		f(&cfg)
	}
	n, err := Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	p.Node = n
	w.nodes = append(w.nodes, p)
	return p, nil
}

// startAll runs n nodes with a process in group "g" each, and returns when all
// see all.
func (w *world) startAll(n int, change ...func(*Config)) []*program {
	w.t.Helper()
	for range n {
		p := w.start(change...)
		p.join()
	}
	for _, p := range w.nodes {
		p.await("a view of all", func() bool { return len(p.members()) == n })
	}
	return w.nodes
}

// sees waits until the node has a site view of just these.
func (p *program) sees(others ...*program) {
	p.t.Helper()
	var want []string
	for _, o := range others {
		want = append(want, o.Name())
	}
	slices.Sort(want)
	p.await(fmt.Sprint("a site view of ", want), func() bool { return slices.Equal(p.siteView(), want) })
}

// program is a node with a process that is in at most one group. It keeps what
// its node hands over.
type program struct {
	*Node
	t     *testing.T
	proc  id.Address
	later bool // casts count as used some time after their delivery

	mu      sync.Mutex
	changed chan struct{} // closed and replaced with every item
	group   id.Address
	view    *view.Group
	site    *view.Site
	casts   []delivery
	freed   int
	other   []core.Item // what is not counted above
}

type delivery struct {
	order msg.Order
	from  id.Address
	body  string
}

func newProgram(t *testing.T) *program { return &program{t: t, changed: make(chan struct{})} }

// take is OnItems.
func (p *program) take(items []core.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range items {
		switch i := i.(type) {
		case core.Joined:
			p.group = i.Group
		case core.Viewed:
			p.view = i.View
		case core.SiteViewed:
			p.site = i.View
		case core.Casts:
			p.deliver(i)
		case core.Freed:
			p.freed += i.Bytes
		default:
			p.other = append(p.other, i)
		}
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *program) deliver(i core.Casts) {
	rest := i.Run.Body
	for range i.Run.N {
		var b []byte
		var ok bool
		if b, rest, ok = msg.NextCast(rest); !ok {
			p.t.Errorf("a run of %d casts holds fewer", i.Run.N)
			return
		}
		p.casts = append(p.casts, delivery{i.Run.Order, i.Sender, string(b)})
	}
	used := core.Used{Proc: i.Proc, Group: i.Group, Since: i.Since, Items: 1}
	switch {
	case i.Group == 0:
	case p.later:
		go p.Post(used)
	default:
		p.Post(used)
	}
}

// await waits until what holds, under the lock.
func (p *program) await(what string, holds func() bool) {
	p.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		p.mu.Lock()
		ok, changed := holds(), p.changed
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			p.t.Fatalf("%s waits in vain for %s", p.Name(), what)
		}
	}
}

// join makes the program a member of the group g.
func (p *program) join() {
	p.t.Helper()
	p.proc = id.Process(p.Site(), 1)
	p.Post(core.JoinGroup{Proc: p.proc, Name: "g"})
	p.await("its group", func() bool { return p.view != nil })
}

// members of the group's view, siteView's names in order: under the lock.
func (p *program) members() []view.GroupMember {
	if p.view == nil {
		return nil
	}
	return p.view.Members
}

func (p *program) siteView() (names []string) {
	if p.site != nil {
		for _, m := range p.site.Members {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// cast sends payloads in one run.
func (p *program) cast(o msg.Order, safe bool, payloads ...string) {
	var body []byte
	for _, b := range payloads {
		body = msg.AppendCast(body, []byte(b))
	}
	p.Post(core.Cast{Proc: p.proc, Dest: p.group, Order: o, Safe: safe, N: uint32(len(payloads)), Body: body})
}

// has counts deliveries of an order, or of all for 0: under the lock.
func (p *program) has(o msg.Order) (n int) {
	for _, d := range p.casts {
		if o == 0 || d.order == o {
			n++
		}
	}
	return n
}

// cutter hands out transports whose connections can be broken.
type cutter struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
	cuts  atomic.Int64
}

type cutTransport struct {
	transport.Transport
	c *cutter
}

func (c *cutter) over(t transport.Transport) transport.Transport { return &cutTransport{t, c} }

func (t *cutTransport) Dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := t.Transport.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	if t.c.conns == nil {
		t.c.conns = map[net.Conn]struct{}{}
	}
	t.c.conns[conn] = struct{}{}
	return conn, nil
}

// cut breaks all connections there are, wherever they stand.
func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // what is under way is lost
		}
		_ = conn.Close()
		c.cuts.Add(1)
	}
	clear(c.conns)
}

// inspects waits until what holds of the node's core.
func (p *program) inspects(what string, holds func(*core.Site) bool) {
	p.t.Helper()
	limit := time.Now().Add(patience)
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		ok := false
		if !p.Inspect(func(s *core.Site) { ok = holds(s) }) || time.Now().After(limit) {
			p.t.Fatal(what, "never came")
		}
		if ok {
			tick.Stop()
			return
		}
	}
}
