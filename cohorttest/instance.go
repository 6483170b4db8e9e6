package cohorttest

import (
	"context"
	"sync"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/why"
	"github.com/cohortkit/cohort/internal/node"
	"github.com/cohortkit/cohort/internal/node/gather"
	"github.com/cohortkit/cohort/internal/sim"
)

// instance is one site of the simulated world under a cohort.Node: a node.Site.
type instance struct {
	p       *process
	cfg     node.Config
	x       *sim.Incarnation // nil until the world has started it
	entered chan struct{}    // closed when it is in the system
	in      bool
	done    chan struct{} // closed when it has ended
	over    bool
	windows *gather.Pool
}

// Start runs a site and waits until it is in the system.
func (p *process) Start(ctx context.Context, cfg node.Config) (node.Site, error) {
	ticket := p.Ticket()
	i := &instance{p: p, cfg: cfg, entered: make(chan struct{}), done: make(chan struct{}), windows: gather.NewPool(new(sync.Mutex))}
	var bad error
	p.mail(func() {
		if bad = p.w.start(i); bad != nil {
			i.end()
		}
	})
	select {
	case <-i.entered:
	case <-i.done:
	case <-ctx.Done():
	}
	p.Turn(ticket)
	select {
	case <-i.entered:
		return i, nil
	default:
	}
	if bad != nil {
		return nil, bad
	}
	p.mail(i.stop)
	return nil, &node.SeedError{Err: context.Cause(ctx)}
}

// start puts i on its machine.
func (w *world) start(i *instance) error {
	p := i.p
	switch {
	case p.inst != nil && !p.inst.over:
		return &node.ConfigError{Field: "Listen", What: "is in use: a site of a simulated world has one node"}
	case len(i.cfg.Seeds) == 0 && w.founded:
		return &node.ConfigError{Field: "Seeds", What: "is empty, and the world has a system already: start with the site's Config"}
	}
	weight := uint32(1)
	if i.cfg.Weight != nil {
		weight = *i.cfg.Weight
	}
	boot := sim.Boot{Name: i.cfg.Name, Weight: weight, Found: len(i.cfg.Seeds) == 0, Seeds: i.cfg.Seeds}
	if boot.Name == "" {
		boot.Name = i.Addr()
	}
	w.founded = w.founded || boot.Found
	p.inst = i
	i.x = w.sim.Start(p.m.index, boot)
	return nil
}

// stop ends the site in the world, as the end of its process would.
func (i *instance) stop() {
	if i.x != nil {
		i.x.Stop()
	}
	i.end()
}

// end tells the program that the site has ended.
func (i *instance) end() {
	if !i.over {
		i.over = true
		close(i.done)
		i.p.w.woken = true
	}
}

// items hands the program what the core has for it.
func (i *instance) items(items []core.Item) {
	i.cfg.OnItems(items)
	for _, item := range items {
		if _, ok := item.(core.SiteViewed); ok && !i.in {
			i.in = true
			close(i.entered)
		}
	}
	i.p.w.woken = true
}

// Post hands an event to the core.
func (i *instance) Post(ev core.Event) {
	i.mail(func() { i.x.Post(ev) })
}

// mail does something to the core that is work of the program.
func (i *instance) mail(f func()) {
	i.p.mail(func() {
		i.p.w.posted = i.p.w.sim.Now()
		f()
	})
}

// Cast hands the core a cast of one payload, on loan: who keeps what it borrowed of
// its own casts is found as well.
func (i *instance) Cast(p *gather.Path, k gather.Kind, h gather.Head, payload []byte) bool {
	c := p.Event(k, 1, h.Append(nil, payload))
	if !p.Window.Take(msg.Weight(1, len(c.Body))) {
		return false
	}
	i.mail(func() { i.x.Cast(c) })
	return true
}

// CastEach is Cast of as many as there is room for.
func (i *instance) CastEach(p *gather.Path, k gather.Kind, h gather.Head, list [][]byte) (n int) {
	for n < len(list) && i.Cast(p, k, h, list[n]) {
		n++
	}
	return n
}

// Window returns a window for casts to one destination.
func (i *instance) Window(limit int) *gather.Window { return i.windows.Window(limit) }

// Inspect runs f on the core, between two steps.
func (i *instance) Inspect(f func(*core.Site)) bool {
	w := i.p.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if !i.x.Runs() {
		return false
	}
	f(i.x.Core())
	return true
}

// Explain is what waits at the site and why, and who was removed.
func (i *instance) Explain() (waits []why.Wait, losses []why.Loss) {
	i.Inspect(func(s *core.Site) { waits, losses = s.Why(), s.Losses() })
	return waits, losses
}

// Site is the number of the incarnation.
func (i *instance) Site() id.Site { return i.x.ID() }

// Addr is where others reach it.
func (i *instance) Addr() string { return i.p.site.config.Listen }

// Listens is the same.
func (i *instance) Listens() string { return i.Addr() }

// At is the core's clock at a time of this world's, which all programs share.
func (i *instance) At(t time.Time) effect.Time { return i.x.Clock() + effect.Time(time.Until(t)) }

// Done is closed when the site has ended.
func (i *instance) Done() <-chan struct{} { return i.done }

// Close ends the site at once.
func (i *instance) Close() {
	i.p.mail(i.stop)
	<-i.done
}
