package cohort

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/node"
	"github.com/cohortkit/cohort/internal/node/gather"
	"github.com/cohortkit/cohort/internal/trace"
)

// Config says how a node starts. The zero Config founds a system on a free port
// of the loopback interface.
type Config struct {
	// Name is unique in the system; empty means the advertised address. A node
	// that comes back under its old name replaces its former self: at its old address at
	// once, at another when that is missed; until then it is refused.
	Name string
	// Listen is the address for other nodes; empty means a free loopback port.
	// Advertise is where they reach it, if that is another one: a host, and a port
	// in figures; 0 stands for the port listened at.
	Listen, Advertise string
	// Seeds are addresses of nodes of the system to join. Without seeds a new
	// system is founded: never alone by accident.
	Seeds []string
	// Expect lets equal configurations start together: with Expect N, Seeds are the
	// advertised addresses of N nodes, this one among them. They found one system
	// when all N run; a node that finds a system at one of them joins that.
	Expect int
	// Weight is the node's votes in who is a member; 0 means 1. More than half of
	// the votes decide, or half with the oldest node.
	Weight uint32
	// NoVote makes a node that hosts processes but has no say in who is a
	// member: for clients that come and go.
	NoVote bool
	// SessionTimeout is how long the groups this node is in keep the sessions of a
	// client whose node is gone from the system; 0 means a minute. It should be the
	// same at all nodes.
	SessionTimeout time.Duration
	// MinWeight is what those in touch with each other must weigh for the node to
	// work, besides a majority; give all nodes the same. A system of five with
	// MinWeight 2 can shrink to two nodes and not to one.
	MinWeight uint64
	// HaltAfter is how long a node that is out of touch with the majority waits for
	// it to come back. Then it ends its memberships, as if it had been excluded,
	// and looks for the system anew. 0 means to wait for ever. If all nodes have ended so,
	// because the network was down for longer, none finds a system any more: nobody founds one
	// by itself. Start them anew then, as the first time. A node alone in the system never ends so.
	HaltAfter time.Duration
	// Logger gets what operators want to know; nil logs nothing.
	Logger *slog.Logger
	// Status is where the node tells who connects what Why says, as JSON, for
	// `cohort why --node`, from when Start begins: an address of the loopback interface, or the path of a
	// Unix socket, with a /, that only this user may open. Empty: nowhere.
	Status string
	// Trace gets everything that happens here as JSON lines (docs/trace.md),
	// for `cohort check` and `cohort trace`. It costs: leave it nil in production.
	// If it fails the trace ends there; the Logger and Close tell. Each Start begins one,
	// also one that fails: give another Writer to the next. A Writer or Logger that blocks
	// stops the node, which the others take for dead.
	Trace io.Writer
}

// check finds what is wrong with a configuration by itself.
func (c *Config) check() error {
	seeds := slices.Sorted(slices.Values(c.Seeds))
	switch {
	case c.NoVote && c.Weight != 0:
		return &ConfigError{Field: "Weight", What: "is given to a node that has no vote"}
	case c.SessionTimeout < 0:
		return &ConfigError{Field: "SessionTimeout", What: "is negative"}
	case c.Expect < 0:
		return &ConfigError{Field: "Expect", What: "is negative"}
	case c.Expect > 0 && c.NoVote:
		return &ConfigError{Field: "NoVote", What: "is not for a node that founds a system with others, as Expect says; leave Expect out"}
	case c.Expect > 0 && len(slices.Compact(seeds)) != c.Expect:
		return &ConfigError{Field: "Seeds", What: fmt.Sprintf("must be the addresses of all %d nodes that found the system together", c.Expect)}
	}
	return checkStatus(c.Status)
}

// together are the addresses of those that found the system with this node.
func (c *Config) together() []string {
	if c.Expect == 0 {
		return nil
	}
	return c.Seeds
}

// Node is this process's part in a system: it joins groups, casts and calls.
// Its methods are safe for concurrent use.
//
// A node that the system excluded while it was out of touch comes back by
// itself as a new incarnation, and joins its groups again with the state of
// those that went on; calls under way end with ErrUnknown.
type Node struct {
	*system
	number uint16 // of the process at the node; 1 is the one that Start returned
	ended  bool   // by its own Close or Leave; under mu
}

// system is what the processes of one node share.
type system struct {
	cfg   Config
	host  node.Host
	trace *trace.Writer

	mu       guard
	life     *life // nil while starting or coming back
	begun    bool  // it has been in a system
	closed   bool
	leaving  bool
	over     bool   // it has ended, and there is nobody to come back to
	last     uint16 // the last number that was given to a process
	groups   []*Group
	sessions []*session
	calls    map[uint64]*pending
	lastID   uint64
	windows  map[windowKey]*gather.Window // of life
	directs  map[uint16]*Group            // what stands for processes' own addresses
	seeds    []string                     // where the others were last
	stalled  bool
	halted   string    // why the last incarnation ended
	away     hindrance // what keeps the next one from coming up
	status   *status   // nil if nobody is to be told
	gone     chan struct{}
	done     chan struct{}

	reading atomic.Int64 // reads that wait, of all groups
}

// life is one incarnation.
type life struct {
	n       *system
	node    node.Site
	halting bool // the core's last items are being sorted

	terms atomic.Pointer[terms] // what readers may rely on

	// The core's goroutine only.
	seats  map[seatKey]*seat
	groups map[membership]*Group
	clocks clocks
}

// membership is of a process in a group.
type membership struct{ proc, group Address }

// process is the address that a process of the node has in this incarnation.
func (l *life) process(number uint16) Address { return id.Process(l.node.Site(), number) }

// Start runs a node and waits until it is in a system; with seeds it tries them
// until ctx ends, or until it was refused for ten seconds: then the error is a
// *RefusedError. If ctx ends first it is a *SeedError in which errors.As finds a refusal,
// and without seeds ctx's own. Others are *ConfigError and *ListenError. What ctx does
// later means nothing to the node.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	n := &system{
		cfg: cfg, host: node.HostOf(ctx), last: 1, calls: map[uint64]*pending{}, windows: map[windowKey]*gather.Window{}, directs: map[uint16]*Group{},
		gone: make(chan struct{}), done: make(chan struct{}),
	}
	told, err := n.openStatus()
	if err != nil {
		return nil, err
	}
	if cfg.Trace != nil {
		n.openTrace()
	}
	if told != nil {
		n.status = told
		go told.serve(n)
	}
	l, err := n.begin(ctx, cfg.Listen, cfg.Seeds, true)
	if err != nil {
		told.close()
		if n.trace != nil {
			_ = n.trace.Close() // for what led to err; of its own one the log tells
		}
		return nil, err
	}
	go n.supervise(l, n.host.Ticket())
	return &Node{system: n, number: 1}, nil
}

// begin starts an incarnation. Only the first may found a system together with
// others: a later one has been in one, and looks for that.
func (n *system) begin(ctx context.Context, listen string, seeds []string, first bool) (*life, error) {
	l := &life{n: n, seats: map[seatKey]*seat{}, groups: map[membership]*Group{}}
	l.terms.Store(&terms{})
	weight := max(n.cfg.Weight, 1)
	if n.cfg.NoVote {
		weight = 0
	}
	cfg := node.Config{
		Name: n.cfg.Name, Listen: listen, Advertise: n.cfg.Advertise, Seeds: seeds, Weight: &weight,
		MinWeight: n.cfg.MinWeight, HaltAfter: n.cfg.HaltAfter, Logger: n.cfg.Logger,
		Core: core.Config{Absent: n.cfg.SessionTimeout.Nanoseconds()},
	}
	if first {
		cfg.Together = n.cfg.together()
	}
	if n.trace != nil {
		cfg.Trace = tracer{n.trace}
	}
	n.setStalled(false)
	// Until Start has returned there is nobody to tell but whom the site met.
	ready := make(chan struct{})
	cfg.OnItems = func(items []core.Item) {
		select {
		case <-ready:
			l.items(items)
		default:
			l.early(items)
		}
	}
	cfg.OnTerms = func(out *core.Output) {
		select {
		case <-ready:
			l.publish(out)
		default:
		}
	}
	started, err := n.host.Start(ctx, cfg)
	if e := (*ConfigError)(nil); errors.As(err, &e) && e.Field == "Together" {
		return nil, &ConfigError{Field: "Seeds", What: e.What}
	}
	if err != nil {
		return nil, err
	}
	l.node = started
	n.mu.Lock()
	n.life, n.begun, n.away = l, true, hindrance{}
	if n.cfg.Listen == "" { // whatever port was free stays ours when we come back
		n.cfg.Listen = started.Listens()
	}
	late := n.closed // while there was nothing that Close could close
	n.mu.Unlock()
	close(ready)
	if late {
		started.Close()
	}
	return l, nil
}

// openTrace begins the node's trace. A program that runs on without one is told why
// when that happens, and not when it has ended.
func (n *system) openTrace() {
	n.trace = trace.NewWriter(n.cfg.Trace, trace.Header{Clock: trace.Wall})
	if n.cfg.Logger != nil {
		n.trace.OnError(func(err error) { n.cfg.Logger.Error("trace failed: nothing more is written to it", "err", err) })
	}
}

// tracer lets the runtime write facts into the node's trace.
type tracer struct{ w *trace.Writer }

func (t tracer) Write(r trace.Record) { t.w.Write(r) } // its error is sticky: the log and Close tell it

// supervise brings the node back when the system has excluded it, until it is
// closed or cannot come back.
func (n *system) supervise(l *life, ticket uint64) {
	defer close(n.done)
	defer n.status.close()
	defer n.giveUp()
	for l != nil {
		<-l.node.Done()
		n.ended(l)
		if n.host.Dead() {
			return
		}
		n.host.Turn(ticket)
		if n.finished() {
			return
		}
		if l = n.comeBack(l.node.Addr()); l != nil {
			n.rejoin(l)
			n.speakAgain(l)
		}
	}
}

func (n *system) finished() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.closed || n.leaving
}

// giveUp ends the groups of a node that does not come back.
func (n *system) giveUp() {
	n.mu.Lock()
	n.over = true
	groups, asked, why := slices.Clone(n.groups), n.closed || n.leaving, n.halted
	n.mu.Unlock()
	if !asked && n.cfg.Logger != nil && !n.host.Dead() {
		n.cfg.Logger.Error("the node has ended and does not come back: it was alone, and has no seeds", "why", why)
	}
	for _, g := range groups {
		g.finish(ErrLeft)
	}
	n.endSessions(ErrUnknown)
	n.closeDirects(func(uint16) bool { return true })
}

// ended settles what an incarnation left open.
func (n *system) ended(l *life) {
	n.mu.Lock()
	if n.life == l {
		n.life = nil
	}
	calls := n.calls
	n.calls = map[uint64]*pending{}
	for callID, c := range calls { // order does not matter: each stays or goes by itself
		if c.session != nil {
			delete(calls, callID) // asked again, or ended with the session
		}
	}
	windows := n.windows
	n.windows = map[windowKey]*gather.Window{}
	groups := slices.Clone(n.groups)
	n.mu.Unlock()
	for _, c := range calls { // order does not matter: each has its own caller
		c.finish(ErrUnknown)
	}
	for _, w := range windows { // order does not matter: each has its own waiters
		w.Close()
	}
	n.silence()
	for _, g := range groups {
		g.cutOff(l, n.finished())
	}
	if n.finished() {
		n.endSessions(ErrUnknown)
	}
}

// current is the incarnation that runs, or the reason why there is none.
func (n *Node) current() (*life, error) {
	n.mu.Lock()
	defer n.mu.unlockUnchanged()
	return n.running()
}

// running is current with mu held.
func (n *Node) running() (*life, error) {
	switch {
	case n.closed || n.over || n.ended:
		return nil, ErrLeft
	case n.life == nil:
		return nil, ErrUnknown
	}
	return n.life, nil
}

// Address is the process as others see it. It changes when the node comes back
// after it was excluded; it is 0 in between.
func (n *Node) Address() Address {
	if l, err := n.current(); err == nil {
		return l.process(n.number)
	}
	return 0
}

// Addr is the network address at which other nodes reach this one.
func (n *Node) Addr() string {
	if l, err := n.current(); err == nil {
		return l.node.Addr()
	}
	return n.listens()
}

// listens is where the node listens, as far as that is known.
func (n *system) listens() string {
	n.mu.Lock()
	defer n.mu.unlockUnchanged()
	return n.cfg.Listen
}

// Stalled reports whether the node is out of touch with the majority. It then
// neither sends nor delivers anything safe, and resumes by itself.
func (n *Node) Stalled() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stalled
}

// await waits until done is closed or ctx ends, and then for its turn. It
// reports whether done is closed by then.
func (n *system) await(ctx context.Context, ticket uint64, done <-chan struct{}) bool {
	select {
	case <-done:
	case <-ctx.Done():
	}
	n.host.Turn(ticket)
	return closed(done)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (l *life) lookup(name string) (g *view.Group) {
	l.node.Inspect(func(s *core.Site) { g = s.Lookup(name) })
	return g
}
