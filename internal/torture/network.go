package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Network is the wire between the processes of a run: a relay stands before each
// of them, at the address that it tells the others. A relay knows from the
// greeting who is calling, so each direction between two processes can be
// treated in its own way.
type Network struct {
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu        sync.Mutex
	hosts     map[string]*host
	links     map[link]Link
	changed   chan struct{} // closed when links change
	crossings map[*crossing]struct{}
	dice      *rand.Rand
}

// link names a direction between two hosts.
type link struct{ from, to string }

// Link says what happens to what goes in one direction between two hosts. The
// zero Link is a good one.
type Link struct {
	// Blocked: nothing gets through, and nobody is told. It is not lost either,
	// as TCP sends again until the link is mended.
	Blocked bool
	// What is sent arrives so much later; Jitter more at most.
	Delay, Jitter time.Duration
	// Loss is the chance of a segment to be lost, and to arrive only when TCP
	// has sent it again, with all that is behind it. Now and then the
	// connection breaks instead.
	Loss float64
}

const (
	resendFirst = 200 * time.Millisecond // TCP's least time until it sends again
	resendMost  = 3                      // it doubles with each attempt
	breakChance = 0.05                   // of a loss
)

// host is one process as others reach it.
type host struct {
	addr   string // of the relay
	target string // of the process
	ln     net.Listener
}

// NewNetwork returns a network without hosts, whose links are good. The seed
// decides about losses.
func NewNetwork(seed uint64) *Network {
	n := &Network{
		hosts: map[string]*host{}, links: map[link]Link{}, changed: make(chan struct{}),
		crossings: map[*crossing]struct{}{}, dice: rand.New(rand.NewPCG(seed, 0x6c6f7373)),
	}
	n.ctx, n.stop = context.WithCancel(context.Background())
	return n
}

// Add makes a host known, which listens at target, and whose relay will be at
// addr.
func (n *Network) Add(name, addr, target string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[name] = &host{addr: addr, target: target}
}

// freeAddrs finds two ports at ip that nobody listens at.
func freeAddrs(ip string) (a, b string, err error) {
	first, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return "", "", err
	}
	second, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return "", "", errors.Join(err, first.Close())
	}
	return first.Addr().String(), second.Addr().String(), errors.Join(first.Close(), second.Close())
}

// Open lets others reach a host. It is called before the host's process starts.
func (n *Network) Open(name string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.hosts[name]
	if h == nil {
		return fmt.Errorf("torture: no host %q", name)
	}
	if h.ln != nil {
		return nil
	}
	ln, err := net.Listen("tcp", h.addr)
	if err != nil {
		return fmt.Errorf("torture: the relay of %s: %w", name, err)
	}
	h.ln = ln
	n.wg.Go(func() { n.accept(ln, name, h.target) })
	return nil
}

// Shut is called when the host's process has ended: whoever calls is refused, as
// is where nobody listens. Connections end by themselves.
func (n *Network) Shut(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if h := n.hosts[name]; h != nil && h.ln != nil {
		_ = h.ln.Close()
		h.ln = nil
	}
}

// Set changes one direction between two hosts.
func (n *Network) Set(from, to string, l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l == (Link{}) {
		delete(n.links, link{from, to})
	} else {
		n.links[link{from, to}] = l
	}
	close(n.changed)
	n.changed = make(chan struct{})
}

// Heal makes all links good. What was held back arrives.
func (n *Network) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.links)
	close(n.changed)
	n.changed = make(chan struct{})
}

// Cut breaks all connections between two hosts; what is under way is lost. New
// ones can be opened at once. It returns how many there were.
func (n *Network) Cut(a, b string) int {
	n.mu.Lock()
	var list []*crossing
	for x := range n.crossings { // order does not matter: all are broken
		if x.link == (link{a, b}) || x.link == (link{b, a}) {
			list = append(list, x)
		}
	}
	n.mu.Unlock()
	for _, x := range list {
		x.reset()
	}
	return len(list)
}

// Close ends all relays and waits until nothing is left of them.
func (n *Network) Close() {
	n.stop()
	n.mu.Lock()
	for _, h := range n.hosts { // order does not matter: all are closed
		if h.ln != nil {
			_ = h.ln.Close()
			h.ln = nil
		}
	}
	list := make([]*crossing, 0, len(n.crossings))
	for x := range n.crossings {
		list = append(list, x)
	}
	n.mu.Unlock()
	for _, x := range list {
		x.reset()
	}
	n.wg.Wait()
}

// accept takes the connections of one relay.
func (n *Network) accept(ln net.Listener, name, target string) {
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			n.wg.Go(func() { n.cross(conn, name, target) })
		case errors.Is(err, net.ErrClosed), n.ctx.Err() != nil:
			return
		default: // too many open files, as a rule
			select {
			case <-time.After(10 * time.Millisecond):
			case <-n.ctx.Done():
				return
			}
		}
	}
}

// state is how a link is now, and what is closed when that changes.
func (n *Network) state(l link) (Link, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.links[l], n.changed
}

// fate decides about a segment: how much later it arrives, or that the
// connection breaks.
func (n *Network) fate(l link) (late time.Duration, breaks bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.links[l]
	late = now.Delay
	if now.Jitter > 0 {
		late += time.Duration(n.dice.Int64N(int64(now.Jitter)))
	}
	if now.Loss > 0 && n.dice.Float64() < now.Loss {
		late += resendFirst << n.dice.IntN(resendMost)
		breaks = n.dice.Float64() < breakChance
	}
	return late, breaks
}

// pass waits until something that is due at a time may leave a link, and reports
// false when it never will.
func (n *Network) pass(l link, due time.Time, ended <-chan struct{}) bool {
	for {
		now, changed := n.state(l)
		wait := time.Until(due)
		if !now.Blocked && wait <= 0 {
			return true
		}
		var late <-chan time.Time
		if !now.Blocked {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-late:
		case <-changed:
		case <-ended:
			return false
		case <-n.ctx.Done():
			return false
		}
	}
}
