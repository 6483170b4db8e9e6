package node

import (
	"context"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/why"
	"github.com/cohortkit/cohort/internal/node/gather"
)

// Site is one running incarnation: a *Node, or one of a simulated world.
type Site interface {
	Post(core.Event)
	// Cast posts a cast of one payload, which it copies. Its size is taken from the
	// path's window, which is of this site; without room there it does nothing and
	// reports false. A cast of megabytes is better posted whole.
	Cast(p *gather.Path, k gather.Kind, h gather.Head, payload []byte) bool
	// CastEach is Cast of one payload after the other, while there is room. It returns
	// how many it posted, which may be fewer though there is room, but not none.
	CastEach(p *gather.Path, k gather.Kind, h gather.Head, list [][]byte) int
	// Window returns a window for casts to one destination.
	Window(limit int) *gather.Window
	Inspect(func(*core.Site)) bool
	Explain() ([]why.Wait, []why.Loss)
	Site() id.Site
	Addr() string
	Listens() string
	At(time.Time) effect.Time
	Done() <-chan struct{}
	Close()
}

// Host is what a program stands on: this machine, or one of a simulated world,
// which decides when each goroutine of the program goes on.
//
// Whatever blocks for the program takes a ticket first, and when it wakes waits
// for its turn. In a simulated world at most one goroutine has the turn, and in
// the process of a site that crashed both calls end the goroutine that makes
// them, as the crash would have; so no lock may be held in a call.
type Host interface {
	// Start runs a site, as the function of that name does.
	Start(ctx context.Context, cfg Config) (Site, error)
	// Go runs f in a goroutine of the program.
	Go(f func())
	// Ticket is a number for a wait to come. Later ones are greater.
	Ticket() uint64
	// Turn waits until the holder of the ticket may go on.
	Turn(ticket uint64)
	// Dead reports whether the program's process has crashed.
	Dead() bool
}

// Here is this machine: goroutines go on as they please.
type Here struct{}

// Start calls the function of that name.
func (Here) Start(ctx context.Context, cfg Config) (Site, error) {
	n, err := Start(ctx, cfg)
	if err != nil {
		return nil, err // and no *Node that is nil
	}
	return n, nil
}

// Go starts a goroutine.
func (Here) Go(f func()) { go f() }

// Ticket is always 0.
func (Here) Ticket() uint64 { return 0 }

// Turn returns at once.
func (Here) Turn(uint64) {}

// Dead is false: who asks runs.
func (Here) Dead() bool { return false }

// Apart is this machine for sites that take no notice of the others on it, as if
// each ran on a machine of its own.
type Apart struct{ Here }

// Start is that of Here, with Config.Apart.
func (h Apart) Start(ctx context.Context, cfg Config) (Site, error) {
	cfg.Apart = true
	return h.Here.Start(ctx, cfg)
}

type hostKey struct{}

// OnHost returns a context in which nodes are started on h.
func OnHost(ctx context.Context, h Host) context.Context {
	return context.WithValue(ctx, hostKey{}, h)
}

// HostOf is the host that a context names, or this machine.
func HostOf(ctx context.Context) Host {
	if h, ok := ctx.Value(hostKey{}).(Host); ok {
		return h
	}
	return Here{}
}
