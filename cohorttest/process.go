package cohorttest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/cohortkit/cohort"
	"github.com/cohortkit/cohort/internal/core/effect"
)

// machine is one machine of the world; it is booted again and again.
type machine struct {
	index int
	boots int
	proc  *process // nil while it is off
}

// process is one run of the program at a machine: a node.Host. What the program
// wants of the world goes by mail, and its goroutines go on one at a time, when
// the world says so.
type process struct {
	w      *world
	m      *machine
	site   *Site
	ctx    context.Context
	cancel context.CancelFunc
	slow   int64 // microseconds that a turn may take to come, at most

	// The world's.
	inst  *instance
	value any // what Start returned
	up    bool
	busy  int // calls of Act under way

	mu      sync.Mutex
	dead    bool
	tickets uint64
	letters []func()
	parked  []*parked
}

// parked is a goroutine that waits for its turn.
type parked struct {
	p      *process
	ticket uint64
	delay  effect.Time // until its turn may come; negative for soon
	idle   bool        // about to call Act, if there is time
	turn   chan struct{}
}

// boot starts a new process at m.
func (w *world) boot(m *machine) {
	m.boots++
	p := &process{w: w, m: m}
	p.ctx, p.cancel = context.WithCancel(w.context(p))
	if dice := w.sim.Dice(); w.opt.Faults&Slow != 0 && dice.Chance(100) {
		p.slow = dice.Between(100, 5000)
	}
	cfg := cohort.Config{Name: fmt.Sprintf("n%d", m.index+1), Listen: w.sim.Addr(m.index)}
	if m.index > 0 || w.founded {
		for _, o := range w.machines {
			if o != m {
				cfg.Seeds = append(cfg.Seeds, w.sim.Addr(o.index))
			}
		}
	}
	p.site = &Site{p: p, config: cfg, rand: rand.New(rand.NewPCG(w.seed, uint64(m.index)<<32|uint64(m.boots)))}
	m.proc = p
	p.Go(p.main)
	w.woken = true
}

// main runs the program, and then what its clients do.
func (p *process) main() {
	v, err := p.w.prog.start(p.ctx, p.site)
	if err != nil {
		p.mail(func() { p.w.notStarted(p, err) })
		return
	}
	p.mail(func() {
		p.value, p.up = v, true
		p.w.line(p.site.Name(), "is up")
	})
	for range p.w.opt.Workers {
		p.Go(func() { p.work(v) })
	}
}

// work acts as a client does, again and again.
func (p *process) work(v any) {
	ticket := p.Ticket()
	for {
		pause := time.Duration(p.site.rand.Int64N(2*int64(p.w.opt.Pace) + 1))
		p.park(&parked{p: p, ticket: ticket, delay: int64(pause), idle: true})
		p.w.prog.act(p.ctx, p.site, v)
		p.mail(func() { p.busy-- })
	}
}

// Go runs f in a goroutine of the program. A panic in it fails the run, as it
// would end the process.
func (p *process) Go(f func()) {
	ticket := p.Ticket()
	go func() {
		defer func() {
			if v := recover(); v != nil {
				stack := debug.Stack()
				p.mail(func() { p.w.fail(false, "%s: panic: %v\n%s", p.site.Name(), v, stack) })
			}
		}()
		p.Turn(ticket)
		f()
	}()
}

// Ticket numbers a wait to come.
func (p *process) Ticket() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		runtime.Goexit()
	}
	p.tickets++
	return p.tickets
}

// Turn waits until the world lets this goroutine go on.
func (p *process) Turn(ticket uint64) { p.park(&parked{p: p, ticket: ticket, delay: -1}) }

// Dead reports whether the process has crashed.
func (p *process) Dead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

func (p *process) park(k *parked) {
	k.turn = make(chan struct{})
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		runtime.Goexit()
	}
	p.parked = append(p.parked, k)
	p.mu.Unlock()
	p.w.ring()
	<-k.turn
	if p.Dead() {
		runtime.Goexit()
	}
}

// mail has the world do something, after what was mailed before.
func (p *process) mail(letter func()) {
	p.mu.Lock()
	if !p.dead {
		p.letters = append(p.letters, letter)
	}
	p.mu.Unlock()
	p.w.ring()
}

// take empties the mailbox. Goroutines that woke at once are in the order of
// their tickets.
func (p *process) take() (letters []func(), waiting []*parked) {
	p.mu.Lock()
	defer p.mu.Unlock()
	letters, waiting = p.letters, p.parked
	p.letters, p.parked = nil, nil
	slices.SortStableFunc(waiting, func(a, b *parked) int { return cmp.Compare(a.ticket, b.ticket) })
	return letters, waiting
}

// kill ends all goroutines of the process, at their next wait.
func (p *process) kill() {
	p.mu.Lock()
	p.dead = true
	waiting := append(p.parked, p.w.forget(p)...)
	p.letters, p.parked = nil, nil
	p.mu.Unlock()
	p.m.proc = nil
	p.cancel()
	for _, k := range waiting {
		close(k.turn)
	}
	if p.inst != nil {
		p.inst.end()
	}
	p.w.woken = true
}
