// Package node drives one site of package core: it is the only place with
// goroutines, clocks and sockets, and it has no protocol of its own.
//
// One goroutine owns the core and steps it with all that has happened since the
// step before. Around it:
//
//	inbox.go    what waits for the core
//	loop.go     the core's goroutine, and what it does with a step's output
//	alarm.go    when it is to go on though nothing has come
//	target.go   the sites this one keeps connections to
//	link.go     one such connection: dialed for ever, watched, written
//	guest.go    the connections others have opened, and their frames
//	seeds.go    the way into a system
//	witness.go  the ends of other sites on this machine
//	report.go   logs and traces
//	waits.go    what waits here, and since when
package node

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/node/gather"
	"github.com/cohortkit/cohort/internal/transport"
)

// Node is one running site, from Start to its end: one incarnation. Its methods
// are safe for concurrent use.
type Node struct {
	cfg     Config
	me      view.Member
	listens string
	log     *slog.Logger
	began   time.Time
	epoch   effect.Time // the core's clock then

	inbox    *inbox
	counts   counters
	conns    atomic.Uint64 // number of the last connection
	system   atomic.Uint64 // number of the system, 0 before there is one
	acceptor *transport.Acceptor
	witness  *witness // nil: no notice is taken of others on this machine
	guests   guests
	rejects  limited

	ctx  context.Context // ends with all that is around the core
	stop context.CancelFunc
	wg   sync.WaitGroup // all goroutines but the core's own and the acceptor's

	closing sync.Once
	quit    chan struct{} // closed when Close was called
	joined  chan struct{} // closed when a site view is installed
	refused atomic.Pointer[refusal]
	done    chan struct{}
	err     error // why it ended; set before done is closed

	loop // what only the core's goroutine touches
}

// refusal is what the system says against this site, since when and until when.
type refusal struct {
	why         string
	first, last time.Time
}

// Start runs a new site: with no seeds it founds a system, else it joins the
// one that a seed belongs to. It blocks until the site has a view of its system,
// and tries the seeds until ctx ends; later ctx means nothing to the node.
//
// The error is a *ConfigError, *ListenError, *SeedError, *RefusedError,
// *HaltedError or *PanicError.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	ln, err := cfg.Transport.Listen(cfg.Listen)
	if err != nil {
		return nil, &ListenError{Addr: cfg.Listen, Err: err}
	}
	if err := cfg.located(ctx, ln.Addr()); err != nil {
		_ = ln.Close()
		return nil, err
	}
	n := newNode(cfg)
	n.listens = ln.Addr().String()
	n.acceptor = transport.Accept(ln, transport.Door{Self: n.self, Greeted: n.greeted, Rejected: n.rejected})
	go n.run()
	if err := n.enter(ctx); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

func newNode(cfg Config) *Node {
	site := id.Site(random() & uint64(id.MaxSite))
	me := view.Member{Site: site, Name: cfg.Name, Addr: cfg.Advertise, Weight: *cfg.Weight}
	n := &Node{
		cfg: cfg, me: me, began: time.Now(),
		log:    cfg.Logger.With("site", site.String()),
		inbox:  newInbox(),
		quit:   make(chan struct{}),
		joined: make(chan struct{}),
		done:   make(chan struct{}),
	}
	n.ctx, n.stop = context.WithCancel(context.Background())
	if !cfg.Apart {
		n.watchMachine()
	}
	n.init(cfg.core(n.me))
	return n
}

// random is a number that is not 0, and that nobody else has drawn or will.
func random() uint64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		// The low bits must not all be 0: a site's number is made of them.
		if n := binary.LittleEndian.Uint64(b[:]); n&uint64(id.MaxSite) != 0 {
			return n
		}
	}
}

// Post hands an event to the core. It never blocks; after the node's end the
// event is dropped.
func (n *Node) Post(ev core.Event) { n.inbox.put(ev) }

// Posts hands over several events, in order, with no other in between, and in
// one step. It never blocks.
func (n *Node) Posts(evs ...core.Event) { n.inbox.put(evs...) }

// Inspect runs f between two steps of the core, on its goroutine, and waits for
// it. f must neither step the core nor keep it. It reports false, and f may not
// have run, when the node has ended.
func (n *Node) Inspect(f func(*core.Site)) bool {
	ran := make(chan struct{})
	n.inbox.call(func() {
		f(n.core)
		close(ran)
	})
	select {
	case <-ran:
		return true
	case <-n.done:
		select {
		case <-ran:
			return true
		default:
			return false
		}
	}
}

// Cast posts a cast of one payload, as Site says.
func (n *Node) Cast(p *gather.Path, k gather.Kind, h gather.Head, payload []byte) bool {
	return n.inbox.cast(p, k, h, payload)
}

// CastEach posts casts of one payload each, as Site says.
func (n *Node) CastEach(p *gather.Path, k gather.Kind, h gather.Head, list [][]byte) int {
	return n.inbox.castEach(p, k, h, list)
}

// Window returns a window for casts to one destination.
func (n *Node) Window(limit int) *gather.Window { return n.inbox.windows.Window(limit) }

// Site is the number of this incarnation.
func (n *Node) Site() id.Site { return n.me.Site }

// Name is the site's name.
func (n *Node) Name() string { return n.me.Name }

// Addr is where others reach the site.
func (n *Node) Addr() string { return n.me.Addr }

// Listens is the address that the site listens at.
func (n *Node) Listens() string { return n.listens }

// Now is the time on the core's clock, which is the machine's.
func (n *Node) Now() effect.Time { return n.epoch + effect.Time(time.Since(n.began)) }

// At is the time on the core's clock at a time of this machine's.
func (n *Node) At(t time.Time) effect.Time { return n.epoch + effect.Time(t.Sub(n.began)) }

// Done is closed when the node has ended and nothing of it is left.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err is why the node ended: a *HaltedError or a *PanicError, and nil after
// Close, after it has left as asked, and while it runs.
func (n *Node) Err() error {
	select {
	case <-n.done:
		return n.err
	default:
		return nil
	}
}

// Close ends the node at once, as a crash would, and waits until nothing of it
// is left. To leave in order post core.Depart first and wait for Done.
func (n *Node) Close() {
	n.closing.Do(func() {
		close(n.quit)
		n.inbox.signal()
	})
	<-n.done
}

// closed reports whether Close was called.
func (n *Node) closed() bool {
	select {
	case <-n.quit:
		return true
	default:
		return false
	}
}
