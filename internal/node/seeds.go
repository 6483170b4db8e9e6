package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/transport"
	"github.com/cohortkit/cohort/internal/wire"
)

const (
	// seedEvery is the pause between two probes of a seed.
	seedEvery = time.Second
	// refusedFor is how long a site asks again that is refused. Who restarts
	// under its old name is, until the system has noticed that its old self is
	// gone; that takes less than the detector's ceiling.
	refusedFor = 10 * time.Second
)

// seeds is what became of each seed so far.
type seeds struct {
	mu   sync.Mutex
	last []SeedFailure
	own  int // those that turned out to be this site itself
}

func (s *seeds) set(i int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[i].Err = err
}

// enter takes the new site into a system, and returns when it is in or when
// there is no hope.
func (n *Node) enter(ctx context.Context) error {
	if len(n.cfg.Seeds) == 0 && len(n.cfg.Together) == 0 {
		n.Post(core.Found{System: random()})
		return n.entered(ctx, nil, nil)
	}
	if len(n.cfg.Together) > 0 {
		n.Post(core.Found{System: random(), With: n.cfg.Together})
	}
	ctx2, cancel := context.WithCancel(n.ctx)
	s := &seeds{}
	var probers sync.WaitGroup
	defer probers.Wait()
	defer cancel()
	for _, addr := range n.cfg.Seeds {
		s.last = append(s.last, SeedFailure{Addr: addr, Err: errUntried})
	}
	none := make(chan struct{})
	for i := range n.cfg.Seeds {
		probers.Go(func() {
			if n.seek(ctx2, s, i) && s.allOwn() && len(n.cfg.Together) == 0 {
				close(none)
			}
		})
	}
	return n.entered(ctx, s, none)
}

var (
	errUntried = errors.New("not tried yet")
	errOwn     = errors.New("the address is this site's own: to found a system give no seeds")
)

// allOwn counts one more seed that is the site itself, and reports whether all are.
func (s *seeds) allOwn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own++
	return s.own == len(s.last)
}

// seek probes one seed again and again, and tells the core who is there. It
// reports true when that is this site itself.
func (n *Node) seek(ctx context.Context, s *seeds, i int) (own bool) {
	addr := n.cfg.Seeds[i]
	var logged limited
	for {
		var w wire.Welcome
		var err error
		if addr != n.me.Addr {
			w, err = transport.Probe(ctx, n.cfg.Transport, addr, n.hello(msg.LaneControl))
		}
		switch {
		case addr == n.me.Addr, err == nil && w.Site == n.me.Site:
			s.set(i, errOwn)
			return true
		case ctx.Err() != nil:
			return false
		case err == nil:
			s.set(i, nil)
			// The seed's address may lead elsewhere the next time, its own not.
			n.Post(core.Contact{Site: w.Site, Addr: cmp.Or(w.Addr, addr)})
		default:
			s.set(i, err)
			if more, ok := logged.allow(); ok {
				n.log.Warn("no answer from seed", "seed", addr, "err", err, "unreported", more)
			}
		}
		select {
		case <-time.After(seedEvery*3/4 + rand.N(seedEvery/2)):
		case <-ctx.Done():
			return false
		}
	}
}

// entered waits until the site is in.
func (n *Node) entered(ctx context.Context, s *seeds, none <-chan struct{}) error {
	tick := time.NewTicker(refusedFor / 20)
	defer tick.Stop()
	for {
		select {
		case <-n.joined:
			return nil
		case <-n.done:
			return n.err
		case <-none:
			return s.failure(nil)
		case <-ctx.Done():
			if s == nil {
				return ctx.Err()
			}
			return s.failure(n.gaveUp(ctx.Err()))
		case <-tick.C:
			if r := n.refused.Load(); r != nil && r.last.Sub(r.first) >= refusedFor {
				return &RefusedError{Why: r.why}
			}
		}
	}
}

// gaveUp is why no more is tried when ctx has ended with err: there may not have been
// the time to believe in a refusal, but it is what the system said.
func (n *Node) gaveUp(err error) error {
	if r := n.refused.Load(); r != nil {
		return fmt.Errorf("%w; %w", err, &RefusedError{Why: r.why})
	}
	return err
}

func (s *seeds) failure(err error) *SeedError {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &SeedError{Seeds: append([]SeedFailure(nil), s.last...), Err: err}
}
