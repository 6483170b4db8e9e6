package node

import (
	"runtime/debug"
	"time"

	"github.com/cohortkit/cohort/internal/core"
	"github.com/cohortkit/cohort/internal/core/effect"
	"github.com/cohortkit/cohort/internal/core/id"
	"github.com/cohortkit/cohort/internal/transport"
)

const (
	// leastPause keeps a core that asks to be stepped at once, with nothing to
	// do, from taking the whole processor.
	leastPause = time.Millisecond
	// keepEvents bounds the room for events that is kept for the next step.
	keepEvents = 4096
	// drainFor is how long a node that has left goes on writing what it said last.
	drainFor = time.Second
)

// loop is the state of the core's goroutine.
type loop struct {
	core      *core.Site
	in        core.Input
	out       core.Output
	encoder   transport.Encoder
	targets   map[id.Site]*target
	halt      string // why the core has halted, or empty
	wall      int64  // time of the last record, so that none goes back
	waits     waits
	stalledAt time.Time
}

func (l *loop) init(cfg core.Config) {
	l.core = core.New(cfg)
	l.targets = map[id.Site]*target{}
	l.out.Wake = effect.Never
}

// run is the core's goroutine.
func (n *Node) run() {
	_, kernel := n.cfg.Transport.(transport.TCP) // others may have a clock of their own
	a := newAlarm(n.inbox.signal, kernel)
	for n.halt == "" && n.wait(a) {
		if err := n.turn(); err != nil {
			n.err = err
			break
		}
	}
	a.stop() // before end, which tells Close that nothing is left
	n.end()
}

// wait blocks until there is something for the core or its time has come, and
// reports false when the node is to stop.
func (n *Node) wait(a *alarm) bool {
	for {
		now := n.Now()
		due := n.due(now)
		a.set(now, due)
		<-n.inbox.wake
		if n.closed() {
			return false
		}
		if now = n.Now(); !a.called(now) || now >= due || !n.inbox.idle() {
			return true
		}
	}
}

// due is when the core is to be stepped though nothing has come for it.
func (n *Node) due(now effect.Time) effect.Time {
	if n.out.Wake == effect.Never {
		return n.waits.due
	}
	return min(n.waits.due, max(n.out.Wake, now+effect.Time(leastPause)))
}

// turn steps the core once with all that waits for it. What goes wrong in it,
// or in the program's OnItems, is caught here and nowhere else, and ends this
// node alone.
func (n *Node) turn() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = n.panicked(v, debug.Stack())
		}
	}()
	events, calls := n.inbox.take(n.in.Events[:0])
	n.in.Now, n.in.Events = n.Now(), events
	for _, f := range calls {
		f()
	}
	n.core.Step(&n.in, &n.out)
	n.counts.steps.Add(1)
	n.counts.events.Add(uint64(len(events)))
	if clear(events); cap(events) > keepEvents { // frames are let go
		n.in.Events = nil
	}
	n.system.Store(n.core.System())
	if err := n.perform(&n.out); err != nil {
		return err
	}
	n.survey()
	return nil
}

// perform does what a step wants done: for others first, for the program last.
func (n *Node) perform(out *core.Output) error {
	n.cfg.OnTerms(out)
	if err := n.write(out.Writes); err != nil {
		return err
	}
	for _, r := range out.Answers {
		n.guests.answer(r)
	}
	for _, site := range out.Hangups {
		n.hangup(site)
	}
	for _, d := range out.Dials {
		n.dial(d)
	}
	n.record(out.Facts)
	if len(out.Items) > 0 {
		n.report(out.Items)
		n.cfg.OnItems(out.Items)
	}
	for _, l := range out.Returns {
		l.Return()
	}
	return nil
}

// write puts frames into the queues of their connections. What is for a
// connection that is no longer there is dropped: the core's session knows, or
// will know, and sends it again.
func (n *Node) write(writes []core.Write) error {
	for _, w := range writes {
		t := n.targets[w.To]
		if t == nil {
			continue
		}
		l := t.links[w.Frame.Lane]
		if l == nil {
			continue
		}
		out := l.out.Load()
		if out == nil || out.conn != w.Conn {
			continue
		}
		b, err := n.encoder.Encode(w.Frame)
		if err != nil { // to go on without it would break the lane for ever
			return n.panicked(err, debug.Stack())
		}
		out.writer.Queue(b)
		n.counts.out[w.Frame.Lane].add(1, b.Len())
	}
	n.encoder.Forget()
	return nil
}

// hangup ends all connections to and from a site.
func (n *Node) hangup(site id.Site) {
	if t := n.targets[site]; t != nil {
		delete(n.targets, site)
		t.close()
	}
	n.guests.hangup(site)
}

// dial keeps a connection open from now on.
func (n *Node) dial(d core.Dial) {
	t := n.targets[d.Site]
	if t == nil {
		t = &target{n: n, site: d.Site}
		n.targets[d.Site] = t
	}
	t.open(d.Lane, d.Addr)
}

// end stops everything and waits for it.
func (n *Node) end() {
	n.cfg.OnTerms(&core.Output{}) // who finds us gone need not wait for our lease
	if n.halt != "" {
		n.drain()
	}
	n.acceptor.Close() // first, so that who asks whether we run is refused
	n.stop()
	n.inbox.close()
	n.acceptor.Wait()
	n.wg.Wait()
	n.log.Info("node ended", "err", n.err)
	close(n.done)
}

// drain lets the connections write what the core said last, for a while.
func (n *Node) drain() {
	limit := time.NewTimer(drainFor)
	defer limit.Stop()
	for _, t := range n.targets {
		for _, l := range t.links {
			if l == nil {
				continue
			}
			if out := l.out.Load(); out != nil {
				out.writer.Finish()
				select {
				case <-out.written:
				case <-limit.C:
					return
				case <-n.quit:
					return
				}
			}
		}
	}
}
