package cost

import (
	"context"
	"errors"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/flow"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/node"
)

// world is three sites and what is between them. One goroutine steps them in
// turn; the program's and the writers' goroutines go on only when it lets them
// and, with one processor, one at a time. It is the node.Host of the program.
type world struct {
	now    effect.Time
	sites  []*site
	conns  []*conn
	frames int // written so far
	wire   int // bytes of these
}

const (
	// pace is how long a round takes by the world's clock.
	pace = 100 * effect.Microsecond
	// maxRounds is after how many rounds something that does not end has failed.
	maxRounds = 100_000
)

var errStuck = errors.New("cost: it does not come to an end")

// Start adds a site and waits until it is in the system.
func (w *world) Start(_ context.Context, cfg node.Config) (node.Site, error) {
	s := newSite(w, id.Site(len(w.sites)+1), cfg)
	w.sites = append(w.sites, s)
	if len(w.sites) == 1 {
		s.Post(core.Found{System: 1})
	} else {
		s.Post(core.Contact{Site: w.sites[0].id, Addr: w.sites[0].Addr()})
	}
	return s, w.until(func() bool { return s.inView })
}

// Go starts a goroutine of the program.
func (w *world) Go(f func()) { go f() }

// Ticket and Turn: who wakes goes on, as on a machine.
func (w *world) Ticket() uint64 { return 0 }

// Turn returns at once.
func (w *world) Turn(uint64) {}

// Dead is false.
func (w *world) Dead() bool { return false }

// round delivers what was written, and then steps each site. If nothing was to
// be done, the clock goes on to when something is.
func (w *world) round() error {
	w.now += pace
	for _, c := range w.conns {
		if err := c.read(); err != nil {
			return err
		}
	}
	idle, next := true, effect.Never
	for _, s := range w.sites {
		s.step()
		idle = idle && s.stepped != w.now
		next = min(next, s.due())
	}
	for _, s := range w.sites {
		s.settle()
	}
	if idle && next != effect.Never {
		w.now = max(w.now, next-pace)
	}
	return nil
}

// until makes rounds until there is enough.
func (w *world) until(enough func() bool) error {
	for range maxRounds {
		if enough() {
			return nil
		}
		if err := w.round(); err != nil {
			return err
		}
	}
	return errStuck
}

// rest makes rounds until all that was cast has been handled everywhere, and
// whoever cast it knows.
func (w *world) rest() error {
	return w.until(func() bool {
		for _, s := range w.sites {
			if s.freed < s.sent {
				return false
			}
		}
		return true
	})
}

// room reports whether the window lets a member cast so many bytes more.
func (s *site) room(bytes int) bool { return s.sent-s.freed+bytes <= flow.Window }

// dial opens a connection. The site at the other end is asked whether it takes it.
func (w *world) dial(from *site, d core.Dial) {
	to := w.sites[d.Site-1]
	c := newConn(uint64(len(w.conns)+1), from, to, d.Lane)
	w.conns = append(w.conns, c)
	from.conns[link{d.Site, d.Lane}] = c
	from.open = append(from.open, c)
	to.Post(core.Offered{Conn: c.number, From: from.id, Addr: from.Addr(), System: from.core.System(), Lane: d.Lane})
}

// answered tells who dialed that it may go on.
func (w *world) answered(r core.Reception) {
	c := w.conns[r.Conn-1]
	c.from.Post(core.Connected{Conn: c.number, To: c.to.id, Lane: c.lane, Got: r.Got})
}

func (w *world) close() {
	for _, s := range w.sites {
		s.Close()
	}
}
