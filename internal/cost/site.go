package cost

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/core/msg"
	"github.com/cohortkit/cohort/internal/core/view"
	"github.com/cohortkit/cohort/internal/core/why"
	"github.com/cohortkit/cohort/internal/node"
	"github.com/cohortkit/cohort/internal/node/gather"
	"github.com/cohortkit/cohort/internal/transport"
)

// site is one site of the world, stepped by the world's goroutine. To the program
// it is a node.Site.
type site struct {
	w       *world
	id      id.Site
	cfg     node.Config
	core    *core.Site
	in      core.Input
	out     core.Output
	encoder transport.Encoder
	mu      sync.Mutex // guards inbox and windows
	inbox   gather.Queue
	windows *gather.Pool
	conns   map[link]*conn // that it opened
	open    []*conn        // the same, in the order in which it did
	stepped effect.Time
	inView  bool

	given int          // items with casts that the program got
	used  atomic.Int64 // and has handled
	sent  int          // bytes that the program has cast, as windows count them
	freed int          // and that no longer count

	done chan struct{}
	once sync.Once
}

// link is what a site has one connection for.
type link struct {
	to   id.Site
	lane msg.Lane
}

func newSite(w *world, number id.Site, cfg node.Config) *site {
	s := &site{w: w, id: number, cfg: cfg, conns: map[link]*conn{}, done: make(chan struct{})}
	s.core = core.New(core.Defaults(view.Member{Site: number, Name: number.String(), Addr: s.Addr(), Weight: 1}))
	s.out.Wake = effect.Never
	s.windows = gather.NewPool(&s.mu)
	return s
}

// step steps the core, if something waits for it or it is time, and does what
// the step wants done, as package node does.
func (s *site) step() {
	s.mu.Lock()
	events := s.inbox.Take(s.in.Events[:0])
	s.mu.Unlock()
	if s.in.Events = events; len(events) == 0 && s.due() > s.w.now {
		return
	}
	s.in.Now, s.stepped = s.w.now, s.w.now
	s.core.Step(&s.in, &s.out)
	clear(events)
	s.cfg.OnTerms(&s.out)
	s.write()
	for _, r := range s.out.Answers {
		s.w.answered(r)
	}
	for _, d := range s.out.Dials {
		s.w.dial(s, d)
	}
	s.tell(s.out.Items)
	for _, l := range s.out.Returns {
		l.Return()
	}
}

// due is when the core has to be stepped though nothing happens.
func (s *site) due() effect.Time {
	if s.out.Wake == effect.Never {
		return effect.Never
	}
	return max(s.out.Wake, s.stepped+effect.Millisecond)
}

func (s *site) write() {
	for _, x := range s.out.Writes {
		c := s.conns[link{x.To, x.Frame.Lane}]
		b, err := s.encoder.Encode(x.Frame)
		if err != nil {
			panic(err) // no frame of ours is too large
		}
		c.queue(b)
		s.w.frames++
		s.w.wire += b.Len()
	}
	s.encoder.Forget()
	for _, c := range s.open {
		c.flush()
	}
}

// tell gives the program its items.
func (s *site) tell(items []core.Item) {
	for _, i := range items {
		switch i := i.(type) {
		case core.Casts:
			s.given++
		case core.Freed:
			s.freed += i.Bytes
		case core.SiteViewed:
			s.inView = true
		}
	}
	if len(items) > 0 {
		s.cfg.OnItems(items)
	}
}

// settle lets the program handle all that it was given.
func (s *site) settle() {
	for s.used.Load() < int64(s.given) {
		runtime.Gosched()
	}
}

// Post hands an event to the core.
func (s *site) Post(ev core.Event) {
	s.mu.Lock()
	s.inbox.Put(ev)
	s.mu.Unlock()
	if u, ok := ev.(core.Used); ok {
		s.used.Add(int64(u.Items))
	}
}

// Cast hands it a cast of one payload.
func (s *site) Cast(p *gather.Path, k gather.Kind, h gather.Head, payload []byte) bool {
	s.mu.Lock()
	ok := s.inbox.Cast(p, k, h, payload)
	s.mu.Unlock()
	return ok
}

// CastEach hands it several.
func (s *site) CastEach(p *gather.Path, k gather.Kind, h gather.Head, list [][]byte) int {
	s.mu.Lock()
	n := s.inbox.CastEach(p, k, h, list)
	s.mu.Unlock()
	return n
}

// Window bounds what is cast.
func (s *site) Window(limit int) *gather.Window { return s.windows.Window(limit) }

// Inspect does nothing: nobody asks.
func (s *site) Inspect(func(*core.Site)) bool { return false }

// Explain says nothing.
func (s *site) Explain() ([]why.Wait, []why.Loss) { return nil, nil }

// Site is the site's number.
func (s *site) Site() id.Site { return s.id }

// Addr is where the others reach it.
func (s *site) Addr() string { return s.id.String() }

// Listens is the same.
func (s *site) Listens() string { return s.Addr() }

// At is the world's time, whatever the program's clock says.
func (s *site) At(time.Time) effect.Time { return s.w.now }

// Done is closed when the site has ended.
func (s *site) Done() <-chan struct{} { return s.done }

// Close ends the site.
func (s *site) Close() {
	s.once.Do(func() {
		for _, c := range s.open {
			c.writer.Close()
		}
		close(s.done)
	})
}
